"""A block is the same whatever was made before it."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from crm_tasks.planted import Company
from crm_tasks.planted.blocks import make_block


def test_a_block_made_alone_equals_the_one_made_after_others(block) -> None:
    fresh = Company("S", 7)
    for number in (0, 1):
        again = make_block(fresh, number)
    for part in ("ties", "process", "orders", "lines"):
        one, other = getattr(block, part), getattr(again, part)
        for field in fields(one):
            assert np.array_equal(getattr(one, field.name), getattr(other, field.name)), field.name

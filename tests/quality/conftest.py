"""The table of toys, known to the contracts while a test of this folder runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crm_tasks.contracts import find_table
from crm_tasks.quality import suites
from tests.quality.builders import TOYS

if TYPE_CHECKING:
    from crm_tasks.contracts import Table


@pytest.fixture(autouse=True)
def _toys_have_a_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(full_name: str) -> Table:
        return TOYS if full_name == TOYS.full_name else find_table(full_name)

    monkeypatch.setattr(suites, "find_table", find)

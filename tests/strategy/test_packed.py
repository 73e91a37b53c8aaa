"""Slices are put away small and come back as they were, in their order."""

from __future__ import annotations

import pyarrow as pa

from crm_tasks.strategy.packed import Packed


def test_slices_come_back_whole_and_in_order_as_often_as_asked():
    slices = [
        pa.table({"who": pa.array([name] * 3).dictionary_encode(), "score": [1.0, None, n]})
        for n, name in enumerate(("b", "a"))
    ]
    packed = Packed()
    for rows in slices:
        packed.add(rows)
    for _ in range(2):
        assert [rows.to_pylist() for rows in packed] == [rows.to_pylist() for rows in slices]
    assert next(iter(packed)).schema.equals(slices[0].schema)
    assert list(Packed()) == []


def test_what_repeats_takes_little_room():
    rows = pa.table({"who": pa.array(["customer-000001"] * 50_000), "score": [0.25] * 50_000})
    packed = Packed()
    packed.add(rows)
    assert 0 < packed.nbytes < rows.nbytes / 5

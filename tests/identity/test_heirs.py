"""Who a customer of an earlier day is today."""

from __future__ import annotations

import pyarrow as pa
import pytest

from crm_tasks.identity.heirs import heirs


def today(ids, known, *merges):
    told = [("created", "x", None), *(("merged", heir, gone) for heir, gone in merges)]
    names = ("event_type", "customer_id", "other_customer_id")
    columns = dict(zip(names, zip(*told, strict=True), strict=True))
    events = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    found = heirs(pa.chunked_array([pa.array(ids, pa.string())]), pa.array(known), events)
    return found.to_pylist()


@pytest.mark.parametrize(
    ("merges", "expected"),
    [
        ((), ["a", "b", None]),
        ((("b", "a"),), ["b", "b", None]),
        ((("c", "a"), ("b", "c")), ["b", "b", None]),  # twice taken up
        ((("c", "a"), ("b", "a")), ["b", "b", None]),  # the last merge counts
        ((("c", "a"),), ["c", "b", None]),  # nobody knows c: it stays as it was last called
    ],
)
def test_a_customer_is_who_took_it_up_last(merges, expected):
    assert today(["a", "b", None], ["b"], *merges) == expected


def test_who_is_known_today_is_never_renamed():
    assert today(["a"], ["a", "b"], ("b", "a")) == ["a"]


def test_merges_in_a_circle_end():
    assert today(["a"], ["x"], ("b", "a"), ("a", "b"))[0] in {"a", "b"}

"""What values say about how columns belong together."""

from __future__ import annotations

import pytest

from crm_tasks.profiling.keys import depends_on, is_key, multiplies, n_distinct, overlap
from tests.profiling.tables import rows

TABLE = rows(
    {
        "order": ["1", "1", "2", "2"],
        "line": ["1", "2", "1", "2"],
        "buyer": ["a", "a", "b", "b"],
        "note": ["x", "y", "x", "z"],
        "gap": ["q", None, "r", "r"],
    }
)


def test_a_key_is_columns_in_which_no_two_rows_agree():
    assert is_key(TABLE, ["order", "line"])
    assert not is_key(TABLE, ["order"])
    assert n_distinct(TABLE, ["order", "buyer"]) == 2
    assert not is_key(rows({"a": []}), ["a"])


def test_a_property_is_the_same_in_all_rows_of_its_key():
    assert depends_on(TABLE, "buyer", "order")
    assert not depends_on(TABLE, "note", "order")
    assert depends_on(TABLE, "gap", "order")  # gaps contradict nothing
    assert not depends_on(TABLE, "order", "order")


def test_a_key_that_never_repeats_says_nothing_of_properties():
    unique = rows({"id": ["1", "2", "3"], "name": ["a", "b", "c"]})
    assert not depends_on(unique, "name", "id")


def test_a_few_exceptions_do_not_break_a_property():
    many = rows(
        {
            "key": [str(n // 2) for n in range(200)],
            "name": [str(n // 2) for n in range(199)] + ["?"],
        }
    )
    assert depends_on(many, "name", "key")


def test_overlap_is_the_share_of_distinct_values():
    child = rows({"x": ["a", "a", "b", "c", None, ""]}).column("x")
    parent = rows({"x": ["a", "b", "z"]}).column("x")
    assert overlap(child, parent) == pytest.approx(2 / 3)
    assert overlap(rows({"x": [None]}).column("x"), parent) == 0.0


def test_columns_multiply_where_the_numbers_are_plain():
    table = rows({"n": ["2", "3", "x"], "price": ["1.50", "2", "1"], "sum": ["3.00", "6", "1"]})
    assert multiplies(table, ("n", "price"), "sum") == 1.0
    assert multiplies(table, ("n", "sum"), "price") == 0.0

"""How numbers are written; what can be read in two ways is not guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tasks.profiling.numbers import propose_numbers


def marks(*values: str) -> tuple[str, str]:
    found = propose_numbers(values)
    assert found is not None
    assert not found.is_ambiguous
    return found.decimal, found.thousands


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("1234.5", "2"), (".", "")),
        (("1,234.50", "2.00"), (".", ",")),
        (("1.234,50", "2,00"), (",", ".")),
        (("12,5", "3,75"), (",", "")),
        (("1 234,50",), (",", " ")),
        (("1'234.50",), (".", "'")),
        (("12.345.678",), (",", ".")),
        (("0.125", "1.234"), (".", "")),
        (("12,5", "1.234"), (",", ".")),
        (("1e-05", "2.5"), (".", "")),
        (("１２．５０",), (".", "")),
    ],
)
def test_marks_are_told_by_where_they_stand(values, expected):
    assert marks(*values) == expected


@pytest.mark.parametrize("values", [("1,234", "5,678"), ("1.234",), ("1,234", "12")])
def test_three_digits_after_the_only_mark_are_ambiguous(values):
    found = propose_numbers(values)
    assert found.is_ambiguous
    assert "no value tells" in found.remark.en


@pytest.mark.parametrize(
    ("values", "signs"),
    [
        (("€5", "€ 1.234,00"), ("€",)),
        (("￥12.50", "12"), ("￥",)),
        (("5 EUR",), ("EUR",)),
        (("-€3",), ("€",)),
    ],
)
def test_currency_signs_are_found_as_they_are_written(values, signs):
    assert propose_numbers(values).currency == signs


def test_negatives_may_stand_in_parentheses():
    assert propose_numbers(["(3,20)", "1,10"]).negative_in_parentheses
    assert not propose_numbers(["-3,20", "1,10"]).negative_in_parentheses


@pytest.mark.parametrize(
    "values", [("12%",), ("abc", "1"), ("1.2.3", "1"), ("5 kg",), ("(5",), ("2024-01-01",)]
)
def test_other_things_are_no_numbers(values):
    assert propose_numbers(values) is None


def test_leading_zeros_and_decimals_are_told():
    assert propose_numbers(["0012", "0034"]).has_leading_zeros
    assert not propose_numbers(["0.5", "10"]).has_leading_zeros
    assert propose_numbers(["1.500", "2.25"]).n_decimals == 2


@given(
    st.lists(st.decimals(0, 10**6, places=2), min_size=3, max_size=20),
    st.sampled_from([(".", ","), (",", "."), (".", ""), (",", "")]),
)
def test_amounts_written_one_way_are_read_that_way(amounts, expected):
    decimal, thousands = expected
    texts = [f"{amount:,.2f}" for amount in amounts]
    swap = {",": thousands, ".": decimal}
    written = ["".join(swap.get(sign, sign) for sign in text) for text in texts]
    found = propose_numbers(written)
    assert found.decimal == decimal
    assert not found.is_ambiguous
    if any(amount >= 1000 for amount in amounts):
        assert found.thousands == thousands

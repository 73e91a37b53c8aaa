"""Amounts out of their factors, and keys for rows that have none, run in DuckDB."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from crm_tasks.landing.computed import EXACT
from crm_tasks.profiles.computed import Amount
from tests.landing.builders import landed, profile, source_table, view

COLUMNS = ("order", "article", "pieces", "price", "off")
LINE = {
    "order_item_source_id": {"numbered": ["order", "article"]},
    "order_source_id": "order",
    "product_source_id": "article",
    "ordered_at": {"constant": "2024-01-01"},
    "quantity": "pieces",
    "net_amount": {"multiply": ["pieces", "price"], "less": ["off"]},
}


def told(amount=None, **about):
    mapping = LINE | ({"net_amount": amount} if amount else {})
    columns = dict.fromkeys(COLUMNS, "plain")
    return profile(source_table({"order_items": {"map": mapping}}, columns=columns, **about))


def lines(*rows):
    return dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))


def amounts(tmp_path, rows, amount=None, **about):
    batch = landed(tmp_path, lines(*rows))
    return view(tmp_path, told(amount, **about), [batch], "order_items")["net_amount"].to_pylist()


def keys(tmp_path, *files):
    batches = [landed(tmp_path, lines(*rows), sequence=n) for n, rows in enumerate(files, 1)]
    return view(tmp_path, told(), batches, "order_items")["order_item_source_id"].to_pylist()


def test_an_amount_is_quantity_times_price_less_what_is_taken_off(tmp_path):
    rows = [
        ("1", "a", "3", "2.50", "0.50"),
        ("1", "b", "-2", "1.25", ""),
        ("1", "c", "2", "4", None),
    ]
    found = amounts(tmp_path, rows)
    assert [float(value) for value in found] == [7.0, -2.5, 8.0]


def test_the_declared_number_formats_hold_for_factors(tmp_path):
    values = {"decimal": ",", "thousands": ".", "currency": ["€"]}
    found = amounts(tmp_path, [("1", "a", "2", "1.000,25 €", "0,50")], values=values)
    assert [float(value) for value in found] == [2000.0]


def test_an_empty_factor_gives_no_amount_and_a_broken_one_is_marked(tmp_path):
    rows = [
        ("1", "a", "", "2", ""),
        ("1", "a", "1", None, ""),
        ("1", "a", "1", "2,50", ""),
        ("1", "a", "1", "2", "x"),
    ]
    assert amounts(tmp_path, rows) == [None, None, "!", "!"]


def test_nothing_is_rounded_unless_it_is_declared(tmp_path):
    rows = [("1", "a", "1", "0.335", "")]
    exact = {"multiply": ["pieces", "price"]}
    assert amounts(tmp_path / "exact", rows, exact)[0].rstrip("0") == "0.335"
    rounded = amounts(tmp_path / "rounded", rows, {**exact, "decimals": 2})
    assert float(rounded[0]) == 0.34


def test_factors_multiply_without_loss():
    digits, scale = map(int, EXACT.removeprefix("decimal(").removesuffix(")").split(","))
    assert 2 * digits <= 38
    assert 2 * scale <= 38
    assert Amount(multiply=("a", "b")).decimals is None


def test_rows_without_a_key_get_one_by_their_place_among_their_like(tmp_path):
    line = ("12", "7", "1", "1", "")
    other = ("12", "8", "1", "1", "")
    assert keys(tmp_path, [line, other, line, line]) == ["12-7-1", "12-8-1", "12-7-2", "12-7-3"]


def test_a_file_that_comes_again_longer_keeps_the_keys_of_its_rows(tmp_path):
    line, other = ("12", "7", "1", "1", ""), ("13", "7", "1", "1", "")
    found = keys(tmp_path, [line, line], [line, line, other])
    assert found == ["12-7-1", "12-7-2", "12-7-1", "12-7-2", "13-7-1"]


def test_hyphens_and_gaps_in_parts_make_no_two_keys_alike(tmp_path):
    rows = [("1-2", "3", "1", "1", ""), ("1", "2-3", "1", "1", ""), (None, "3", "1", "1", "")]
    assert keys(tmp_path, rows) == ["1~-2-3-1", "1-2~-3-1", "-3-1"]


def test_groups_cannot_be_numbered():
    feed = {"map": LINE, "one_row_per": ["order"]}
    with pytest.raises(ValidationError, match="numbered counts rows"):
        profile(source_table({"order_items": feed}, columns=dict.fromkeys(COLUMNS, "plain")))


def test_a_computed_mapping_names_columns_that_are_there():
    with pytest.raises(ValidationError, match=r"lands no .cost."):
        told({"multiply": ["pieces", "cost"]})

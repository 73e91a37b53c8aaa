"""Rows for programs: no cell runs in a spreadsheet, JSON is JSON."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tasks.cli.formats import FORMULA_STARTS, csv_line, csv_safe, json_text


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_text_that_a_spreadsheet_would_run_is_quoted(start):
    assert csv_safe([f"{start}1+1"]) == [f"'{start}1+1"]


def test_numbers_stay_numbers_and_gaps_stay_empty():
    assert csv_safe([-2, -0.5, Decimal("-1.50"), None, True]) == [
        -2, -0.5, Decimal("-1.50"), "", True,
    ]  # fmt: skip


@given(st.text())
def test_no_text_begins_as_a_formula_and_none_loses_a_sign(text):
    (safe,) = csv_safe([text])
    assert not str(safe).startswith(FORMULA_STARTS)
    assert str(safe).removeprefix("'") == text.removeprefix("'")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=4))
def test_a_row_comes_back_from_csv_as_it_was_written(row):
    (read,) = csv.reader(io.StringIO(csv_line(row), newline=""))
    assert read == csv_safe(row)


def test_a_return_within_a_cell_begins_no_row():
    """Unquoted it would end the row, and the formula behind it would begin a cell."""
    assert csv_line(["a\r=1+1", "b"]) == '"a\r=1+1",b\n'


def test_dates_decimals_and_times_are_text_in_json():
    rows = pa.table(
        {
            "day": [dt.date(2024, 7, 1)],
            "moment": [dt.datetime.fromisoformat("2024-07-01 10:00")],
            "amount": [Decimal("4596039.58")],
            "name": ["关系"],
            "gap": pa.array([None], pa.string()),
        }
    )
    assert json_text(rows) == (
        '[{"day": "2024-07-01", "moment": "2024-07-01 10:00:00", "amount": "4596039.58", '
        '"name": "关系", "gap": null}]'
    )


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), float("-inf")])
def test_what_json_has_no_number_for_is_null_at_any_depth(odd):
    rows = pa.table({"flat": [odd], "listed": [[1.0, odd]], "inner": [{"x": odd}]})
    text = json_text(rows)
    assert json.loads(text, parse_constant=pytest.fail) == [
        {"flat": None, "listed": [1.0, None], "inner": {"x": None}}
    ]

"""Whether the first record names the columns."""

from __future__ import annotations

import pyarrow as pa
import pytest

from crm_tasks.profiling.columns import column_facts
from crm_tasks.profiling.drafts import with_header
from crm_tasks.profiling.headers import is_known_name, name_problem, propose_header


def rows(*records: tuple[str, ...]) -> pa.Table:
    columns = zip(*records, strict=True)
    return pa.table({f"c{n}": list(values) for n, values in enumerate(columns)})


def header(first, *below):
    table = rows(*below)
    return propose_header(first, table, column_facts(table, ("",)))


def test_known_names_are_a_header_in_either_language():
    assert header(("客户编号", "城市"), ("a1", "x"), ("a2", "y")).value
    assert header(("customer_no", "xyz"), ("a1", "x"), ("a2", "y")).confidence > 0.9


def test_words_above_numbers_are_a_header():
    found = header(("zzz", "yyy"), ("1", "x"), ("2", "y"))
    assert found.value
    assert "1 columns" in found.remark.en


def test_a_number_or_date_in_the_first_record_is_data():
    assert not header(("1", "x"), ("2", "y"), ("3", "z")).value
    assert not header(("2024-01-01", "x"), ("2024-01-02", "y")).value


def test_words_above_words_are_a_header_only_if_they_differ_and_that_is_unsure():
    assert header(("zzz", "yyy"), ("a", "b"), ("c", "d")).confidence < 0.8
    assert not header(("a", "b"), ("a", "d"), ("c", "b")).value


def test_columns_without_a_header_get_names_to_be_replaced():
    table, found, problem = with_header(rows(("1", "x"), ("2", "y")))
    assert table.column_names == ["column_1", "column_2"]
    assert (table.num_rows, found.value, problem) == (2, False, None)


def test_a_header_names_the_columns_and_is_no_record():
    table, found, _ = with_header(rows(("order id", "amount"), ("7", "2.50")))
    assert (table.column_names, table.num_rows, found.value) == (["order id", "amount"], 1, True)


@pytest.mark.parametrize(
    ("names", "word"),
    [(["a", ""], "no name"), (["a", "A"], "same name"), (["a", "b;c"], "semicolon")],
)
def test_names_no_profile_takes_are_said(names, word):
    assert word in name_problem(names).remark.en
    assert name_problem(["a", "b c"]) is None


def test_problems_with_names_keep_the_columns_apart():
    table, _, problem = with_header(rows(("amount", "amount"), ("1", "2")))
    assert len(set(table.column_names)) == 2
    assert "same name" in problem.en


def test_known_names_are_those_of_fields_and_of_identifying_columns():
    assert is_known_name("InvoiceNo")
    assert is_known_name("手机号")
    assert not is_known_name("flurb")

"""What a sample says of each column."""

from __future__ import annotations

import pytest

from crm_tasks.profiling.columns import column_facts, propose_null_tokens
from tests.profiling.tables import facts_of, rows


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2, 30], "integer"),
        (["1.5", "2"], "decimal"),
        (["€1", "€2"], "decimal"),
        (["2024-01-01", "2024-02-01"], "date"),
        (["2024-01-01 10:00", "2024-02-01 11:30"], "timestamp"),
        (["yes", "no", "yes"], "boolean"),
        (["是", "否"], "boolean"),
        (["A12", "B7-9"], "code"),
        (["007", "012"], "code"),
        (["green tea", "coffee"], "words"),
        (['["a", "b"]', "[]"], "list"),
        (['["a", "b"]', "[c"], "words"),
        ([None, ""], "empty"),
    ],
)
def test_values_have_a_kind(values, kind):
    assert facts_of("x", values).kind == kind


def test_fill_and_variety_are_counted_without_what_means_nothing():
    facts = facts_of("x", ["a", "a", "b", None, "N/A", ""])
    assert (facts.n_rows, facts.n_values, facts.n_distinct) == (6, 3, 2)
    assert (facts.fill, facts.variety) == (0.5, pytest.approx(2 / 3))
    assert not facts.is_unique
    assert facts_of("x", ["a", "b"]).is_unique


def test_words_that_always_mean_nothing_are_null_tokens():
    assert propose_null_tokens(rows({"x": ["NULL", "a", "\\N", "n/a"]})) == (
        "",
        "NULL",
        "\\N",
        "n/a",
    )


def test_other_words_mean_nothing_only_among_numbers_and_dates():
    assert propose_null_tokens(rows({"country": ["NA", "DE", "FR"]})) == ("",)
    assert propose_null_tokens(rows({"x": ["NA", "1.5", "2"]})) == ("", "NA")
    assert propose_null_tokens(rows({"x": ["-", "2024-01-01", "2024-01-02"]})) == ("", "-")
    assert propose_null_tokens(rows({"x": ["无", "12", "13"]})) == ("", "无")


def test_two_characters_of_chinese_count_as_a_word():
    assert facts_of("x", ["一二三四五六七八九十"]).words_per_value == 5
    assert facts_of("x", ["one two three"]).words_per_value == 3


def alike(**columns):
    table = rows(columns)
    return column_facts(table, ("",))


def test_an_open_date_is_read_as_the_other_dates_of_the_table():
    facts = alike(ordered=["03/04/2026", "05/06/2026"], shipped=["13/04/2026", "25/06/2026"])
    assert (facts["ordered"].moments.format, facts["ordered"].moments.other) == ("%d/%m/%Y", None)


def test_dates_that_disagree_settle_nothing():
    facts = alike(a=["03/04/2026", "05/06/2026"], b=["13/04/2026"] * 2, c=["04/13/2026"] * 2)
    assert facts["a"].moments.other is not None


def test_an_open_number_is_read_as_the_other_numbers_of_the_table():
    facts = alike(a=["1.234", "5.678"], b=["1.234,50", "2,00"])
    assert (facts["a"].numbers.decimal, facts["a"].numbers.thousands) == (",", ".")
    assert (facts["a"].kind, facts["a"].numbers.is_ambiguous) == ("integer", False)
    facts = alike(a=["1,234", "5,678"], b=["12,5", "2,75"])
    assert (facts["a"].numbers.decimal, facts["a"].kind) == (",", "decimal")


def test_the_values_of_lists_are_their_elements():
    assert facts_of("x", ['["a", "b"]', '["b", null]', "[]"]).distinct == ("a", "b")

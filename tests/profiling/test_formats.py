"""What is declared of the values of a column, and what is left open."""

from __future__ import annotations

from crm_tasks.profiling.decisions import NOTHING
from crm_tasks.profiling.formats import propose_formats
from crm_tasks.profiling.mapping import FeedProposal, FieldProposal
from tests.profiling.tables import table


def declared(columns, **fields):
    """Return what is declared for columns, some of which are mapped onto fields of order_items."""
    made = table("x", columns)
    mapped = {name: FieldProposal(column, 1.0, NOTHING) for name, column in fields.items()}
    feeds = [FeedProposal("order_items", mapped)] if mapped else []
    return propose_formats(made.facts, feeds, {})


def test_what_staging_reads_as_it_stands_is_not_declared():
    assert declared({"a": ["1.5", "2"], "b": ["2024-01-01"] * 2, "c": ["yes", "no"]}) == {}


def test_numbers_declare_their_marks_and_signs():
    found = declared({"a": ["€1.234,50", "(2,00)"]})
    assert found["a"].declared == {
        "decimal": ",", "thousands": ".", "currency": ["€"], "negative_in_parentheses": True
    }  # fmt: skip


def test_a_time_read_as_a_day_is_declared_as_a_date():
    columns = {"at": ["31.12.2024 10:00", "30.12.2024 11:00"]}
    assert declared(columns)["at"].declared == {"timestamp": "%d.%m.%Y %H:%M"}
    assert declared(columns, ordered_at="at")["at"].declared == {"timestamp": "%d.%m.%Y %H:%M"}
    campaign = FeedProposal("campaigns", {"start_date": FieldProposal("at", 1.0, NOTHING)})
    found = propose_formats(table("x", columns).facts, [campaign], {})
    assert found["at"].declared == {"date": "%d.%m.%Y %H:%M"}


def test_an_open_date_is_left_to_the_user_where_something_reads_it():
    columns = {"at": ["03/04/2024", "05/06/2024"]}
    assert declared(columns) == {}
    found = declared(columns, ordered_at="at")["at"]
    assert found.declared == {"date": "undecided"}
    assert "decide" in found.undecided.en


def test_an_open_number_is_left_to_the_user_unless_it_counts_pieces():
    columns = {"n": ["1.234", "5.678"]}
    assert declared(columns) == {}
    assert declared(columns, net_amount="n")["n"].declared["decimal"] == "undecided"
    assert declared(columns, quantity="n")["n"].declared == {"decimal": ",", "thousands": "."}


def test_yes_and_no_are_declared_where_they_are_read_as_such():
    feed = FeedProposal("campaigns", {"is_randomized": FieldProposal("x", 1.0, NOTHING)})
    found = propose_formats(table("t", {"x": ["是", "否"]}).facts, [feed], {})
    assert found["x"].declared == {"true_words": ["是"], "false_words": ["否"]}


def test_nothing_is_declared_for_what_goes_to_the_vault():
    made = table("x", {"a": ["31.12.1980", "30.11.1990"]})
    assert propose_formats(made.facts, [], {"a": "name"}) == {}


def test_birth_dates_are_declared_because_whoever_compares_them_reads_them():
    made = table("x", {"a": ["31.12.1980", "30.11.1990"]})
    open_ = table("x", {"b": ["03/04/1980", "05/06/1990"]})
    kinds = {"a": "birth_date", "b": "birth_date"}
    assert propose_formats(made.facts, [], kinds)["a"].declared == {"date": "%d.%m.%Y"}
    mapped = {"birth_date_token": FieldProposal("b_token", 1.0, NOTHING)}
    found = propose_formats(open_.facts, [FeedProposal("customers", mapped)], kinds)
    assert found["b"].declared == {"date": "undecided"}

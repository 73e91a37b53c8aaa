"""What records of one person are found by: kinds of columns first, then their names."""

from __future__ import annotations

from dataclasses import replace

from crm_tasks.profiling.decisions import NOTHING, Decision
from crm_tasks.profiling.mapping import FeedProposal, FieldProposal
from crm_tasks.profiling.persons import with_identity
from tests.profiling.tables import table


def proposed(kinds, *, one_row_per=(), columns=None):
    """Return field -> column of the identifying fields of customers."""
    columns = columns or {name: [f"{name} {n}" for n in range(8)] for name in kinds}
    made = table("people", {"id": [f"K{n}" for n in range(8)]} | columns)
    feed = FeedProposal("customers", {"customer_source_id": FieldProposal("id", 1.0, NOTHING)})
    feed = replace(feed, one_row_per=tuple(one_row_per))
    classes = {name: Decision(kind, 0.9, NOTHING) for name, kind in kinds.items()}
    found = with_identity(made, feed, classes, 1.0).fields
    return {name: one.mapping for name, one in found.items() if name != "customer_source_id"}


def test_the_only_column_of_its_kind_is_that_whatever_its_name():
    assert proposed({"flurb": "email", "zonk": "phone"}) == {
        "email_token": "flurb",
        "phone_token": "zonk",
    }


def test_of_several_columns_of_a_kind_names_decide():
    found = proposed({"last_name": "name", "first_name": "name"})
    assert found == {"given_name_token": "first_name", "family_name_token": "last_name"}


def test_several_columns_whose_names_say_nothing_are_left_to_the_user():
    assert proposed({"flurb": "name", "zonk": "name"}) == {}


def test_a_column_of_another_kind_is_no_candidate_however_it_is_called():
    assert proposed({"email": "phone"}) == {"phone_token": "email"}


def test_what_differs_between_rows_of_one_customer_does_not_describe_the_customer():
    columns = {
        "id": [f"K{n // 2}" for n in range(8)],
        "email": [f"person{n // 2}@example.org" for n in range(8)],
        "phone": [f"+4420794600{n:02d}" for n in range(8)],
    }
    kinds = {"email": "email", "phone": "phone"}
    found = proposed(kinds, one_row_per=("id",), columns=columns)
    assert found == {"email_token": "email"}

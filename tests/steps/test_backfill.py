"""A backfill's course: which dates, in which order, with what; steps are stood in for.

What the dates become is told by the story in tests/change, with real steps.
"""

from __future__ import annotations

import datetime as dt

import pytest

from crm_tasks.contracts import ops
from crm_tasks.errors import RunStateError, SettingsError, WarehouseBusy
from crm_tasks.profiles import load_profile
from crm_tasks.settings import load_settings
from crm_tasks.steps import backfill as module
from crm_tasks.steps.backfill import Interval, backfill, check_interval, out_of_date
from crm_tasks.steps.registry import RECORD, STEPS
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger, RunIdentity
from crm_tasks.warehouse.ops_store import insert_rows

FIRST, LAST = dt.date(2017, 5, 1), dt.date(2017, 5, 3)
PROFILE = "completejourney"


class Stand:
    """Stands in for the steps: freezes runs as landing does and publishes them as the end does."""

    def __init__(self, home: Home) -> None:
        self.home, self.ledger = home, Ledger(home.ops_file)
        self.attempts, self.done = [], []
        self.inputs = "first"
        self.dies_at = None

    def run_step(self, name, attempt):
        if (name, attempt.as_of) == self.dies_at:
            self.dies_at = None
            raise RunStateError("died")
        self.done.append((attempt.as_of, name))
        self.ledger.open_attempt(attempt.attempt_id, PROFILE)
        if name == "land":
            self.attempts.append(attempt)
            self._freeze(attempt)
        if name in ("record", "publish"):
            self._publish(attempt, name)

    def _freeze(self, attempt):
        as_of = dt.date.fromisoformat(attempt.as_of)
        before = self.ledger.predecessor(PROFILE, as_of)
        run_id = f"{attempt.as_of}/{self.inputs}/{before}/{attempt.is_dry_run}"
        identity = RunIdentity(run_id, PROFILE, as_of, before, "c", None, "c", "i",
                               attempt.is_dry_run)  # fmt: skip
        claim = self.ledger.claim(attempt.attempt_id, "land", None)
        self.ledger.freeze(claim, identity, [], {})

    def _publish(self, attempt, name):
        run = self.ledger.run_of_attempt(attempt.attempt_id)
        with self.ledger.store.transaction() as connection:
            connection.execute(
                "update runs set state = 'published', ended_at = ? where run_id = ?",
                (f"{2000 + len(self.done)}", run["run_id"]),
            )
            if name == "publish":
                self.serve(connection, run["run_id"])

    def serve(self, connection, run_id):
        file = self.home.serve / f"crm_{len(self.done):06d}_ab.duckdb"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        self.home.served_link.unlink(missing_ok=True)
        self.home.served_link.symlink_to(file.name)
        row = {"version": len(self.done), "run_id": run_id, "file_name": file.name,
               "published_at": f"{2000 + len(self.done)}"}  # fmt: skip
        insert_rows(connection, ops.PUBLICATIONS, [row])


@pytest.fixture
def stand(tmp_path, monkeypatch):
    stand = Stand(Home(tmp_path))
    monkeypatch.setattr(module, "run_step", stand.run_step)
    monkeypatch.setattr(module, "_publish_again", lambda *_: stand.done.append("publish again"))
    return stand


def made(stand, first=FIRST, last=LAST, **about):
    settings = load_settings(home=stand.home.root, profile=PROFILE)
    return list(backfill(settings, Interval(first, last, **about)))


# --- dates ----------------------------------------------------------------------------------------


def test_dates_are_those_of_the_interval_by_days_weeks_or_months():
    days = Interval(dt.date(2024, 2, 28), dt.date(2024, 3, 1)).dates()
    assert [date.isoformat() for date in days] == ["2024-02-28", "2024-02-29", "2024-03-01"]
    weeks = Interval(dt.date(2024, 1, 1), dt.date(2024, 1, 20), step_days=7).dates()
    assert [date.day for date in weeks] == [1, 8, 15]
    months = Interval(dt.date(2023, 11, 30), dt.date(2024, 3, 30), is_monthly=True).dates()
    assert [date.isoformat()[5:] for date in months] == [
        "11-30",
        "12-30",
        "01-30",
        "02-29",
        "03-30",
    ]


def test_an_interval_that_makes_no_sense_is_refused(stand):
    profile = load_profile(PROFILE)
    with pytest.raises(SettingsError, match="--from 2017-05-03 is after --to 2017-05-01"):
        check_interval(Interval(LAST, FIRST), profile, stand.ledger)
    with pytest.raises(SettingsError, match="is in the future; today is"):
        check_interval(Interval(FIRST, dt.date(2999, 1, 1)), profile, stand.ledger)
    check_interval(Interval(FIRST, LAST), profile, stand.ledger)


def test_a_run_of_a_scheduler_that_is_under_way_is_waited_for(stand):
    stand.ledger.open_attempt("scheduled__1", PROFILE)
    stand.ledger.claim("scheduled__1", "core", None)
    with pytest.raises(WarehouseBusy, match="step core of run scheduled__1 is under way"):
        made(stand)
    assert stand.done == []
    with stand.ledger.store.transaction() as connection:
        connection.execute("update task_runs set started_at = '2020-01-01'")
    made(stand)


def test_what_a_killed_command_left_running_stops_nobody(stand):
    stand.ledger.open_attempt("crm_backfill__1", PROFILE)
    stand.ledger.claim("crm_backfill__1", "core", None)
    assert len(made(stand)) == 3


# --- course ---------------------------------------------------------------------------------------


def test_dates_are_made_in_order_and_only_the_last_is_published(stand):
    told = made(stand)
    ends = [done for done in stand.done if done[1] in ("record", "publish")]
    assert ends == [("2017-05-01", "record"), ("2017-05-02", "record"), ("2017-05-03", "publish")]
    between = [name for date, name in stand.done if date == "2017-05-01"]
    assert between == [*(step.name for step in STEPS[:-1]), RECORD.name]
    assert [done.is_made for done in told] == [True] * 3
    assert [done.number for done in told] == [1, 2, 3]


def test_sources_are_read_once_and_plans_for_days_that_are_over_are_rehearsals(stand):
    made(stand)
    assert [attempt.reads_sources for attempt in stand.attempts] == [True, False, False]
    assert [attempt.is_dry_run for attempt in stand.attempts] == [True, True, False]


def test_the_same_backfill_again_makes_nothing(stand):
    before = made(stand)
    n = len(stand.done)
    again = made(stand)
    assert [done.is_made for done in again] == [False] * 3
    assert [done.run_id for done in again] == [done.run_id for done in before]
    assert [name for _, name in stand.done[n:]] == ["land"] * 3


def test_killed_in_the_middle_it_goes_on_where_it_was(stand):
    stand.dies_at = ("core", "2017-05-02")
    with pytest.raises(RunStateError, match="died"):
        made(stand)
    assert [done.is_made for done in made(stand)] == [False, True, True]


def test_an_older_interval_leaves_readers_with_the_newest_date(stand):
    made(stand)
    stand.inputs = "second"
    again = made(stand, FIRST, FIRST)
    assert again[0].is_made
    assert [done for done in stand.done if "publish" in done][-1] == "publish again"
    ends = [done for done in stand.done if done[1] == "record"]
    assert ends[-1] == ("2017-05-01", "record")


def test_a_date_keeps_the_kind_of_plan_that_was_decided_for_it(stand):
    made(stand)
    made(stand, dt.date(2017, 5, 4), dt.date(2017, 5, 4))
    stand.inputs = "second"
    made(stand, LAST, LAST)
    # 3 May was the newest day when it was planned: its plan was meant.
    assert [attempt.is_dry_run for attempt in stand.attempts[-2:]] == [False, False]


def test_dates_that_would_not_come_out_the_same_are_listed_oldest_first(stand):
    made(stand)
    with stand.ledger.store.transaction() as connection:
        connection.execute("update runs set stale_because = 'x' where as_of_date > '2017-05-01'")
    assert [run["as_of_date"] for run in out_of_date(stand.ledger, PROFILE)] == [
        "2017-05-02", "2017-05-03",
    ]  # fmt: skip

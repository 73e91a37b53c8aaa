"""Make the as-of dates of an interval again, in order, and leave every other date as it is.

Each date is a run of its own: the same steps, with what has been landed by now, after the date
before it. Readers keep the version they have until all dates are done; then they get one that holds
the new partitions beside the old ones. What was decided for a date that is over stands.
"""

from __future__ import annotations

import datetime as dt
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from crm_tasks.contracts.frames import StepReport
from crm_tasks.errors import RunStateError, SettingsError, WarehouseBusy
from crm_tasks.profiles import load_profile
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.registry import RECORD, STEPS
from crm_tasks.steps.runner import run_step
from crm_tasks.warehouse.audit import append_audit
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.history import decided_run, line
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.meter import Meter
from crm_tasks.warehouse.publications import is_served, served_file, served_run
from crm_tasks.warehouse.publish import Publisher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_tasks.profiles import Profile
    from crm_tasks.settings import Settings

#: Attempts of commands that hold the home's lock: while somebody else holds it, they are over.
LOCKED = ("crm_run__", "crm_backfill__", "direct__")
#: A task of a scheduler that began longer ago than any may take died without a word.
STEP_AT_MOST = dt.timedelta(hours=6)


@dataclass(frozen=True)
class Interval:
    """The as-of dates asked for: every ``step_days`` days, or each month, from first to last."""

    first: dt.date
    last: dt.date
    step_days: int = 1
    is_monthly: bool = False

    def dates(self) -> list[dt.date]:
        """Return the dates in order.

        >>> Interval(dt.date(2024, 1, 31), dt.date(2024, 4, 30), is_monthly=True).dates()[1:]
        [datetime.date(2024, 2, 29), datetime.date(2024, 3, 31), datetime.date(2024, 4, 30)]
        """
        found = []
        date, number = self.first, 0
        while date <= self.last:
            found.append(date)
            number += 1
            if self.is_monthly:
                date = _months_later(self.first, number)
            else:
                date = self.first + dt.timedelta(days=number * self.step_days)
        return found


@dataclass(frozen=True)
class DateDone:
    """One date of a backfill: its run, and whether it was made or stood already."""

    number: int
    of: int
    date: dt.date
    run_id: str
    is_made: bool
    seconds: float


def check_interval(interval: Interval, profile: Profile, ledger: Ledger) -> None:
    """Raise if an interval cannot be made, before anything is done.

    Raises
    ------
    SettingsError
        It ends before it begins, or in the future.
    WarehouseBusy
        A scheduler's run is under way.
    """
    if interval.first > interval.last:
        raise SettingsError(
            f"backfill: --from {interval.first} is after --to {interval.last}; swap them"
        )
    today = utc_now().replace(tzinfo=dt.UTC).astimezone(ZoneInfo(profile.time_zone)).date()
    if interval.last > today:
        raise SettingsError(
            f"backfill: --to {interval.last} is in the future; today is {today} in "
            f"{profile.time_zone}"
        )
    since = (utc_now() - STEP_AT_MOST).isoformat(sep=" ")
    running = ledger.store.rows(
        "select task_id, attempt_id from task_runs where state = 'running' and started_at > ?",
        (since,),
    )
    others = [row for row in running if not row["attempt_id"].startswith(LOCKED)]
    if others:
        raise WarehouseBusy(
            f"backfill: step {others[0]['task_id']} of run {others[0]['attempt_id']} is under way; "
            "wait for it, or clear it in Airflow"
        )


def backfill(settings: Settings, interval: Interval) -> Iterator[DateDone]:
    """Make the dates of an interval; yield each as it is done, then give readers the result.

    A date that stands with the same inputs is not made again, so that a backfill that was stopped
    goes on where it was.
    """
    profile = load_profile(settings.profile)
    home = Home(settings.home_path)
    ledger = Ledger(home.ops_file)
    check_interval(interval, profile, ledger)
    served = served_run(home, ledger)
    head = served if served and served["profile"] == profile.profile else None
    dates = interval.dates()
    detail = {"from": interval.first.isoformat(), "to": interval.last.isoformat(), "n": len(dates)}
    append_audit(ledger, "backfill.started", profile.profile, detail)
    for number, date in enumerate(dates, 1):
        is_head = date == dates[-1] and (head is None or date.isoformat() >= head["as_of_date"])
        started = time.perf_counter()
        attempt = Attempt(
            attempt_id=f"crm_backfill__{date}__{uuid.uuid4().hex[:12]}",
            profile=settings.profile,
            home=str(settings.home_path),
            as_of=date.isoformat(),
            is_dry_run=_is_rehearsal(ledger, profile, date, is_head=is_head),
            reads_sources=number == 1,
            dag_id="crm_backfill",
        )
        run_id, is_made = _make(attempt, home, ledger, is_head=is_head)
        seconds = time.perf_counter() - started
        yield DateDone(number, len(dates), date, run_id, is_made, seconds)
    if head is not None and dates[-1].isoformat() < head["as_of_date"]:
        _publish_again(settings, profile, home, ledger, head)


def out_of_date(ledger: Ledger, profile: str) -> list[dict[str, Any]]:
    """Return the runs that stand and would not come out the same, oldest date first."""
    return [run for run in reversed(line(ledger, profile)) if run["stale_because"] is not None]


def _is_rehearsal(ledger: Ledger, profile: Profile, date: dt.date, *, is_head: bool) -> bool:
    """Return whether what is planned for a date may not leave the house: as it was decided then.

    A plan made afterwards for a day that is over is a rehearsal.
    """
    decided = decided_run(ledger, profile.profile, date)
    return bool(ledger.find_run(decided)["is_dry_run"]) if decided else not is_head


def _make(attempt: Attempt, home: Home, ledger: Ledger, *, is_head: bool) -> tuple[str, bool]:
    """Run one date to its end, unless the same run stands; return its id and whether it was run."""
    first, *between, last = STEPS
    run_step(first.name, attempt)
    run = ledger.run_of_attempt(attempt.attempt_id)
    if run is None:
        raise RunStateError(f"backfill: {attempt.as_of} was not frozen after landing")
    run_id = str(run["run_id"])
    stands = run_id in {row["run_id"] for row in line(ledger, run["profile"])}
    if stands and (not is_head or is_served(home, ledger, run_id)):
        return run_id, False
    for step in (*between, last if is_head else RECORD):
        run_step(step.name, attempt)
    return run_id, True


def _publish_again(
    settings: Settings, profile: Profile, home: Home, ledger: Ledger, head: dict[str, Any]
) -> None:
    """Put the version readers see together anew, with the partitions that were made again."""
    published_at = ledger.store.rows("select max(published_at) as at from publications")[0]["at"]
    made = [run for run in line(ledger, profile.profile) if run["ended_at"] > published_at]
    if not made:
        return
    attempt_id = f"crm_backfill__{uuid.uuid4().hex[:12]}"
    ledger.open_attempt(attempt_id, profile.profile)
    claim = ledger.claim(attempt_id, "publish_again", head["run_id"])
    meter = Meter()
    publisher = Publisher(
        home=home,
        ledger=ledger,
        claim=claim,
        run_id=head["run_id"],
        as_of_date=head["as_of_date"],
        layers=(),
        memory_limit=settings.memory_limit,
        threads=settings.threads,
        time_zone=profile.time_zone,
        current_from=served_file(home),
    )
    publication = publisher.publish()
    report = StepReport(
        rows_in=publication.rows,
        rows_written=publication.rows,
        rows_touched=publication.rows,
        message=f"version {publication.version}: {len(made)} dates made again",
    )
    ledger.finish(claim, "success", report, meter.usage())


def _months_later(date: dt.date, months: int) -> dt.date:
    """Return the same day so many months later, or the last of a shorter month."""
    year, month = divmod(date.month - 1 + months, 12)
    first = dt.date(date.year + year, month + 1, 1)
    length = ((first + dt.timedelta(days=31)).replace(day=1) - first).days
    return first.replace(day=min(date.day, length))

"""The line of a profile's published runs, one per as-of date, and which of them are out of date.

A date may be published more than once: the newest run of a date stands for it, the older ones are
superseded. A run that stands is out of date (stale) when a rerun would give something else: because
an earlier date was published again after it, or because records have landed since that count as
known before its date.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from crm_tasks.identity.ids import start_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from crm_tasks.warehouse.ledger import Ledger

PUBLISHED = "select * from runs where profile = ? and state = 'published'"
#: For each published run the earliest moment from which a record landed after it counts as known.
LANDED_LATER = """
with newest as (
    select runs.run_id, runs.profile, max(batches.landing_sequence) as landing_sequence
    from runs
    inner join run_batches using (run_id)
    inner join batches using (batch_id)
    where runs.profile = ? and runs.state = 'published'
    group by runs.run_id, runs.profile
)
select newest.run_id, min(batch_reach.known_from) as known_from
from newest
inner join batches
    on batches.profile = newest.profile
    and batches.landing_sequence > newest.landing_sequence
    and coalesce(batches.first_landing_sequence, batches.landing_sequence)
        > newest.landing_sequence
inner join batch_reach using (batch_id)
group by newest.run_id
"""
#: Reach of a batch some of whose records have no moment: they count as known from the start.
ALWAYS = "0001-01-01 00:00:00"


def line(ledger: Ledger, profile: str, until: str | None = None) -> list[dict[str, Any]]:
    """Return the run that stands for each as-of date, newest date first.

    Parameters
    ----------
    until : str, optional
        ISO date of the last date to return.
    """
    return _line(ledger.store.rows(PUBLISHED, (profile,)), until)


def _line(runs: Sequence[dict[str, Any]], until: str | None = None) -> list[dict[str, Any]]:
    by_date: dict[str, dict[str, Any]] = {}
    for run in sorted(runs, key=lambda run: (run["ended_at"] or "", run["run_id"])):
        if until is None or run["as_of_date"] <= until:
            by_date[run["as_of_date"]] = run
    return [by_date[date] for date in sorted(by_date, reverse=True)]


def decided_run(ledger: Ledger, profile: str, as_of: dt.date) -> str | None:
    """Return the run whose decisions for a date stand, because a later day has been published.

    What was planned for a day that is over has been carried out or not: it is not planned again.
    The plan that stands is that of the last run published while the day was the newest.
    """
    runs = ledger.store.rows(PUBLISHED, (profile,))
    date = as_of.isoformat()
    if not any(run["as_of_date"] > date for run in runs):
        return None
    deciding = [
        run for run in runs if run["as_of_date"] == date and run["decisions_run_id"] is None
    ]
    return str(_line(deciding)[0]["run_id"]) if deciding else None


def note_reach(ledger: Ledger, reach: Mapping[str, dt.datetime | None]) -> None:
    """Keep from when on the records of batches count as known; None: from the start."""
    with ledger.store.transaction() as connection:
        connection.executemany(
            "insert or replace into batch_reach (batch_id, known_from) values (?, ?)",
            [
                (batch, ALWAYS if moment is None else moment.isoformat(sep=" "))
                for batch, moment in sorted(reach.items())
            ],
        )


def mark_stale(connection: sqlite3.Connection, run_id: str, time_zone: str) -> None:
    """Write into every published run of the same profile why it is out of date, if it is."""
    profile = connection.execute("select profile from runs where run_id = ?", (run_id,)).fetchone()[
        "profile"
    ]
    runs = [dict(row) for row in connection.execute(PUBLISHED, (profile,)).fetchall()]
    rows = connection.execute(LANDED_LATER, (profile,)).fetchall()
    later = {row["run_id"]: row["known_from"] for row in rows}
    connection.executemany(
        "update runs set stale_because = ? where run_id = ?",
        [(why, name) for name, why in staleness(runs, later, _starts(runs, time_zone)).items()],
    )


def stale_runs(ledger: Ledger, run: dict[str, Any], time_zone: str) -> dict[str, str | None]:
    """Return what :func:`mark_stale` will write once a run counts as published."""
    runs = ledger.store.rows(PUBLISHED, (run["profile"],))
    runs = [row for row in runs if row["run_id"] != run["run_id"]] + [run]
    rows = ledger.store.rows(LANDED_LATER, (run["profile"],))
    later = {row["run_id"]: row["known_from"] for row in rows}
    return staleness(runs, later, _starts(runs, time_zone))


def _starts(runs: Sequence[Mapping[str, Any]], time_zone: str) -> dict[str, str]:
    """Return by as-of date the first moment, in UTC, that it does not see."""
    dates = {run["as_of_date"] for run in runs}
    return {
        date: start_of(dt.date.fromisoformat(date), time_zone).isoformat(sep=" ") for date in dates
    }


def staleness(
    runs: Sequence[dict[str, Any]], landed_later: Mapping[str, str], starts: Mapping[str, str]
) -> dict[str, str | None]:
    """Return for each published run why it is out of date; None where it is not.

    Examples
    --------
    >>> def run(run_id, date, predecessor, ended_at):
    ...     values = run_id, date, predecessor, ended_at
    ...     return dict(zip(("run_id", "as_of_date", "predecessor_run_id", "ended_at"), values))
    >>> runs = [
    ...     run("a", "2026-01-01", None, "1"),
    ...     run("b", "2026-01-02", "a", "2"),
    ...     run("c", "2026-01-01", None, "3"),
    ... ]
    >>> staleness(runs, {}, {})
    {'a': 'superseded by run c', 'b': '2026-01-01 was published again after it', 'c': None}
    """
    standing = list(reversed(_line(runs)))
    stands_for = {run["as_of_date"]: run["run_id"] for run in standing}
    reasons: dict[str, str | None] = {
        run["run_id"]: f"superseded by run {stands_for[run['as_of_date']]}" for run in runs
    }
    before: dict[str, Any] | None = None
    for run in standing:
        reasons[run["run_id"]] = _reason(run, before, reasons, landed_later, starts)
        before = run
    return reasons


def _reason(
    run: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    reasons: Mapping[str, str | None],
    landed_later: Mapping[str, str],
    starts: Mapping[str, str],
) -> str | None:
    known_from = landed_later.get(run["run_id"])
    start = starts.get(run["as_of_date"])
    if known_from is not None and start is not None and known_from < start:
        return "records that count as known before its date landed after it"
    if before is None:
        return None
    if run["predecessor_run_id"] != before["run_id"]:
        return f"{before['as_of_date']} was published again after it"
    if reasons[before["run_id"]] is not None:
        return f"it continues {before['as_of_date']}, which is out of date"
    return None

"""`crm backfill`: make the as-of dates of an interval again, and none beside them."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated

import typer

from crm_tasks.cli.console import HomeOption, output
from crm_tasks.cli.run import one_run_at_a_time
from crm_tasks.errors import SettingsError
from crm_tasks.profiles import load_profile
from crm_tasks.settings import load_settings
from crm_tasks.steps.backfill import DateDone, Interval, backfill, check_interval, out_of_date
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger

STEPS = {"day": 1, "week": 7}
NUMBER = re.compile(r"[1-9][0-9]{0,3}")


def backfill_dates(
    first: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="First as-of date")],
    last: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="Last as-of date")],
    step: Annotated[
        str, typer.Option(help="day, week, month, or a number of days between the dates")
    ] = "day",
    profile: Annotated[
        str | None,
        typer.Option(help="Bundled profile name or YAML file (default: CRM_PROFILE)"),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Make the as-of dates of an interval again, in order, with what has been landed by now.

    Partitions of other dates stay as they are, and so do decisions of days that are over. Readers
    keep the version they have until the last date is done. Stopped, it goes on where it was.
    """
    settings = load_settings(home=home, profile=profile)
    company = load_profile(settings.profile)
    place = Home(settings.home_path)
    ledger = Ledger(place.ops_file)
    interval = _interval(first, last, step)
    with one_run_at_a_time(place):
        check_interval(interval, company, ledger)
        for done in backfill(settings, interval):
            _tell(done)
    _tell_what_is_out_of_date(ledger, company.profile)


def _interval(first: str, last: str, step: str) -> Interval:
    days = STEPS.get(step)
    if days is None and NUMBER.fullmatch(step):
        days = int(step)
    if days is None and step != "month":
        raise SettingsError(f"--step {step!r}: expected day, week, month or a number of days")
    ends = _date("--from", first), _date("--to", last)
    return Interval(ends[0], ends[1], days or 1, is_monthly=step == "month")


def _date(option: str, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{option} {text!r}: expected a date, YYYY-MM-DD") from None


def _tell(done: DateDone) -> None:
    what = "made" if done.is_made else "stands"
    output.print(
        f"[{done.number:>3}/{done.of}] {done.date} {what:<6} run {done.run_id} "
        f"in {done.seconds:>6.1f} s",
        highlight=False,
    )


def _tell_what_is_out_of_date(ledger: Ledger, profile: str) -> None:
    """Say which dates would not come out the same, with the reason of the first and the remedy."""
    runs = out_of_date(ledger, profile)
    if not runs:
        output.print("every date is up to date", highlight=False)
        return
    dates = [run["as_of_date"] for run in runs]
    output.print(
        f"{len(runs)} dates are out of date now, the first because {runs[0]['stale_because']}: "
        f"crm backfill --from {dates[0]} --to {dates[-1]}",
        highlight=False,
        soft_wrap=True,
    )

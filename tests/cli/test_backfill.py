"""`crm backfill`: what it is told, refuses and says."""

from __future__ import annotations

import datetime as dt

import pytest

from crm_tasks.cli import backfill as verb
from crm_tasks.cli.run import one_run_at_a_time
from crm_tasks.steps.backfill import DateDone
from crm_tasks.warehouse.home import Home

DATES = ("--from", "2017-05-01", "--to", "2017-05-02")


@pytest.fixture
def asked(monkeypatch):
    """Stand in for the steps; return the intervals asked for."""
    intervals = []

    def backfill(_, interval):
        intervals.append(interval)
        for number, date in enumerate(interval.dates(), 1):
            yield DateDone(number, len(interval.dates()), date, "0123abcd", number == 2, 12.34)

    monkeypatch.setattr(verb, "backfill", backfill)
    monkeypatch.setattr(verb, "out_of_date", lambda *_: [])
    return intervals


@pytest.mark.parametrize(
    ("step", "days", "is_monthly"),
    [
        (None, 1, False),
        ("day", 1, False),
        ("week", 7, False),
        ("month", 1, True),
        ("10", 10, False),
    ],
)
def test_the_interval_is_what_was_asked(call, asked, tmp_path, step, days, is_monthly):
    more = ("--step", step) if step else ()
    ended = call("backfill", *DATES, *more, "--home", tmp_path)
    assert ended.code == 0
    (interval,) = asked
    assert (interval.first, interval.last) == (dt.date(2017, 5, 1), dt.date(2017, 5, 2))
    assert (interval.step_days, interval.is_monthly) == (days, is_monthly)


def test_each_date_is_told_as_it_is_done(call, asked, tmp_path):
    ended = call("backfill", *DATES, "--home", tmp_path)
    assert asked
    assert ended.out.splitlines()[:2] == [
        "[  1/2] 2017-05-01 stands run 0123abcd in   12.3 s",
        "[  2/2] 2017-05-02 made   run 0123abcd in   12.3 s",
    ]
    assert "every date is up to date" in ended.out


def test_dates_that_are_out_of_date_are_told_with_their_remedy(call, asked, tmp_path, monkeypatch):
    stale = [{"as_of_date": f"2017-05-0{day}", "stale_because": "of that"} for day in (3, 4)]
    monkeypatch.setattr(verb, "out_of_date", lambda *_: stale)
    ended = call("backfill", *DATES, "--home", tmp_path)
    assert asked
    assert "2 dates are out of date now, the first because of that" in ended.out
    assert "crm backfill --from 2017-05-03 --to 2017-05-04" in ended.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "2017-05-02", "--to", "2017-05-01"), "is after --to 2017-05-01; swap them"),
        (("--from", "2017-05-02", "--to", "2999-05-01"), "is in the future"),
        (("--from", "May 2017", "--to", "2017-05-01"), "--from 'May 2017': expected a date"),
        ((*DATES, "--step", "year"), "--step 'year': expected day, week, month or a number"),
        ((*DATES, "--step", "0"), "--step '0': expected day, week, month or a number"),
    ],
)
def test_nonsense_is_refused_in_one_line(call, asked, tmp_path, arguments, said):
    ended = call("backfill", *arguments, "--home", tmp_path)
    assert ended.code == 1
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert asked == []


def test_a_home_somebody_works_on_is_left_alone(call, asked, tmp_path):
    with one_run_at_a_time(Home(tmp_path)):
        ended = call("backfill", *DATES, "--home", tmp_path)
    assert ended.code == 1
    assert "another run" in ended.err
    assert asked == []

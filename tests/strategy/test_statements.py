"""The plan's SQL, statement by statement: hours around midnight and clock changes, fixed order."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import asdict

import pyarrow as pa
import pytest

from crm_tasks.strategy import (
    arm_sql,
    campaign_sql,
    candidate_sql,
    channel_sql,
    duty_sql,
    statements,
    wording,
)
from crm_tasks.strategy.candidates import SHARED_STEPS, STEPS, query
from tests.strategy.builders import AS_OF, params
from tests.wording import assert_says_nothing_causal

MODULES = (arm_sql, candidate_sql, channel_sql, duty_sql, statements, campaign_sql)
STATEMENTS = {
    name: text for module in MODULES for name, text in vars(module).items() if name.isupper()
}
#: What a plan adds to its parameters before it binds them.
ADDED = {"design", "policy_version", "status"}
#: A row number over these is the same however the rows lie: the last of them is unique in its part.
UNIQUE_LAST = ("offers.rule_no", "channel_id", "issue_id", "place", "platform")


def scheduled(lend, quiet, hour, as_of=AS_OF, time_zone="UTC"):
    """Return (local date, moment in UTC) of one customer's action, as SCHEDULED places it."""
    start, end = (None if text is None else dt.time.fromisoformat(text) for text in quiet)
    text, number = pa.string(), pa.float64()
    decided = {
        "customer_id": pa.array(["a"]), "scheduled_date": pa.array([as_of]),
        "channel_id": pa.array(["email"]), "is_chosen": pa.array([True]),
        "is_exploration": pa.array([False]), "decision_propensity": pa.array([1.0]),
        **{name: pa.array([None], text)
           for name in ("content_id", "objective", "rule_id", "consent_basis")},
        **{name: pa.array([None], number)
           for name in ("figure", "p", "uplift", "gain_low", "gain", "gain_high", "score")},
    }  # fmt: skip
    duties = {
        **{name: pa.array([], text)
           for name in ("customer_id", "channel_id", "consent_basis", "issue_id")},
        "figure": pa.array([], number), "is_complaint": pa.array([], pa.int32()),
    }  # fmt: skip
    channels = {
        "channel_id": ["email"], "unit_cost": [0.1],
        "quiet_start": pa.array([start], pa.time64("us")),
        "quiet_end": pa.array([end], pa.time64("us")),
    }  # fmt: skip
    customers = {
        "customer_id": ["a"], "influence_value": pa.array([None], number),
        "preferred_iso_weekday": pa.array([None], pa.int32()),
        "preferred_hour": pa.array([hour], pa.int32()),
    }  # fmt: skip
    lent = lend(decided=pa.table(decided), duties=pa.table(duties),
                channels=pa.table(channels), customers=pa.table(customers))  # fmt: skip
    bound = {**asdict(params(as_of=as_of, time_zone=time_zone))}
    (row,) = query(lent, statements.SCHEDULED, bound).to_pylist()
    return row["local_date"], row["scheduled_at"]


def test_every_row_number_has_one_order_only():
    text = "\n".join(STATEMENTS.values())
    windows = re.findall(r"row_number\(\) over \((.*?)\n\s*\) as", text, re.DOTALL)
    assert len(windows) == text.count("row_number()") == 5
    for window in windows:
        last = window.split("order by")[1].strip().split(",")[-1].split()[0]
        assert last in UNIQUE_LAST, window


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_asks_the_clock_or_chance(name):
    words = set(re.findall(r"[a-z_]+", STATEMENTS[name].lower()))
    assert not words & {"now", "current_date", "current_timestamp", "today", "random", "uuid"}


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_parameter_of_a_statement_is_one_the_plan_has(name):
    named = set(re.findall(r"\$(\w+)", STATEMENTS[name]))
    assert named <= set(asdict(params())) | ADDED


def test_every_step_of_the_candidates_is_run_once():
    texts = [text for _, text in (*SHARED_STEPS, *STEPS)]
    written = {**vars(arm_sql), **vars(candidate_sql), **vars(duty_sql)}
    assert sorted(texts) == sorted(text for name, text in written.items() if name.isupper())


def test_no_word_of_the_plan_claims_a_cause():
    texts = [text for rows in (wording.OBJECTIVES, wording.REASONS) for row in rows for text in row]
    texts += [text for pair in wording.WHY_NOT.values() for text in pair]
    assert_says_nothing_causal([*texts, *wording.OPEN_ISSUE])


@pytest.mark.parametrize(
    ("quiet", "hour", "expected"),
    [
        (("12:00", "14:00"), 11, "11:00"),  # a quiet time within the day
        (("12:00", "14:00"), 12, "14:00"),
        (("12:00", "14:00"), 13, "14:00"),
        (("12:00", "14:00"), 14, "14:00"),
        (("21:00", "08:00"), 21, "20:00"),  # one over midnight: back in the evening ...
        (("21:00", "08:00"), 3, "08:00"),  # ... and on in the morning
        (("08:30", "08:00"), 12, "08:00"),  # half an hour is left of the day
        (("22:00", "22:00"), 22, "22:00"),  # no time at all is quiet
        ((None, "08:00"), 3, "03:00"),
        (("21:00", None), 23, "23:00"),
    ],
)
def test_an_action_falls_into_no_quiet_time(scratch, quiet, hour, expected):
    date, moment = scheduled(scratch, quiet, hour)
    assert date == AS_OF  # moved within the day, never into another
    assert moment == dt.datetime.combine(AS_OF, dt.time.fromisoformat(expected))


@pytest.mark.parametrize(
    ("day", "hour", "in_utc"),
    [
        ("2024-03-30", 2, "2024-03-30 01:00"),  # winter time
        ("2024-03-31", 2, "2024-03-31 01:00"),  # 02:00 does not exist: 03:00 summer time
        ("2024-03-31", 10, "2024-03-31 08:00"),
        ("2024-10-27", 10, "2024-10-27 09:00"),  # the day winter time begins
    ],
)
def test_the_local_hour_holds_on_the_days_the_clock_changes(scratch, day, hour, in_utc):
    date = dt.date.fromisoformat(day)
    _, moment = scheduled(scratch, (None, None), hour, as_of=date, time_zone="Europe/Berlin")
    assert moment == dt.datetime.fromisoformat(in_utc)


def test_the_date_is_local_where_utc_is_still_on_the_day_before(scratch):
    date, moment = scheduled(scratch, (None, None), 3, time_zone="Asia/Shanghai")
    assert date == AS_OF
    assert moment == dt.datetime.combine(AS_OF - dt.timedelta(days=1), dt.time(19))

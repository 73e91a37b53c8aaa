"""The plan's SQL, statement by statement: hours around midnight and clock changes, fixed order."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import asdict

import pyarrow as pa
import pytest

from crm_tasks.strategy import statements
from tests.strategy.builders import AS_OF, customer, frames, params

STATEMENTS = {
    name: getattr(statements, name)
    for name in ("CHOSEN", "REACHABLE", "SCHEDULED", "ACTIONS", "REASONS", "CAMPAIGNS")
}
#: What a plan adds to its parameters before it binds them.
ADDED = {"policy_version", "status"}
#: A row number over these is the same however the rows lie: the last of them is unique in its part.
UNIQUE_LAST = ("customer_id", "channel_id", "place", "rules.rule_no")


def scheduled(lend, quiet, hour, as_of=AS_OF, time_zone="UTC"):
    """Return (local date, moment in UTC) of one customer's action, as SCHEDULED places it."""
    start, end = (None if text is None else dt.time.fromisoformat(text) for text in quiet)
    reachable = pa.table(
        {
            "customer_id": ["a"],
            "rule_no": [1],
            "net_revenue_total": pa.array([None], pa.decimal128(18, 2)),
            "preferred_iso_weekday": pa.array([None], pa.int32()),
            "preferred_hour": pa.array([hour], pa.int32()),
            "quiet_start": pa.array([start], pa.time64("us")),
            "quiet_end": pa.array([end], pa.time64("us")),
        }
    )
    bound = {"as_of": as_of, "default_hour": 10, "time_zone": time_zone, "actions_per_day": 9}
    (row,) = lend(reachable=reachable).query(statements.SCHEDULED, bound).to_pylist()
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


def test_a_rule_whose_content_is_unknown_plans_nothing(scratch):
    """Contents are a table of their own: a typo there must not send an empty message."""
    given = frames(customer("a"))
    rules = pa.table(
        {"rule_no": [1], "rule_id": ["r"], "objective": ["value"], "content_id": ["gone"],
         "text_en": ["t"], "text_zh": ["t"]}
    )  # fmt: skip
    fired = pa.table({"customer_id": ["a"], "rule_id": ["r"], "kind": ["expansion"],
                      "outcome": ["gone"], "figure": [1.0]})  # fmt: skip
    lent = scratch(**given, rules=rules, fired=fired)
    assert lent.query(statements.CHOSEN).num_rows == 0
    lent.register("rules", rules.set_column(3, "content_id", pa.array(["member_event"])))
    assert lent.query(statements.CHOSEN).num_rows == 1

"""Features of an origin are what was known before it, by hand; what comes later changes none."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow.compute as pc
import pytest

from crm_tasks.ml.judgement import refuse_future
from crm_tasks.ml.judgement.canary import FutureLeak
from crm_tasks.ml.propensity.facts import EVERYBODY, READS
from crm_tasks.ml.propensity.wording import FEATURES, NAMES
from tests.ml.propensity.small import (
    AS_OF,
    complaining_world,
    frames,
    letter,
    order,
    world,
)

ORIGIN = dt.date(2024, 6, 1)
MOMENTS = {
    "orders": "ordered_at", "sessions": "started_at", "reviews": "reviewed_at",
    "messages": "sent_at", "contacts": "sent_at", "redemptions": "redeemed_at",
    "surveys": "survey_at", "versions": "known_from",
}  # fmt: skip


def at(day, hour=12):
    return dt.datetime.combine(ORIGIN, dt.time(hour)) + dt.timedelta(days=day)


def told(facts, origin=ORIGIN):
    cases = facts.cases(origin)
    return {
        int(customer): dict(zip(NAMES, row.tolist(), strict=True))
        for customer, row in zip(cases.customers, cases.matrix, strict=True)
    }


def test_every_feature_of_one_customer_is_as_counted_by_hand(facts_of):
    given = frames(
        customers=[{"customer_id": "a"}, {"customer_id": "b"}],
        orders=[
            order("a", ORIGIN - dt.timedelta(days=100), "30.00", late=True),
            order("a", ORIGIN - dt.timedelta(days=40), "20.00", late=False),
            order("a", ORIGIN - dt.timedelta(days=1), "10.00", late=True),  # not delivered yet
        ],
        sessions=[
            {"customer_id": "a", "started_at": at(-50), "has_cart": True},
            {"customer_id": "a", "started_at": at(-3), "has_cart": False},
        ],
        reviews=[
            {
                "customer_id": "a",
                "reviewed_at": at(-9),
                "score": 2,
                "is_low_score": True,
                "sentiment": -0.2,
            }
        ],
        messages=[
            letter("a", ORIGIN - dt.timedelta(days=9)),
            letter("a", ORIGIN - dt.timedelta(days=9), hour=10, direction="out"),  # the answer
            letter("a", ORIGIN - dt.timedelta(days=3), complaint=False),
            letter("a", ORIGIN - dt.timedelta(days=120)),
            letter("a", ORIGIN - dt.timedelta(days=400), resolved_at=at(-390)),
        ],
        contacts=[
            {"customer_id": "a", "sent_at": at(-5), "opened_at": at(2)},  # opened later
            {"customer_id": "a", "sent_at": at(-6), "opened_at": at(-5)},
        ],
        versions=[
            {"customer_id": "a", "known_from": at(-80), "is_loyalty_member": False},
            {"customer_id": "a", "known_from": at(-60), "is_loyalty_member": True},
            {"customer_id": "a", "known_from": at(-50)},  # says nothing of it
            {"customer_id": "a", "known_from": at(0), "is_loyalty_member": False},  # known later
        ],
        redemptions=[{"customer_id": "a", "redeemed_at": at(-20)}],
        surveys=[
            {"customer_id": "a", "survey_at": at(-30), "csat": 5, "nps": 9},
            {"customer_id": "a", "survey_at": at(-10), "csat": 2},
        ],
    )
    found = told(facts_of(given))
    assert list(found) == [0]  # b has never ordered
    assert found[0] == pytest.approx({
        "recency_days": 1, "customer_age_days": 100, "n_orders": 3, "n_orders_28d": 1,
        "n_orders_90d": 2, "mean_gap_days": 49.5, "gap_ratio": 1 / 49.5, "mean_order_amount": 20,
        "net_amount_90d": 30, "amount_trend": 1.0, "discount_share": 0, "return_share": 0,
        "late_share": 0.5, "items_per_order": 1, "n_sessions_30d": 1, "n_sessions_90d": 2,
        "days_since_session": 3, "visits_per_90d": 1.8, "cart_share_90d": 0.5, "n_reviews": 1,
        "mean_score": 2,
        "low_score_share": 1, "n_messages_90d": 2, "n_complaints": 2, "n_complaints_90d": 1,
        "complaints_per_90d": 0.9, "n_open_issues": 2, "sentiment_90d": -0.2, "n_contacts_90d": 2,
        "open_share_180d": 0.5, "n_redemptions_90d": 1, "csat_last": 2, "nps_last": 9,
        "is_loyalty_member": 1,
    })  # fmt: skip


def test_rates_are_of_the_time_somebody_was_a_customer(facts_of):
    visits = [{"customer_id": "a", "started_at": at(day), "has_cart": False}
              for day in (-250, -190, -150, -111, -109, -5)]  # fmt: skip
    given = frames(
        customers=[{"customer_id": "a"}],
        orders=[order("a", ORIGIN - dt.timedelta(days=day), "10.00", late=False)
                for day in (200, 140)],
        sessions=visits,
        messages=[letter("a", ORIGIN - dt.timedelta(days=day)) for day in (210, 120, 20)],
    )  # fmt: skip
    (found,) = told(facts_of(given)).values()
    # A customer from day -200 to -110: before and afterwards nobody was there to come.
    assert (found["visits_per_90d"], found["complaints_per_90d"]) == (3.0, 1.0)


def test_an_issue_is_open_until_it_is_answered_or_closed_and_unknown_without_any_message(facts_of):
    day = ORIGIN - dt.timedelta(days=20)
    answer = {**letter("a", day), "sent_at": at(-10), "direction": "out"}
    given = frames(
        customers=[{"customer_id": "a"}, {"customer_id": "b"}],
        orders=[order("a", day - dt.timedelta(days=9)), order("b", day - dt.timedelta(days=9))],
        messages=[letter("a", day), answer, letter("b", day, resolved_at=at(-5))],
    )
    facts = facts_of(given)

    def open_issues(days_before):
        found = told(facts, ORIGIN - dt.timedelta(days=days_before))
        return [found[number]["n_open_issues"] for number in (0, 1)]

    assert np.isnan(open_issues(20)).all()  # the message came that day: nobody had written before
    assert open_issues(19) == open_issues(10) == [1, 1]
    assert open_issues(9) == open_issues(5) == [0, 1]
    assert open_issues(4) == [0, 0]


def test_a_day_begins_where_the_company_is(facts_of):
    late = order("a", dt.date(2024, 5, 31), hour=20)  # 2024-06-01 04:00 in Shanghai
    given = frames(customers=[{"customer_id": "a"}], orders=[late])
    assert list(told(facts_of(given))) == [0]
    assert told(facts_of(given, "Asia/Shanghai")) == {}
    assert facts_of(given, "Asia/Shanghai").bought(ORIGIN, 1).tolist() == [0]


def as_columns(cases):
    return {"customer": cases.customers} | {n: cases.column(n) for n in NAMES}


def before(given, origin):
    """Return frames without anything from the origin on."""
    start = dt.datetime.combine(origin, dt.time())
    return {
        name: rows.filter(pc.less(rows.column(MOMENTS[name]), start)) if name in MOMENTS else rows
        for name, rows in given.items()
    }


def test_no_feature_changes_when_the_future_is_taken_away(facts_of):
    """The canary: all facts, or those before the origin, make the same features."""
    given = complaining_world(80)
    assert set(given) == set(READS)
    cut = before(given, ORIGIN)
    assert cut["orders"].num_rows < given["orders"].num_rows
    assert 0 < cut["messages"].num_rows < given["messages"].num_rows
    whole, without = facts_of(given).cases(ORIGIN), facts_of(cut).cases(ORIGIN)
    refuse_future(as_columns(whole), as_columns(without), "origin 2024-06-01")


def test_a_feature_that_looks_ahead_is_caught_by_the_same_canary(facts_of):
    given = world(80)
    made = []
    for one in (given, before(given, ORIGIN)):
        facts = facts_of(one)
        cases = facts.cases(ORIGIN)
        buys = np.isin(cases.customers, facts.bought(ORIGIN, 30)).astype(float)
        made.append(as_columns(cases) | {"canary": buys})
    with pytest.raises(FutureLeak, match=r"origin 2024-06-01: canary: made from facts"):
        refuse_future(*made, "origin 2024-06-01")


def test_a_sample_by_digest_is_the_same_whoever_else_is_there(facts_of):
    few, many = facts_of(world(60)), facts_of(world(120))
    below, n = many.digest_below(60)
    assert n == 120
    assert few.digest_below(60) == (EVERYBODY, 60)
    chosen = many.cases(AS_OF, below).customers
    assert 30 < len(chosen) < 90
    assert few.cases(AS_OF, below).customers.tolist() == [c for c in chosen if c < 60]


def test_no_attribute_of_a_person_is_a_feature():
    assert set(FEATURES) == set(NAMES)
    read = {column for _, columns in READS.values() for column in columns}
    assert not read & {"gender", "birth_year", "age_band", "income_band", "marital_status"}

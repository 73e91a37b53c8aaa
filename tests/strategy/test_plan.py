"""Plans by hand: who, which channel, when, why; and that no constraint is ever broken."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_tasks.contracts.strategy import ACTION_REASONS, ACTIONS, CAMPAIGNS
from crm_tasks.contracts.table import check_rows
from crm_tasks.strategy.plan import Plan, plan_contacts, policy_version
from crm_tasks.strategy.rules import load_rules
from tests.strategy.builders import AS_OF, customer, frames, params


def planned(lend, *customers, previous=None, **changed) -> tuple[list[dict], Plan]:
    lent = lend(**frames(*customers, previous=previous))
    plan = plan_contacts(lent, params(**changed), load_rules())
    check_rows(CAMPAIGNS, plan.campaigns)
    check_rows(ACTION_REASONS, plan.action_reasons)
    actions = check_rows(ACTIONS, plan.actions).to_pylist()
    return sorted(actions, key=lambda action: action["priority"]), plan


def reasons_of(plan: Plan) -> dict[str, list[dict]]:
    reasons: dict[str, list[dict]] = {}
    for row in sorted(plan.action_reasons.to_pylist(), key=lambda row: row["rank"]):
        reasons.setdefault(row["strategy_action_id"], []).append(row)
    return reasons


def test_a_regular_customer_gets_one_action_on_the_next_preferred_day(scratch):
    (action,), plan = planned(scratch, customer("a"))
    assert action["rule_id"] == "regular_learns_programme"
    assert action["campaign_id"] == "loyalty-2024-07-01"
    assert action["scheduled_at"] == dt.datetime.fromisoformat("2024-07-03 10:00")  # the Wednesday
    assert (action["channel_id"], action["cost"]) == ("mail", Decimal("0.6000"))
    assert action["expected_uplift"] is action["expected_value"] is None
    assert (action["decision_propensity"], action["arm"]) == (1.0, "none")
    assert action["status"] == "planned_dry_run"
    assert (plan.n_with_rule, plan.n_reachable) == (1, 1)


def test_the_first_rule_that_applies_takes_the_customer(scratch):
    (action,), _ = planned(scratch, customer("a", rfm_segment="cannot_lose", recency_days=90))
    assert action["rule_id"] == "best_customer_stays_away"
    (action,), _ = planned(scratch, customer("a", recency_days=60, redemptions_365d=3))
    assert action["rule_id"] == "pause_longer_than_usual"


def test_nobody_without_a_rule_is_contacted(scratch):
    actions, plan = planned(scratch, customer("a", rfm_segment="no_orders", frequency=None))
    assert actions == []
    assert plan.campaigns.num_rows == plan.action_reasons.num_rows == 0


def test_every_action_says_its_rule_and_its_consent_in_both_languages(scratch):
    (action,), plan = planned(scratch, customer("a", influence_value=2.34))
    reasons = reasons_of(plan)[action["strategy_action_id"]]
    assert [(row["rank"], row["reason_code"]) for row in reasons] == [
        (1, "regular_learns_programme"),
        (2, "consent_not_recorded"),
        (3, "preferred_time"),
        (4, "well_connected"),
    ]
    assert reasons[0]["text_en"] == "Orders regularly, 20 orders so far"
    assert reasons[0]["value"] == 20.0
    assert reasons[2]["text_en"] == "Orders most often on Wednesdays and around 10:00"
    assert "星期三" in reasons[2]["text_zh"]
    assert reasons[3]["text_en"].startswith("If this customer acts, 2.3 others may follow")
    assert action["influence_value"] == 2.34


def test_without_consent_nobody_is_contacted_where_unknown_means_deny(scratch):
    unknown = customer("a")
    granted = customer("b", consent_email=True)
    actions, plan = planned(scratch, unknown, granted, consent_when_unknown="deny")
    assert [(a["customer_id"], a["channel_id"]) for a in actions] == [("b", "email")]
    assert actions[0]["consent_basis"] == "granted"
    codes = [row["reason_code"] for row in plan.action_reasons.to_pylist()]
    assert "consent_granted" in codes
    assert "consent_not_recorded" not in codes


def test_a_refusal_holds_even_where_unknown_means_yes(scratch):
    for channel in ("email", "mail"):
        refusing = customer("a", **{f"consent_{channel}": False})
        actions, _ = planned(scratch, refusing, channels=(channel,))
        assert actions == []


def test_a_refusal_of_one_channel_leaves_the_others(scratch):
    refusing = customer("a", consent_mail=False, consent_email=True)
    actions, _ = planned(scratch, refusing, channels=("mail", "email"))
    assert [(a["channel_id"], a["consent_basis"]) for a in actions] == [("email", "granted")]


def test_the_channel_they_answered_on_comes_first_and_then_the_profiles_order(scratch):
    answered = customer("a", channel_preference="email")
    actions, _ = planned(scratch, answered, customer("b"), channels=("mail", "email"))
    assert {a["customer_id"]: a["channel_id"] for a in actions} == {"a": "email", "b": "mail"}


def test_a_channel_the_profile_does_not_name_is_never_used(scratch):
    actions, _ = planned(scratch, customer("a", channel_preference="sms"), channels=("email",))
    assert [a["channel_id"] for a in actions] == ["email"]


@pytest.mark.parametrize(
    ("last_contact_days", "contacts_30d", "channel"),
    [
        (None, None, "mail"),
        (None, 0, "mail"),
        (8, 1, "mail"),
        (7, 1, "email"),  # one touch within seven days is mail's cap, not e-mail's
        (7, 2, None),
        (2, 1, "email"),
        (20, 4, None),  # touched often enough in 30 days
    ],
)
def test_contact_caps_hold(scratch, last_contact_days, contacts_30d, channel):
    row = customer("a", last_contact_days=last_contact_days, contacts_30d=contacts_30d)
    actions, _ = planned(scratch, row)
    assert [a["channel_id"] for a in actions] == ([channel] if channel else [])


@pytest.mark.parametrize(
    ("hour", "local_time"),
    [(7, dt.time(8)), (8, dt.time(8)), (20, dt.time(20)), (21, dt.time(20)), (23, dt.time(20)),
     (0, dt.time(8)), (None, dt.time(10))],
)  # fmt: skip
def test_quiet_hours_move_an_action_to_the_nearest_side(scratch, hour, local_time):
    (action,), _ = planned(scratch, customer("a", preferred_hour=hour), channels=("email",))
    assert action["scheduled_at"] == dt.datetime.combine(dt.date(2024, 7, 3), local_time)


@pytest.mark.parametrize(("weekday", "day"), [(1, 1), (2, 2), (7, 7), (None, 1)])
def test_the_next_preferred_weekday_lies_within_seven_days(scratch, weekday, day):
    (action,), _ = planned(scratch, customer("a", preferred_iso_weekday=weekday))
    assert action["scheduled_at"].date() == dt.date(2024, 7, day)


def test_hours_are_local_and_moments_are_utc(scratch):
    (action,), _ = planned(scratch, customer("a"), time_zone="Asia/Shanghai")
    ten_in_shanghai = dt.datetime.fromisoformat("2024-07-03 02:00")
    assert action["scheduled_at"] == ten_in_shanghai


def test_a_full_day_keeps_the_most_valuable(scratch):
    rows = [customer(name, net_revenue_total=Decimal(n)) for n, name in enumerate("dcba", 1)]
    rows.append(customer("z", rfm_segment="cannot_lose", net_revenue_total=None))
    actions, plan = planned(scratch, *rows, actions_per_day=3)
    assert [a["customer_id"] for a in actions] == ["z", "a", "b"]
    assert [a["priority"] for a in actions] == [1, 2, 3]
    assert plan.n_reachable == 5


def test_who_is_still_to_be_contacted_by_the_last_plan_is_left_alone(scratch):
    _, before = planned(scratch, customer("a"), is_dry_run=False)
    assert before.actions["status"].to_pylist() == ["planned"]
    actions, _ = planned(scratch, customer("a"), customer("b"), previous=before.actions)
    assert [a["customer_id"] for a in actions] == ["b"]


def test_a_dry_run_of_the_last_plan_binds_nobody(scratch):
    _, before = planned(scratch, customer("a"))
    actions, _ = planned(scratch, customer("a"), previous=before.actions)
    assert [a["customer_id"] for a in actions] == ["a"]


def test_campaigns_sum_up_their_actions(scratch):
    _, plan = planned(
        scratch, customer("a"), customer("b"), customer("c", rfm_segment="cannot_lose")
    )
    rows = {row["objective"]: row for row in plan.campaigns.to_pylist()}
    assert set(rows) == {"loyalty", "retention"}
    assert (rows["loyalty"]["n_actions"], rows["loyalty"]["planned_cost"]) == (2, Decimal("1.2000"))
    assert (rows["loyalty"]["start_date"], rows["loyalty"]["end_date"]) == (
        AS_OF,
        dt.date(2024, 7, 7),
    )


def test_ids_and_keys_are_unique_and_change_with_the_date(scratch):
    people = [customer(f"c{i}") for i in range(20)]
    actions, _ = planned(scratch, *people)
    later, _ = planned(scratch, *people, as_of=dt.date(2024, 7, 2))
    ids = [a["strategy_action_id"] for a in [*actions, *later]]
    keys = [a["idempotency_key"] for a in [*actions, *later]]
    assert len(set(ids)) == len(set(keys)) == 40


CUSTOMER = st.fixed_dictionaries(
    {
        "rfm_segment": st.sampled_from(["champions", "loyal", "lost", "cannot_lose", "no_orders"]),
        "recency_days": st.none() | st.integers(0, 400),
        "frequency": st.none() | st.integers(1, 50),
        "contacts_30d": st.none() | st.integers(0, 6),
        "last_contact_days": st.none() | st.integers(0, 60),
        "preferred_iso_weekday": st.none() | st.integers(1, 7),
        "preferred_hour": st.none() | st.integers(0, 23),
        "consent_email": st.none() | st.booleans(),
        "consent_sms": st.none() | st.booleans(),
        "channel_preference": st.none() | st.sampled_from(["email", "sms", "mail", "web"]),
    }
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    people=st.lists(CUSTOMER, max_size=12),
    consent=st.sampled_from(["deny", "assume"]),
    per_day=st.integers(1, 4),
    as_of=st.dates(dt.date(2023, 1, 1), dt.date(2025, 12, 31)),
)
def test_no_plan_breaks_a_constraint(scratch, people, consent, per_day, as_of):
    rows = [customer(f"c{i:02}", **features) for i, features in enumerate(people)]
    actions, plan = planned(
        scratch, *rows, consent_when_unknown=consent, actions_per_day=per_day, as_of=as_of,
        channels=("sms", "email"),
    )  # fmt: skip
    by_id = {row["customer_id"]: row for row in rows}
    assert len({a["customer_id"] for a in actions}) == len(actions)
    per_date = Counter(a["scheduled_at"].date() for a in actions)
    assert max(per_date.values(), default=0) <= per_day
    reasons = reasons_of(plan)
    for action in actions:
        row = by_id[action["customer_id"]]
        given_consent = row[f"consent_{action['channel_id']}"]
        assert given_consent is True or (given_consent is None and consent == "assume")
        cap = {"email": 2, "sms": 1}[action["channel_id"]]
        days, touches = row["last_contact_days"], row["contacts_30d"]
        assert days is None or days > 7 or (touches is not None and touches < cap)
        assert (touches or 0) < 4
        assert as_of <= action["scheduled_at"].date() <= as_of + dt.timedelta(days=6)
        assert dt.time(8) <= action["scheduled_at"].time() < dt.time(21)
        assert len(reasons[action["strategy_action_id"]]) >= 2


def test_the_plan_does_not_depend_on_the_order_of_the_customers(scratch):
    rows = [customer(f"c{i:02}", preferred_iso_weekday=i % 7 + 1) for i in range(30)]
    _, straight = planned(scratch, *rows, actions_per_day=3)
    _, backward = planned(scratch, *rows[::-1], actions_per_day=3)
    by_id = [("strategy_action_id", "ascending")]
    assert straight.actions.num_rows == 21
    assert straight.actions.sort_by(by_id).equals(backward.actions.sort_by(by_id))
    ranked = [*by_id, ("rank", "ascending")]
    assert pa.Table.equals(
        straight.action_reasons.sort_by(ranked), backward.action_reasons.sort_by(ranked)
    )


def test_the_policy_version_changes_with_parameters_but_not_with_the_date():
    rules = load_rules()
    version = policy_version(rules, params())
    assert version == policy_version(rules, params(as_of=AS_OF + dt.timedelta(days=1)))
    assert version != policy_version(rules, params(actions_per_day=51))
    assert version != policy_version(rules.model_copy(update={"version": 2}), params())

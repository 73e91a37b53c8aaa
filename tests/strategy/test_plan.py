"""Plans by hand: who, which channel, when, why; and that no constraint is ever broken."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from crm_tasks.contracts import find_table
from crm_tasks.contracts.table import check_rows, check_slices
from crm_tasks.strategy import candidates
from crm_tasks.strategy.params import Fairness
from crm_tasks.strategy.plan import plan_contacts, policy_version
from crm_tasks.strategy.rules import load_rules
from tests.strategy.builders import AS_OF, customer, frames, letter, params, touch
from tests.strategy.planned import planned, reasons_of, why_not
from tests.wording import assert_says_nothing_causal

# --- one customer ---------------------------------------------------------------------------------


def test_a_regular_customer_gets_one_action_on_the_preferred_day(scratch):
    (action,), plan = planned(scratch, customer("a"))
    assert action["rule_id"] == "regular_learns_programme"
    assert action["campaign_id"] == "loyalty-2024-07-01"
    assert action["scheduled_at"] == dt.datetime.fromisoformat("2024-07-03 10:00")  # the Wednesday
    assert (action["channel_id"], action["content_id"]) == ("email", "loyalty_guide")
    assert (action["cost"], action["evidence"]) == (Decimal("0.0020"), "observational")
    assert action["expected_uplift"] is action["expected_value"] is None
    # Nobody was ever touched: the declared prior x the rule's lever x an order, less the cost.
    assert action["expected_response"] == 0.05
    assert action["score"] == pytest.approx(0.05 * 0.3 * 100 - 0.002)
    assert (action["decision_propensity"], action["is_exploration"]) == (1.0, False)
    assert action["status"] == "planned_dry_run"
    assert plan.n_reachable == 1


def test_every_option_is_on_record_with_what_became_of_it(scratch):
    _, plan = planned(scratch, customer("a", consent_mail=False))
    rows = plan.tables["candidates"].to_pylist()
    assert len(rows) == 2 * 2 * 2 + 2  # channels, contents, days; and doing nothing on each day
    chosen = [row for row in rows if row["is_chosen"]]
    assert {(r["channel_id"], r["scheduled_date"].day) for r in chosen} == {
        ("email", 3), ("none", 4),
    }  # fmt: skip
    assert why_not(plan)["a", "mail"] == {"no_consent"}
    assert why_not(plan)["a", "email"] == {None, "better_option"}


def test_nobody_without_an_offer_is_contacted(scratch):
    actions, plan = planned(scratch, customer("a", rfm_segment="no_orders", frequency=None))
    assert actions == []
    assert plan.tables["campaigns"].num_rows == plan.tables["action_reasons"].num_rows == 0


def test_an_option_that_costs_more_than_it_brings_is_left(scratch):
    poor = customer("a", monetary_value=Decimal("10.00"))
    actions, plan = planned(scratch, poor, channels=("mail",))
    assert actions == []
    assert why_not(plan)["a", "mail"] == {"not_worth_its_cost"}


def test_every_action_says_its_rule_consent_and_rank_in_both_languages(scratch):
    (action,), plan = planned(scratch, customer("a", influence_value=2.34))
    reasons = reasons_of(plan)[action["strategy_action_id"]]
    assert [(row["rank"], row["reason_code"]) for row in reasons] == [
        (1, "regular_learns_programme"),
        (2, "consent_not_recorded"),
        (3, "worth_as_judged"),
        (4, "preferred_time"),
        (5, "well_connected"),
    ]
    assert reasons[0]["text_en"] == "Orders regularly, 20 orders so far"
    assert reasons[0]["value"] == 20.0
    assert reasons[3]["text_en"] == "Orders most often on Wednesdays and around 10:00"
    assert "星期三" in reasons[3]["text_zh"]
    assert reasons[4]["text_en"].startswith("If this customer acts, 2.3 others may follow")
    assert action["influence_value"] == 2.34
    assert_says_nothing_causal([r[t] for r in reasons for t in ("text_en", "text_zh")])


def test_followers_count_beside_the_customer(scratch):
    (alone,), _ = planned(scratch, customer("a"))
    (followed,), _ = planned(scratch, customer("a", influence_value=1.0))
    assert followed["score"] + 0.002 == pytest.approx(2 * (alone["score"] + 0.002))


# --- consent, caps, quiet hours -------------------------------------------------------------------


def test_without_consent_nobody_is_contacted_where_unknown_means_deny(scratch):
    granted = customer("b", consent_email=True)
    actions, plan = planned(scratch, customer("a"), granted, consent_when_unknown="deny")
    assert [(a["customer_id"], a["channel_id"]) for a in actions] == [("b", "email")]
    assert actions[0]["consent_basis"] == "granted"
    codes = plan.tables["action_reasons"]["reason_code"].to_pylist()
    assert "consent_granted" in codes
    assert "consent_not_recorded" not in codes


def test_a_refusal_holds_even_where_unknown_means_yes(scratch):
    for channel in ("email", "mail"):
        refusing = customer("a", **{f"consent_{channel}": False})
        actions, _ = planned(scratch, refusing, channels=(channel,))
        assert actions == []


def test_a_channel_the_profile_does_not_name_is_never_used(scratch):
    actions, _ = planned(scratch, customer("a", channel_preference="sms"), channels=("mail",))
    assert [a["channel_id"] for a in actions] == ["mail"]


@pytest.mark.parametrize(
    ("days_ago", "day"),
    [
        ((6, 6), 3),  # the preferred Wednesday is the 3rd, the other day tried the 4th
        ((4, 4), 4),  # of the 27th: the week up to the 3rd holds both, that up to the 4th none
        ((3, 3), None),
        ((4,), 3),
        ((6, 4), 3),
        ((), 3),
    ],
)
def test_caps_hold_in_every_seven_days(scratch, days_ago, day):
    touches = tuple(touch("a", n) for n in days_ago)
    actions, plan = planned(scratch, customer("a"), channels=("email",), contacts=touches)
    assert [a["scheduled_at"].day for a in actions] == ([day] if day else [])
    if not day:
        assert "cap_per_7_days" in why_not(plan)["a", "email"]


def test_a_planned_touch_nothing_was_heard_of_counts_like_a_sent_one(scratch):
    _, before = planned(scratch, customer("a", preferred_iso_weekday=6), channels=("mail",),
                        is_dry_run=False, as_of=AS_OF - dt.timedelta(days=3))  # fmt: skip
    assert before.tables["actions"]["scheduled_at"].to_pylist()[0].day == 29
    given = {"channels": ("mail",), "previous": before.tables["actions"]}
    actions, plan = planned(scratch, customer("a"), **given)
    assert actions == []
    assert why_not(plan)["a", "mail"] == {"cap_per_7_days"}


def test_touched_often_in_thirty_days_is_left_alone(scratch):
    actions, plan = planned(scratch, customer("a", contacts_30d=4))
    assert actions == []
    assert why_not(plan)["a", "email"] == {"contacted_often_lately"}


def test_who_has_an_action_ahead_is_left_alone_unless_it_was_a_dry_run(scratch):
    _, before = planned(scratch, customer("a"), is_dry_run=False)
    assert before.tables["actions"]["status"].to_pylist() == ["planned"]
    given = {"previous": before.tables["actions"]}
    actions, plan = planned(scratch, customer("a"), customer("b"), **given)
    assert [a["customer_id"] for a in actions] == ["b"]
    assert why_not(plan)["a", "email"] == {"planned_already"}
    _, dry = planned(scratch, customer("a"))
    actions, _ = planned(scratch, customer("a"), previous=dry.tables["actions"])
    assert len(actions) == 1


def test_who_is_held_out_is_not_contacted_for_that_objective(scratch):
    out = ({"customer_id": "a", "objective": "loyalty"},)
    actions, plan = planned(scratch, customer("a"), customer("b"), held_out=out)
    assert [a["customer_id"] for a in actions] == ["b"]
    assert why_not(plan)["a", "email"] == {"held_out"}


@pytest.mark.parametrize("said", [{"csat_last": 1}, {"csat_last": None, "avg_score": 1.5}])
def test_an_unhappy_customer_gets_no_promotion(scratch, said):
    actions, plan = planned(scratch, customer("a", rfm_segment="at_risk", **said))
    assert [a["content_id"] for a in actions] == ["service_check_in"]
    blocked = {r["blocked_by"] for r in plan.tables["candidates"].to_pylist()
               if r["content_type"] == "promotion"}  # fmt: skip
    assert blocked == {"unhappy_gets_no_promotion"}


@pytest.mark.parametrize(
    ("hour", "local_time"),
    [(7, dt.time(8)), (8, dt.time(8)), (20, dt.time(20)), (21, dt.time(20)), (23, dt.time(20)),
     (0, dt.time(8)), (None, dt.time(10))],
)  # fmt: skip
def test_quiet_hours_move_an_action_to_the_nearest_side(scratch, hour, local_time):
    (action,), _ = planned(scratch, customer("a", preferred_hour=hour), channels=("email",))
    assert action["scheduled_at"] == dt.datetime.combine(dt.date(2024, 7, 3), local_time)


def test_hours_are_local_and_moments_are_utc(scratch):
    (action,), _ = planned(scratch, customer("a"), time_zone="Asia/Shanghai")
    assert action["scheduled_at"] == dt.datetime.fromisoformat("2024-07-03 02:00")


# --- what past answers and measured gains say -----------------------------------------------------


def test_past_answers_move_the_expected_response(scratch):
    """(answered + 20 x the channel's rate) / (touches + 20), the rate drawn to the house's own."""
    answered = touch("a", 40, converted_at=dt.datetime.fromisoformat("2024-06-01"))
    touches = (answered, touch("a", 50), touch("b", 60), touch("b", 70))
    actions, _ = planned(
        scratch, customer("a"), customer("b"), channels=("email",), contacts=touches
    )
    overall = (1 + 20 * 0.05) / (4 + 20)
    rate = (1 + 20 * overall) / (4 + 20)
    expected = {"a": (1 + 20 * rate) / 22, "b": 20 * rate / 22}
    told = {a["customer_id"]: a["expected_response"] for a in actions}
    assert told == pytest.approx(expected, abs=1e-6)


def test_a_measured_gain_takes_the_place_of_lever_and_response(scratch):
    measured = (
        {"customer_id": "a", "channel": "email", "content_type": "education", "uplift": 0.2,
         "uplift_low": 0.1, "uplift_high": 0.3, "is_amount": False},
        {"customer_id": "a", "channel": None, "content_type": None, "uplift": -0.1,
         "is_amount": False},
    )  # fmt: skip
    (action,), plan = planned(scratch, customer("a"), uplift=measured)
    assert (action["content_type"], action["evidence"]) == ("education", "randomised")
    assert (action["expected_uplift"], action["expected_value"]) == (0.2, Decimal("20.00"))
    assert action["score"] == pytest.approx(0.2 * 100 - 0.002)
    assert (action["expected_value_low"], action["expected_value_high"]) == (10, 30)
    codes = [r["reason_code"] for r in reasons_of(plan)[action["strategy_action_id"]]]
    assert "worth_as_measured" in codes
    others = [r for r in plan.tables["candidates"].to_pylist() if r["channel_id"] == "mail"]
    assert {r["uplift"] for r in others} == {-0.1}


# --- limits of all --------------------------------------------------------------------------------


def test_a_full_day_keeps_the_most_valuable_and_says_so(scratch):
    rows = [customer(f"c{n}", monetary_value=Decimal(100 + n)) for n in range(6)]
    actions, plan = planned(scratch, *rows, actions_per_day=2, days_considered=1)
    assert [a["customer_id"] for a in actions] == ["c5", "c4"]
    assert [a["priority"] for a in actions] == [1, 2]
    assert "full_day" in why_not(plan)["c0", "email"]
    prices = {r["scope"]: r for r in plan.tables["shadow_prices"].to_pylist()}
    assert prices["2024-07-03"]["price"] > 1
    assert prices["2024-07-03"]["slack"] == prices["2024-07-01"]["price"] == 0


def test_a_budget_is_kept_to_the_cent(scratch):
    rows = [customer(f"c{n}", monetary_value=Decimal(100 + n), consent_email=False)
            for n in range(6)]  # fmt: skip
    actions, plan = planned(scratch, *rows, budget=Decimal("1.79"))
    assert [a["customer_id"] for a in actions] == ["c5", "c4"]
    (budget,) = [r for r in plan.tables["shadow_prices"].to_pylist()
                 if r["constraint_name"] == "budget"]  # fmt: skip
    assert (budget["at_most"], budget["used"]) == (1.79, 1.2)
    assert plan.tables["campaigns"]["budget"].to_pylist() == [Decimal("1.79")]


def test_a_channel_has_its_own_places(scratch):
    rows = [customer(f"c{n}") for n in range(6)]
    limits = {"channel_per_day": (("email", 1),), "days_considered": 1}
    actions, _ = planned(scratch, *rows, **limits)
    assert sorted(a["channel_id"] for a in actions) == ["email", *["mail"] * 5]


def test_fairness_gives_each_group_its_share(scratch):
    rich = [customer(f"r{n}", monetary_value=Decimal(500)) for n in range(8)]
    poor = [customer(f"p{n}", monetary_value=Decimal(50), top_category="TEA") for n in range(8)]
    few = {"actions_per_day": 4, "days_considered": 1}
    actions, _ = planned(scratch, *rich, *poor, **few)
    assert {a["customer_id"][0] for a in actions} == {"r"}
    fair, _ = planned(scratch, *rich, *poor, **few, fairness=(Fairness("top_category", 0.25),))
    assert sorted(a["customer_id"][0] for a in fair) == ["p", "p", "r", "r"]
    from crm_tasks.errors import RulesError

    with pytest.raises(RulesError, match="did you mean 'top_category'"):
        planned(scratch, *rich, fairness=(Fairness("top_categori"),))


# --- sums and sameness ----------------------------------------------------------------------------


def test_campaigns_sum_up_their_actions(scratch):
    rows = [customer("a"), customer("b"), customer("c", rfm_segment="cannot_lose")]
    _, plan = planned(scratch, *rows)
    told = {row["objective"]: row for row in plan.tables["campaigns"].to_pylist()}
    assert set(told) == {"loyalty", "retention"}
    assert (told["loyalty"]["n_actions"], told["loyalty"]["planned_cost"]) == (2, Decimal("0.004"))
    assert (told["loyalty"]["start_date"], told["loyalty"]["end_date"]) == (
        AS_OF, dt.date(2024, 7, 7),
    )  # fmt: skip


def test_usage_tells_what_was_planned_is_under_way_and_was_spent(scratch):
    earlier = AS_OF - dt.timedelta(days=4)  # a Thursday
    _, before = planned(scratch, customer("a", preferred_iso_weekday=5),
                        customer("b", preferred_iso_weekday=5), as_of=earlier,
                        is_dry_run=False, channels=("email",))  # fmt: skip
    old = {row["customer_id"]: row for row in before.tables["actions"].to_pylist()}
    sent = touch("a", 3, strategy_action_id=old["a"]["strategy_action_id"], cost=Decimal("0.0030"))
    _, plan = planned(scratch, customer("c"), channels=("email",), is_dry_run=False,
                      previous=before.tables["actions"], contacts=(sent,))  # fmt: skip
    usage = {(r["campaign_id"], r["day"]): r for r in plan.tables["budget_usage"].to_pylist()}
    told = [(r["planned"], r["committed"], r["actual"]) for _, r in sorted(usage.items())]
    assert [day for _, day in sorted(usage)] == [dt.date(2024, 6, 28), dt.date(2024, 7, 3)]
    assert told == [
        (Decimal("0.0040"), Decimal("0.0020"), Decimal("0.0030")),
        (Decimal("0.0020"), Decimal("0.0020"), Decimal("0.0000")),
    ]


def test_ids_and_keys_are_unique_and_change_with_the_date(scratch):
    people = [customer(f"c{i}") for i in range(20)]
    actions, _ = planned(scratch, *people)
    later, _ = planned(scratch, *people, as_of=dt.date(2024, 7, 2))
    ids = [a["strategy_action_id"] for a in [*actions, *later]]
    keys = [a["idempotency_key"] for a in [*actions, *later]]
    assert len(set(ids)) == len(set(keys)) == 40


def test_the_plan_does_not_depend_on_the_order_of_the_customers(scratch):
    rows = [customer(f"c{i:02}", preferred_iso_weekday=i % 7 + 1) for i in range(30)]
    given = {"actions_per_day": 20, "exploration_share": 0.2}
    _, straight = planned(scratch, *rows, **given)
    _, backward = planned(scratch, *rows[::-1], **given)
    assert straight.tables["actions"].num_rows > 20
    assert any(straight.tables["actions"]["is_exploration"].to_pylist())
    for name, rows_of in straight.tables.items():
        contract = find_table(f"strategy.{name}")
        again = check_rows(contract, backward.tables[name])
        assert check_rows(contract, rows_of).equals(again), name


def test_the_plan_does_not_depend_on_how_many_customers_lie_open_at_once(scratch, monkeypatch):
    rows = [customer(f"c{i:02}", rfm_segment="at_risk" if i % 3 else "loyal") for i in range(20)]
    given = {
        "actions_per_day": 9, "exploration_share": 0.2, "messages": (letter("m", "c03", 5),),
        "fairness": (Fairness("rfm_segment", 0.1), Fairness("class_care", at_most=0.5)),
        "budget": Decimal("4.00"),
    }  # fmt: skip
    _, whole = planned(scratch, *rows, **given)
    monkeypatch.setattr(candidates, "SLICE", 7)
    _, sliced = planned(scratch, *rows[::-1], **given)
    assert sliced.n_reachable == whole.n_reachable == 19
    for name, rows_of in whole.tables.items():
        contract = find_table(f"strategy.{name}")
        assert check_rows(contract, rows_of).equals(check_rows(contract, sliced.tables[name])), name


def test_long_tables_come_slice_by_slice_in_the_order_of_their_keys(scratch, monkeypatch):
    monkeypatch.setattr(candidates, "SLICE", 4)
    lent = scratch(**frames(*[customer(f"c{i:02}") for i in range(10)]))
    plan = plan_contacts(lent, params(), load_rules())
    assert set(plan.slices) == {"rules_fired", "candidates"}
    for name, slices in plan.slices.items():
        checked = list(check_slices(find_table(f"strategy.{name}"), slices))
        people = [rows["customer_id"].unique().to_pylist() for rows in checked]
        assert people == [[f"c{i:02}" for i in range(10)][at : at + 4] for at in (0, 4, 8)]


def test_the_policy_version_changes_with_parameters_but_not_with_the_date():
    rules = load_rules()
    version = policy_version(rules, params())
    assert version == policy_version(rules, params(as_of=AS_OF + dt.timedelta(days=1)))
    assert version != policy_version(rules, params(actions_per_day=51))
    assert version != policy_version(rules.model_copy(update={"version": 2}), params())

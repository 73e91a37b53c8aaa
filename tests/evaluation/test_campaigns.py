"""Campaigns become units with outcomes: counted by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.contracts.evaluation import EXPOSURES, STRATEGY_RESULTS
from crm_tasks.contracts.table import check_rows
from crm_tasks.evaluation import statements
from crm_tasks.evaluation.campaigns import collect_campaigns
from crm_tasks.evaluation.results import judge_campaigns, list_exposures
from crm_tasks.evaluation.tie_log import TieLog
from crm_tasks.evaluation.wording import ESTIMATORS, RUNNING, STRANGERS
from tests.wording import assert_says_nothing_causal

AS_OF = dt.date(2024, 7, 1)


def at(text):
    return dt.datetime.fromisoformat(text)


def table(schema, rows):
    columns = list(zip(*rows, strict=True)) or [[] for _ in schema]
    return pa.table({n: pa.array(v, t) for (n, t), v in zip(schema.items(), columns, strict=True)})


TEXT, DAY, MOMENT, NUMBER = pa.string(), pa.date32(), pa.timestamp("us"), pa.float64()
SCHEMAS = {
    "customers": {"customer_id": TEXT, "first_order_at": MOMENT},
    "campaigns": {
        "campaign_id": TEXT, "start_date": DAY, "end_date": DAY, "is_randomized": pa.bool_(),
    },
    "contacts": {"campaign_id": TEXT, "customer_id": TEXT},
    "assignments": {
        "campaign_id": TEXT, "customer_id": TEXT, "arm": TEXT, "cluster_id": TEXT,
        "saturation": NUMBER, "assignment_propensity": NUMBER,
    },
    "outcomes": {
        "campaign_id": TEXT, "customer_id": TEXT, "outcome_name": TEXT, "outcome_value": NUMBER,
    },
    "orders": {"customer_id": TEXT, "ordered_at": MOMENT, "net_amount": pa.decimal128(18, 2)},
    "surveys": {"customer_id": TEXT, "survey_at": MOMENT, "csat": pa.int8()},
    "communities": {"customer_id": TEXT, "community_id": TEXT},
}  # fmt: skip
EVERYBODY = [(one, at("2024-01-01 10:00")) for one in "abcdef"]
MAY = ("may", dt.date(2024, 5, 1), dt.date(2024, 5, 31), True)


def frames(**rows):
    given = {"customers": EVERYBODY, "campaigns": [MAY]} | rows
    return {name: table(schema, given.get(name, [])) for name, schema in SCHEMAS.items()}


def collected(lend, *, fed=True, **rows):
    return collect_campaigns(lend(**frames(**rows)), AS_OF, "UTC", has_orders=fed, has_surveys=fed)


def drawn(*arms, saturation=None, cluster=None):
    return [("may", who, arm, cluster, saturation, None) for who, arm in arms]


def money(text):
    from decimal import Decimal

    return Decimal(text)


def test_outcomes_are_of_the_campaigns_days_and_before_is_ninety_days(scratch):
    orders = [
        ("a", at("2024-05-01 00:00"), money("10.00")),
        ("a", at("2024-05-31 23:59"), money("5.00")),
        ("a", at("2024-06-01 00:00"), money("99.00")),  # after its last day
        ("b", at("2024-04-30 23:59"), money("7.00")),  # before
        ("b", at("2024-01-31 12:00"), money("99.00")),  # 90 days before begin on 2024-02-01
    ]
    surveys = [("a", at("2024-05-02 08:00"), 4), ("a", at("2024-05-03 08:00"), 5)]
    (may,) = collected(
        scratch, assignments=drawn(("a", "treatment"), ("b", "control")), orders=orders,
        surveys=surveys,
    )  # fmt: skip
    assert may.outcomes["value"].result.tolist() == [15.0, 0.0]
    assert may.outcomes["value"].before.tolist() == [0.0, 7.0]
    assert may.outcomes["loyalty"].result.tolist() == [2.0, 0.0]
    # Only b had ordered before, and left; a had nothing to leave.
    assert np.isnan(may.outcomes["churn_rate"].result[0])
    assert may.outcomes["churn_rate"].result[1] == 1.0
    assert may.outcomes["satisfaction"].result[0] == 4.5
    assert np.isnan(may.outcomes["satisfaction"].result[1])


def test_whoever_was_drawn_is_a_unit_contacted_or_not_unless_drawn_twice(scratch):
    assignments = drawn(("a", "treatment"), ("b", "control"), ("c", "control"), ("c", "treatment"))
    (may,) = collected(scratch, assignments=assignments, contacts=[("may", "b")])
    assert may.customer.tolist() == [0, 1]
    assert (may.evidence, may.baseline_arm, may.arms) == ("randomised", "control", ["treatment"])
    assert may.is_treated.tolist() == [True, False]


def test_a_draw_that_is_not_said_to_be_random_is_none(scratch):
    june = ("may", dt.date(2024, 5, 1), dt.date(2024, 5, 31), False)
    (may,) = collected(
        scratch, campaigns=[june], assignments=drawn(("a", "treatment"), ("b", "control")),
        contacts=[("may", "c")],
    )  # fmt: skip
    assert may.evidence == "observational"
    assert may.customer.tolist() == [0, 1, 2, 3, 4, 5]
    assert may.is_treated.tolist() == [False, False, True, False, False, False]


def test_outcomes_without_a_recorded_draw_make_units_of_a_random_campaign(scratch):
    outcomes = [("may", "a", "converted", 1.0), ("may", "d", "converted", 0.0)]
    (may,) = collected(scratch, outcomes=outcomes, contacts=[("may", "d")], fed=False)
    assert may.customer.tolist() == [0, 3]
    assert may.is_treated.tolist() == [False, True]
    assert list(may.outcomes) == ["converted"]
    assert may.outcomes["converted"].before is None


def test_what_a_source_declares_stands_before_what_orders_say(scratch):
    outcomes = [("may", "a", "value", 3.0), ("may", "a", "value", 5.0)]
    (may,) = collected(
        scratch, assignments=drawn(("a", "x"), ("b", "y")), outcomes=outcomes,
        orders=[("a", at("2024-05-05 10:00"), money("9.00"))],
    )  # fmt: skip
    assert may.outcomes["value"].result[0] == 4.0
    assert np.isnan(may.outcomes["value"].result[1])
    assert may.baseline_arm == "x"  # neither is called a control: the first by name


def test_a_campaign_of_tomorrow_has_no_units_and_one_that_runs_is_not_final(scratch):
    soon = ("soon", AS_OF, dt.date(2024, 8, 1), True)
    runs = ("runs", dt.date(2024, 6, 1), AS_OF, True)
    assigned = [(c, w, "control", None, None, None) for c in ("soon", "runs") for w in "ab"]
    found = collected(scratch, campaigns=[soon, runs], assignments=assigned)
    assert [(one.campaign_id, one.is_final) for one in found] == [("runs", False)]


@pytest.mark.parametrize(
    ("saturation", "propensity", "chance"),
    [(None, 0.3, [0.7, 0.3]), (0.4, None, [0.4, 0.4]), (None, None, [0.5, 0.5])],
)
def test_the_chance_to_be_treated_is_as_recorded_or_else_as_seen(
    scratch, saturation, propensity, chance
):
    assignments = [
        ("may", "a", "control", None, saturation, propensity),
        ("may", "b", "treatment", None, saturation, propensity),
    ]
    (may,) = collected(scratch, assignments=assignments)
    assert may.treated_chance == pytest.approx(chance)


def test_clusters_are_those_drawn_or_else_communities_or_else_alone(scratch):
    arms = (("a", "control"), ("b", "treatment"), ("c", "control"))
    communities = [("a", "one"), ("b", "one")]
    (own,) = collected(scratch, assignments=drawn(*arms, cluster="g"), communities=communities)
    (found,) = collected(scratch, assignments=drawn(*arms), communities=communities)
    assert own.cluster_id.tolist() == ["g", "g", "g"]
    assert len(set(own.cluster)) == 1
    assert found.cluster[0] == found.cluster[1] != found.cluster[2]


EDGES = {
    "src_id": TEXT, "dst_id": TEXT, "edge_type": TEXT, "strength": NUMBER,
    "first_evidence_at": MOMENT, "valid_to": MOMENT,
}  # fmt: skip


def ties(*rows):
    return TieLog.of(table(EDGES, rows), pa.array(list("abcdef")))


def test_only_ties_older_than_the_campaign_carry_it(scratch):
    log = ties(
        ("b", "a", "combined", 1.0, at("2024-04-30 10:00"), None),
        ("a", "c", "combined", 1.0, at("2024-05-02 10:00"), None),  # too young
        ("a", "d", "combined", 3.0, None, None),  # nobody knows since when
        ("a", "e", "combined", 1.0, None, at("2024-03-01 10:00")),  # ended
        ("a", "f", "purchase_similarity", 1.0, None, None),  # another layer
    )
    assert log.layer == "combined"
    arms = (("a", "control"), ("b", "treatment"), ("c", "treatment"), ("d", "control"))
    found = collected(scratch, assignments=drawn(*arms))
    ids = pa.array(list("abcdef"))
    rows = check_rows(EXPOSURES, list_exposures(found, log, ids, AS_OF)).to_pylist()
    assert [row["neighbor_treated_share"] for row in rows] == [0.25, 0.0, 0.0, 0.0]
    assert [row["neighbor_possible_share"] for row in rows] == [1.0, 1.0, 0.0, 1.0]
    assert [row["exposure_class"] for row in rows] == [
        "control_exposed", "treated_alone", "treated_alone", "control_alone",
    ]  # fmt: skip


def test_without_ties_there_is_no_layer():
    assert ties().layer is None
    assert ties(("a", "b", "purchase_similarity", 1.0, None, None)).layer == "purchase_similarity"


def people(n):
    return [f"p{number:03}" for number in range(n)]


def judged(lend, campaign, arms, results):
    names = people(len(arms))
    assigned = [("may", who, arm, None, None, None) for who, arm in zip(names, arms, strict=True)]
    outcomes = [("may", who, "score", one) for who, one in zip(names, results, strict=True)]
    found = collected(
        lend, fed=False, campaigns=[campaign], assignments=assigned, outcomes=outcomes,
        customers=[(who, at("2024-01-01 10:00")) for who in names],
    )  # fmt: skip
    log = TieLog.of(table(EDGES, []), pa.array(names))
    return check_rows(STRATEGY_RESULTS, judge_campaigns(found, log, AS_OF)).to_pylist()


def test_every_arm_is_compared_with_the_baseline(scratch):
    rng = np.random.default_rng(1)
    arms = ["control", "a", "b"] * 40
    results = rng.normal(size=120) + np.tile([0.0, 1.0, 2.0], 40)
    rows = judged(scratch, MAY, arms, results)
    assert [(row["arm"], row["estimand"], row["estimator"]) for row in rows] == [
        ("a", "direct", "exposure_regression"), ("b", "direct", "exposure_regression"),
    ]  # fmt: skip
    for row, place in zip(rows, (1, 2), strict=True):
        gap = results[place::3].mean() - results[0::3].mean()
        assert row["effect"] == pytest.approx(gap, abs=1e-6)
        assert row["mean_baseline"] == pytest.approx(results[0::3].mean(), abs=1e-6)
        assert (row["n_units"], row["label"]) == (80, STRANGERS[0])


def test_a_running_campaigns_interval_is_wider_and_says_so(scratch):
    arms = ["control", "treatment"] * 50
    results = np.random.default_rng(2).normal(size=100)
    (over,) = judged(scratch, MAY, arms, results)
    (runs,) = judged(scratch, (*MAY[:2], AS_OF, True), arms, results)
    assert runs["ci_low"] < over["ci_low"] < over["ci_high"] < runs["ci_high"]
    assert runs["effect"] == over["effect"]
    assert (over["interval_kind"], runs["interval_kind"]) == ("fixed", "always_valid")
    assert runs["label"] == STRANGERS[0] + RUNNING[0]


def test_where_targets_were_chosen_alike_customers_are_compared_and_nothing_causal_is_said(scratch):
    """Heavy buyers were chosen; given what they bought before, contact changes nothing."""
    rng = np.random.default_rng(3)
    names, heavy = people(400), np.arange(400) % 2 == 0
    orders = [
        (who, at(day), money(f"{amount:.2f}"))
        for who, is_heavy in zip(names, heavy, strict=True)
        for day, amount in (
            ("2024-04-10 10:00", 100.0 if is_heavy else 10.0),
            ("2024-05-10 10:00", (90.0 if is_heavy else 9.0) + rng.uniform(0, 4)),
        )
    ]
    contacts = [
        ("may", who) for who, h in zip(names, heavy, strict=True) if h or rng.random() < 0.3
    ]
    chosen = (*MAY[:3], False)
    found = collected(
        scratch, campaigns=[chosen], orders=orders, contacts=contacts,
        customers=[(who, at("2024-01-01 10:00")) for who in names],
    )  # fmt: skip
    log = TieLog.of(table(EDGES, []), pa.array(names))
    rows = check_rows(STRATEGY_RESULTS, judge_campaigns(found, log, AS_OF)).to_pylist()
    value = {row["outcome"]: row for row in rows}["value"]
    assert (value["estimand"], value["evidence"]) == ("association", "observational")
    assert value["ci_low"] < 0 < value["ci_high"]
    assert abs(value["effect"]) < 1.0  # 81 before adjusting
    assert_says_nothing_causal([value["label"], value["label_zh"], value["estimator"]])


def test_the_words_for_observations_claim_nothing():
    assert_says_nothing_causal(ESTIMATORS["adjusted_association"])


def test_no_statement_is_left_unread():
    named = {name for name in vars(statements) if name.isupper()}
    assert named == {"WINDOWS", "UNITS", "DECLARED", "ORDERED", "ANSWERED", "MEASURED"}

"""Uplift learned from campaigns as a run has them, and the policies valued with it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.contracts.evaluation import POLICY_VALUES, UPLIFT_CURVES, UPLIFT_FORECASTS
from crm_tasks.contracts.ml import MODEL_COMPARISONS
from crm_tasks.contracts.ml_uplift import UPLIFT
from crm_tasks.contracts.table import check_rows
from crm_tasks.evaluation.campaigns import Campaign, Outcome
from crm_tasks.evaluation.customer_features import customer_features
from crm_tasks.evaluation.learning import learn_uplift, teaching
from crm_tasks.evaluation.policies import value_policies
from crm_tasks.evaluation.tie_log import TieLog
from crm_tasks.ml.uplift import ANY

AS_OF = dt.date(2024, 7, 1)
START = (dt.date(2024, 4, 1) - dt.date(1970, 1, 1)).days
N = 1_200
IDS = pa.array([f"c{number:04}" for number in range(N)])
NOBODY = TieLog(None, N, *(np.empty(0, dtype=np.int64),) * 2, *(np.empty(0),) * 2)
ITEMS = {
    "customer_id": pa.string(), "order_id": pa.string(), "ordered_at": pa.timestamp("us"),
    "category": pa.string(), "net_amount": pa.decimal128(18, 2),
    "discount_amount": pa.decimal128(18, 2),
}  # fmt: skip


def is_reader():
    return np.arange(N) % 2 == 0


def items():
    """Return one order each: books for readers, bread for others, before the campaign; and noise.

    After the campaign began everybody bought what tells the opposite.
    """
    from decimal import Decimal

    rows = []
    for number, reads in enumerate(is_reader()):
        word, other = ("books", "bread") if reads else ("bread", "books")
        who = IDS[number].as_py()
        rows.append(
            (
                who,
                f"o{number}",
                dt.datetime.fromisoformat("2024-02-01"),
                word,
                Decimal("9.00"),
                Decimal(1),
            )
        )
        for more in range(3):
            late = dt.datetime.fromisoformat(f"2024-04-0{2 + more}")
            rows.append((who, f"p{number}{more}", late, other, Decimal("99.00"), Decimal(0)))
    columns = zip(*rows, strict=True)
    return pa.table({n: pa.array(v, t) for (n, t), v in zip(ITEMS.items(), columns, strict=True)})


def campaign(name="spring", *, seed=1, evidence="randomised", is_final=True, customers=N):
    """Return a campaign that moves readers only: .2 -> .6, others .2."""
    rng = np.random.default_rng(seed)
    customer = np.arange(customers)
    treated = rng.random(customers) < 0.5
    rate = 0.2 + 0.4 * treated * is_reader()[:customers]
    converted = (rng.random(customers) < rate).astype(float)
    nan = np.full(customers, np.nan)
    return Campaign(
        name, evidence, is_final, float(START), customer,
        np.where(treated, "treatment", "control").astype(object),
        np.full(customers, None, dtype=object), customer, nan, np.full(customers, 0.5),
        {"converted": Outcome(converted, None)}, np.zeros((customers, 3)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    from crm_tasks.warehouse.home import Home
    from crm_tasks.warehouse.scratch import scratch

    taught = [campaign("spring", seed=1), campaign("summer", seed=2)]
    described = {"spring": ("email", "promotion"), "summer": ("sms", "education")}
    with scratch(Home(tmp_path_factory.mktemp("learned")), "1GB", {"items": items()}) as lent:
        tables = learn_uplift(lent, taught, NOBODY, IDS, described, AS_OF)
    return taught, tables


def rows_of(learned, contract):
    return check_rows(contract, learned[1][contract.full_name]).to_pylist()


def test_readers_gain_and_others_do_not_by_models_that_never_saw_them(learned):
    rows = rows_of(learned, UPLIFT_FORECASTS)
    assert len(rows) == 2 * N
    reads = dict(zip(IDS.to_pylist(), is_reader(), strict=True))
    cate = {kind: np.mean([r["cate"] for r in rows if reads[r["customer_id"]] == kind])
            for kind in (True, False)}  # fmt: skip
    assert cate[True] == pytest.approx(0.4, abs=0.08)
    assert cate[False] == pytest.approx(0.0, abs=0.08)


def test_the_curve_beats_treating_at_random_and_the_constant_does_not(learned):
    rows = [row for row in rows_of(learned, UPLIFT_CURVES) if row["campaign_id"] == "all"]
    low = {row["learner"]: row["ci_low"] for row in rows}
    assert low["t_learner"] > 0
    assert low["x_learner"] > 0
    assert low["constant"] < 0.01
    chosen = {row["learner"] for row in rows if row["is_chosen"]}
    assert len(chosen) == 1
    assert chosen <= {"t_learner", "x_learner"}
    verdicts = {row["candidate"]: row for row in rows_of(learned, MODEL_COMPARISONS)}
    assert verdicts["t_learner"]["verdict"] == "better"
    assert {name for name, row in verdicts.items() if row["is_champion"]} == chosen


def test_every_customer_is_scored_for_every_action_as_of_today(learned):
    """Today readers have bought more bread than books: features are those of the as-of date."""
    rows = rows_of(learned, UPLIFT)
    assert len(rows) == 3 * N
    assert {row["action_id"] for row in rows} == {"spring", "summer", ANY}
    assert {(row["channel"], row["content_type"]) for row in rows if row["action_id"] == "spring"} \
        == {("email", "promotion")}  # fmt: skip
    for row in rows[:50]:
        assert row["ci_low"] <= row["cate"] <= row["ci_high"]


def test_features_are_of_before_the_moment(scratch):
    lend = scratch(items=items())
    moments = pa.array([START * 86_400_000_000], pa.timestamp("us"))
    lend.register("cuts", pa.table({"cut_id": [0], "cut_at": moments}))
    asked = pa.table({"place": range(4), "cut_id": [0] * 4, "customer_id": IDS[:4]})
    lend.register("asked", asked)
    four, cut = np.arange(4), np.zeros(4, dtype=np.int64)
    found = customer_features(lend, four, cut, np.array([float(START)]), NOBODY)
    has_bought, orders, spent, discount, first, last, *tastes = found.T
    assert has_bought.tolist() == [1.0] * 4
    assert orders == pytest.approx(np.log1p(np.ones(4)))
    assert spent == pytest.approx(np.full(4, np.log1p(9.0)))
    assert discount == pytest.approx(np.full(4, 0.1))
    assert first.tolist() == last.tolist()
    assert sorted(column.tolist() for column in tastes[:2]) == [[0, 1, 0, 1], [1, 0, 1, 0]]


def test_running_chosen_or_small_campaigns_teach_nothing():
    none = [
        campaign(is_final=False), campaign(evidence="observational"), campaign(customers=60),
    ]  # fmt: skip
    assert teaching(none) == ("converted", [])
    assert [one.campaign_id for one in teaching([*none, campaign("k")])[1]] == ["k"]


def valued(learned):
    taught, tables = learned
    plan = IDS.filter(pa.array(is_reader()))
    actions = pa.table({"customer_id": plan, "policy_version": ["rules-1"] * len(plan)})
    forecasts = tables["evaluation.uplift_forecasts"]
    rows = check_rows(POLICY_VALUES, value_policies(taught, forecasts, actions, IDS, AS_OF))
    return {(r["campaign_id"], r["policy_version"], r["estimator"]): r for r in rows.to_pylist()}


def test_the_logging_policys_value_is_the_observed_mean_within_its_interval(learned):
    rows = [row for key, row in valued(learned).items() if key[1] == "logging"]
    assert len(rows) == 6
    for row in rows:
        assert row["ci_low"] <= row["observed_mean"] <= row["ci_high"]


def test_the_plan_is_valued_before_it_is_sent(learned):
    """Readers only: .6 for half of all and .2 for the others; treating all brings no more."""
    rows = valued(learned)
    for name in ("spring", "summer"):
        plan, everybody, none, best, half = (
            rows[name, policy, "dr"]
            for policy in ("plan:rules-1", "treat_all", "treat_none", "uplift_half", "random_half")
        )
        for row, truth in ((plan, 0.4), (none, 0.2)):
            error = (row["ci_high"] - row["ci_low"]) / 3.92
            assert abs(row["value"] - truth) < 3.5 * error
        assert everybody["value"] == pytest.approx(plan["value"], abs=0.06)
        assert best["value"] > half["value"] + 0.05
        assert plan["share_treated"] == 0.5

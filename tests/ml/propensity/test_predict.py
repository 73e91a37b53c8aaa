"""A planted reason to leave is found, judged out of time, told in words that add up."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from scipy.special import expit

from crm_tasks.contracts import check_rows
from crm_tasks.ml.artifacts import Artifact
from crm_tasks.ml.judgement import Calibrator
from crm_tasks.ml.propensity import contributions as parts
from crm_tasks.ml.propensity.candidates import NAIVE, Learned, RecencyTable, learn, model_of
from crm_tasks.ml.propensity.drivers import driver_rows
from crm_tasks.ml.propensity.evidence import evidence
from crm_tasks.ml.propensity.facts import EVERYBODY
from crm_tasks.ml.propensity.learning import learn_target
from crm_tasks.ml.propensity.params import Target
from crm_tasks.ml.propensity.predict import WRITTEN, Day, predict
from crm_tasks.ml.propensity.season import seasonal_of
from crm_tasks.ml.propensity.standing import CARRIED, Standing, champion_of, rows_of, why_train
from tests.ml.propensity.small import AS_OF, complaining_world, frames, order, world

CHURN = Target("churn", 30, 60)


def rows(predicted, name, **where):
    found = predicted.rows(name)
    for column, value in where.items():
        found = found.filter(pc.equal(found.column(column), value))
    return found


@pytest.fixture(scope="module")
def panel(day):
    origins = [AS_OF - dt.timedelta(days=back) for back in (120, 90, 60)]
    return day.panels.of(CHURN, origins)


def test_every_table_keeps_its_contract(predicted):
    for name, table in WRITTEN.items():
        assert check_rows(table, predicted.rows(name)).num_rows > 0, name


def test_the_planted_reason_is_found_and_named_an_association(predicted):
    (late,) = rows(predicted, "ml.drivers", target="churn:30d", feature="late_share").to_pylist()
    assert late["direction"] == "raises"
    assert late["ci_low"] > 1
    assert (late["is_causal"], late["label"]) == (False, "association")


def test_churn_is_answered_by_a_model_that_beat_the_table_out_of_time(predicted):
    judged = rows(predicted, "ml.model_comparisons", target="churn:30d", metric="log_loss")
    (champion,) = judged.filter(judged.column("is_champion")).to_pylist()
    assert (champion["verdict"], champion["baseline"]) == ("better", NAIVE)
    assert champion["ci_low"] > 0
    models = rows(predicted, "ml.models", target="churn:30d").to_pylist()
    (answering,) = [row for row in models if row["status"] == "champion"]
    assert answering["family"] == champion["candidate"]
    assert answering["train_to"] == AS_OF - dt.timedelta(days=30)
    for row in models:
        if row["status"] == "challenger":  # as judged: every answer known before the test
            assert row["train_to"] + dt.timedelta(days=31) <= AS_OF - dt.timedelta(days=30)
    assert "late_share" in json.loads(answering["features"])
    given = rows(predicted, "ml.predictions", target="churn")
    assert set(given.column("model_version").to_pylist()) == {answering["model_version"]}


def test_every_reason_adds_up_to_the_log_odds(predicted):
    summed = (
        predicted.rows("ml.prediction_reasons")
        .group_by("prediction_id")
        .aggregate([("contribution", "sum")])
        .to_pandas()
        .set_index("prediction_id")["contribution_sum"]
    )
    given = predicted.rows("ml.predictions").to_pandas().set_index("prediction_id")
    assert len(summed) == len(given) > 300
    assert (summed - given["log_odds"]).abs().max() < 1e-6
    assert np.abs(expit(given["log_odds"]) - given["probability"]).max() < 1e-6


def test_reasons_are_words_in_both_languages(predicted):
    found = predicted.rows("ml.prediction_reasons").to_pandas()
    texts = set(found["text_en"]) | set(found["text_zh"])
    assert not [text for text in texts if "{" in text or "nan" in text]
    late = found[(found["feature"] == "late_share") & (found["feature_value"] > 0.5)]
    late = late[late["prediction_id"].str.contains("churn") & (late["contribution"] > 0)]
    assert (
        late["text_en"].str.fullmatch(r"\d+ % of deliveries late: raises the risk of leaving").all()
    )
    assert late["text_zh"].str.fullmatch(r"\d+ % 的订单晚到.流失风险上升").all()
    assert len(late) > 0


def test_who_complains_is_told_to_be_at_risk_for_it(facts_of, params):
    """Planted: complaints drive customers away; the reasons say so in both languages."""
    chosen = replace(params, targets=(CHURN,), reasons_for=("churn:30d",))
    found = predict(Day(facts_of(complaining_world()), AS_OF, "code", chosen), {})
    drivers = {row["feature"]: row for row in found.rows("ml.drivers").to_pylist()}
    assert drivers["complaints_per_90d"]["direction"] == "raises"
    voiced = ["n_complaints", "n_complaints_90d", "complaints_per_90d", "n_open_issues",
              "sentiment_90d"]  # fmt: skip
    reasons = found.rows("ml.prediction_reasons").to_pandas()
    raising = reasons[reasons["feature"].isin(voiced) & (reasons["contribution"] > 0)]
    complained = reasons[reasons["feature"] == "n_complaints_90d"]
    complained = complained[complained["feature_value"] > 0]
    at_risk = set(raising["prediction_id"])
    assert len(complained) > 20
    assert np.mean([one in at_risk for one in complained["prediction_id"]]) > 0.9
    spoken = complained[complained["contribution"] > 0]
    assert len(spoken) > 20
    said = r"(1 complaint|\d complaints) in 90 days: raises the risk of leaving"
    assert spoken["text_en"].str.fullmatch(said).all()
    assert spoken["text_zh"].str.fullmatch(r"近 90 天投诉 \d 次.流失风险上升").all()


@pytest.mark.parametrize("family", ["boosted", "logistic"])
@pytest.mark.parametrize("kind", ["sigmoid", "isotonic"])
def test_contributions_are_exact_for_every_kind_of_model(panel, params, family, kind):
    made = learn(family, panel, params)
    calibrator = Calibrator._fit(kind, panel.labels, made.raw(panel.matrix))
    made = Learned(family, made.features, made.estimator, calibrator, made.scaling)
    holes = panel.matrix[:50].copy()
    holes[::3, ::2] = np.nan
    for matrix in (panel.matrix, holes):
        found = parts.contributions(made, matrix)
        gap = found.start + found.parts.sum(axis=1) - made.log_odds(matrix)
        assert np.abs(gap).max() < 1e-9


def test_a_model_comes_back_from_its_artifact_with_the_same_answers(panel, params):
    for made in (learn("boosted", panel, params), learn("logistic", panel, params),
                 RecencyTable.fit(panel)):  # fmt: skip
        again = model_of(Artifact.from_bytes(made.artifact().to_bytes(), made.artifact().digest))
        assert (
            again.probabilities(panel.matrix).tolist() == made.probabilities(panel.matrix).tolist()
        )


def test_the_naive_table_is_the_share_by_recency(panel):
    made = RecencyTable.fit(panel)
    recency = panel.matrix[:, 0]
    lowest = recency <= made.edges[0]
    expected = (panel.labels[lowest].sum() + 1) / (lowest.sum() + 2)
    assert made.probabilities(panel.matrix[lowest][:1])[0] == pytest.approx(expected)


def test_the_same_day_twice_gives_the_same_rows(day, predicted):
    again = predict(day, {})
    for name in WRITTEN:
        assert again.rows(name).equals(predicted.rows(name)), name
    digests = {version: artifact.digest for version, artifact in predicted.artifacts.items()}
    assert {v: a.digest for v, a in again.artifacts.items()} == digests


def standing(predicted, target, as_of):
    tables = {name: predicted.rows(name) for name in CARRIED}
    row = champion_of(target, tables["ml.models"])
    artifact = predicted.artifacts[row["model_version"]]
    return Standing(
        row["model_version"], seasonal_of(artifact), artifact.told["reference"],
        row["trained_as_of"], rows_of(target, tables, as_of),
    )  # fmt: skip


def test_the_next_day_answers_with_the_model_in_force(facts_of, predicted, params):
    tomorrow = AS_OF + dt.timedelta(days=1)
    former = {t.name: standing(predicted, t, tomorrow) for t in params.targets}
    next_day = Day(facts_of(world()), tomorrow, "code", params)
    found = predict(next_day, former)
    assert found.artifacts == {}
    versions = set(predicted.rows("ml.models").column("model_version").to_pylist())
    assert set(found.rows("ml.models").column("model_version").to_pylist()) == versions
    for name in WRITTEN:
        assert set(found.rows(name).column("as_of_date").to_pylist()) == {tomorrow}, name
        check_rows(WRITTEN[name], found.rows(name))
    assert [row["trained"] for row in found.monitoring] == [None, None]
    assert all(row["psi"] < 0.25 for row in found.monitoring)


def test_a_month_later_it_is_challenged_by_a_new_one(facts_of, params):
    """The former model is asked about the same test, and its row says who is better."""
    as_of = AS_OF
    earlier = AS_OF - dt.timedelta(days=30)
    facts = facts_of(world())
    first = predict(Day(facts, earlier, "code", params), {})
    former = standing(first, CHURN, as_of)
    found = predict(Day(facts, as_of, "code", params), {"churn:30d": former})
    told = rows(found, "ml.model_comparisons", baseline="former_champion").to_pylist()
    assert [row["target"] for row in told] == ["churn:30d"]
    (watched,) = [row for row in found.monitoring if row["target"] == "churn:30d"]
    assert watched["trained"] == "judged 30 days ago, due after 30"


def test_recent_answers_are_watched_once_they_came_after_training(facts_of, params):
    earlier = AS_OF - dt.timedelta(days=10)
    facts = facts_of(world())
    buy = params.targets[1]
    first = predict(Day(facts, earlier, "code", params), {})
    former = standing(first, buy, AS_OF)
    found = predict(Day(facts, AS_OF, "code", params), {buy.name: former})
    (watched,) = [row for row in found.monitoring if row["target"] == buy.name]
    assert watched["trained"] is None
    assert watched["n_recent"] > 100
    assert watched["auc_recent"] > 0.5
    assert watched["ece"] < 0.2


def test_drift_of_what_is_read_calls_for_a_new_model(predicted, params):
    kept = standing(predicted, CHURN, AS_OF)
    calm = {"psi": 0.1, "psi_feature": "n_orders"}
    wild = {"psi": 0.9, "psi_feature": "n_orders"}
    assert why_train(CHURN, kept, AS_OF + dt.timedelta(days=3), calm, params) is None
    assert "drift of n_orders" in why_train(CHURN, kept, AS_OF + dt.timedelta(days=3), wild, params)
    assert "judged 30 days ago" in why_train(
        CHURN, kept, AS_OF + dt.timedelta(days=30), calm, params
    )
    assert why_train(CHURN, None, AS_OF, None, params) == "first model"


def test_too_little_data_is_answered_naively_with_the_reason(facts_of, params):
    given = world(40)
    found = predict(Day(facts_of(given), AS_OF, "code", params), {})
    told = found.rows("ml.model_comparisons").to_pylist()
    assert {row["verdict"] for row in told} == {"not_judged"}
    assert all("cases" in row["reason"] for row in told)
    models = found.rows("ml.models").to_pylist()
    assert {row["family"] for row in models} == {NAIVE}
    assert found.rows("ml.predictions").num_rows > 0


def test_without_any_order_nothing_is_said(facts_of, params):
    found = predict(Day(facts_of(frames(customers=[{"customer_id": "a"}])), AS_OF, "c", params), {})
    assert found.rows("ml.predictions").num_rows == 0
    assert set(found.rows("ml.model_comparisons").column("verdict").to_pylist()) == {"not_judged"}


def test_erased_customers_are_not_spoken_of(facts_of, params):
    given = world(40)
    flags = pa.array([number == 0 for number in range(40)])
    given["customers"] = given["customers"].set_column(1, "is_erased", flags)
    found = predict(Day(facts_of(given), AS_OF, "code", params), {})
    assert "c0000" not in found.rows("ml.predictions").column("customer_id").to_pylist()
    assert found.rows("ml.predictions").num_rows > 0


def test_drivers_need_answers_of_both_kinds(facts_of, params):
    few = frames(
        customers=[{"customer_id": "a"}], orders=[order("a", AS_OF - dt.timedelta(days=50))]
    )
    day = Day(facts_of(few), AS_OF, "c", params)
    panel = day.panels.of(CHURN, [AS_OF - dt.timedelta(days=30)])
    assert driver_rows(CHURN, panel, evidence(day.facts, panel, EVERYBODY), AS_OF, params) == []
    outcome = learn_target(CHURN, day.panels, day.first_day, day.about, params)
    assert outcome.judgements[0].champion == NAIVE

"""Learned in one period, judged by the next, against common neighbours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from crm_tasks.contracts import check_rows
from crm_tasks.contracts.graph_links import LINK_PREDICTION_JUDGEMENTS
from crm_tasks.graph.links.judgement import judge_layer, judgement_rows, roc_areas
from crm_tasks.graph.links.model import LinkModel
from crm_tasks.graph.links.periods import HARDNESSES, Period, label
from crm_tasks.graph.links.scores import Neighbourhood
from tests.graph.links.small import DAY, PARAMS, circles, layer


@pytest.fixture(scope="module")
def judged():
    return judge_layer("trust", *circles(1), PARAMS, DAY)


def rows_of(verdict) -> dict[tuple[str, str], dict]:
    return {(row["hardness"], row["score"]): row for row in judgement_rows([verdict]).to_pylist()}


def test_ties_that_close_circles_are_foreseen(judged):
    rows = rows_of(judged)
    assert len(rows) == 2 * 8
    assert rows["two_hops", "model"]["auc"] > 0.75
    assert rows["random", "model"]["auc"] > rows["two_hops", "model"]["auc"]
    assert rows["two_hops", "common_neighbours"]["verdict"] == "baseline"
    check_rows(LINK_PREDICTION_JUDGEMENTS, judgement_rows([judged]))


def test_an_interval_holds_its_figure_and_gives_the_verdict(judged):
    for row in rows_of(judged).values():
        assert row["auc_ci_low"] < row["auc"] < row["auc_ci_high"]
        if row["verdict"] == "better":
            assert row["lead_ci_low"] > 0
        if row["verdict"] == "not_better_than_baseline":
            assert row["lead_ci_low"] <= 0 <= row["lead_ci_high"]


def test_probabilities_are_about_as_large_as_what_came(judged):
    row = rows_of(judged)["two_hops", "model"]
    assert row["calibration_error"] < 0.05
    assert row["mean_probability"] == pytest.approx(row["share_of_new_ties"], abs=0.05)
    assert 0 < row["share_in_reach"] <= 1


def test_ties_between_anybody_are_foreseen_by_nobody():
    rows = rows_of(judge_layer("trust", *circles(2, closing=0.0), PARAMS, DAY))
    row = rows["two_hops", "model"]
    assert row["auc"] == pytest.approx(0.5, abs=0.08)
    assert row["verdict"] != "better"


def test_few_new_ties_are_not_judged_and_say_so():
    found = judge_layer("trust", *circles(1), replace(PARAMS, new_ties_at_least=10**6), DAY)
    (row,) = judgement_rows([found]).to_pylist()
    assert found.model is None
    assert row["verdict"] == "not_judged"
    assert "fewer than 1000000 new ties" in row["reason"]
    assert row["auc"] is None


def test_new_ties_are_those_of_tied_customers_only():
    before = layer(5, np.array([[0, 1], [1, 2]]))
    after = layer(5, np.array([[0, 1], [0, 2], [2, 3], [3, 4]]))
    new = Period(DAY, DAY, before, after).new_ties()
    assert list(zip(new.first.tolist(), new.second.tolist(), strict=True)) == [(0, 2), (2, 0)]


@pytest.mark.parametrize("hardness", HARDNESSES)
def test_pairs_are_not_tied_yet_and_their_answer_is_that_of_the_next_period(hardness):
    _, period = circles(3)
    found = label(period, Neighbourhood(period.before, PARAMS), hardness, PARAMS)
    tied = pairs_of(period.before)
    later = pairs_of(period.after)
    pairs = list(zip(found.pairs.first.tolist(), found.pairs.second.tolist(), strict=True))
    assert len(pairs) == len(set(pairs))
    assert not tied & set(pairs)
    assert found.is_new_tie.tolist() == [pair in later for pair in pairs]
    assert found.is_new_tie.any()


def pairs_of(network) -> set[tuple[int, int]]:
    ends = zip(network.sources.tolist(), network.targets.tolist(), strict=True)
    return {pair for a, b in ends for pair in ((a, b), (b, a))}


def test_the_area_is_that_of_scikit_learn_also_when_customers_are_resampled():
    _, period = circles(4)
    around = Neighbourhood(period.before, PARAMS)
    found = label(period, around, "two_hops", PARAMS)
    score = around.scores(found.pairs)[:, 1]
    drawn = np.random.default_rng(1).integers(0, 3, period.before.n_nodes).astype(float)
    times = np.vstack([np.ones(period.before.n_nodes), drawn])
    plain, resampled = roc_areas(score, found, times)
    weight = drawn[found.pairs.first] * drawn[found.pairs.second]
    assert plain == pytest.approx(roc_auc_score(found.is_new_tie, score), abs=1e-12)
    expected = roc_auc_score(found.is_new_tie, score, sample_weight=weight)
    assert resampled == pytest.approx(expected, abs=1e-12)


def test_the_model_finds_what_it_was_drawn_from():
    random = np.random.default_rng(5)
    scores = random.gamma(1.0, 2.0, (20_000, 7))
    logit = -1.0 + 1.5 * np.log1p(scores[:, 0])
    drawn = random.random(len(scores)) < 1 / (1 + np.exp(-logit))
    model = LinkModel.fit(scores, drawn)
    raw = model.weights / model.scale
    assert raw[0] == pytest.approx(1.5, abs=0.1)
    assert np.abs(raw[1:6]).max() < 0.1
    assert model.probabilities(scores).mean() == pytest.approx(drawn.mean(), abs=1e-3)


def test_two_judgements_of_the_same_periods_are_the_same(judged):
    again = judge_layer("trust", *circles(1), PARAMS, DAY)
    assert isinstance(judgement_rows([again]), pa.Table)
    assert judgement_rows([again]).equals(judgement_rows([judged]))

"""A model of texts answers only if it beats the naive one and what answers now."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from crm_tasks.ml.judgement import JudgementParams
from crm_tasks.ml.texts import MacroF1, judge_texts, refused

PARAMS = JudgementParams(resamples=200)


def told(n, accuracy, seed):
    rng = np.random.default_rng(seed)
    truth = np.where(np.arange(n) % 10 < 6, "a", "b").astype(object)
    wrong = np.where(truth == "a", "b", "a").astype(object)
    return truth, np.where(rng.random(n) < accuracy, truth, wrong)


def judged(own, before=None, n=400, is_new=None):
    truth, said = told(n, own, 1)
    answers = {"most_frequent": np.full(n, "a", dtype=object), "own_labels": said}
    if before is not None:
        answers["in_force"] = told(n, before, 2)[1]
    flags = np.ones(n, bool) if is_new is None else is_new
    return judge_texts(truth, answers, np.full(n, 0.8), np.ones(n, bool), flags, PARAMS)


def test_better_than_both_comes_into_force():
    found = judged(0.95, before=0.8)
    assert found.is_better
    rows = {(r["candidate"], r["baseline"], r["metric"]): r for r in found.rows}
    assert len(rows) == len(found.rows) == 6
    assert rows["own_labels", "in_force", "accuracy"]["verdict"] == "better"
    assert rows["in_force", "most_frequent", "accuracy"]["verdict"] == "better"
    assert found.figures["accuracy"].low < found.figures["accuracy"].value


@pytest.mark.parametrize(("own", "before"), [(0.6, None), (0.85, 0.85), (0.8, 0.95)])
def test_what_is_not_shown_to_be_better_does_not(own, before):
    found = judged(own, before)
    assert not found.is_better
    assert not any(row["is_champion"] for row in found.rows)


def test_a_model_that_has_learnt_the_texts_cannot_be_compared():
    found = judged(0.95, before=0.7, is_new=np.arange(400) < 50)
    assert not found.is_better
    (row,) = [row for row in found.rows if row["baseline"] == "in_force"]
    assert row["verdict"] == "not_judged"
    assert "learnt from all but 50" in row["reason"]


def test_labels_the_model_in_force_does_not_know_are_judged_by_the_naive_one():
    found = judged(0.95)
    assert found.is_better
    assert any(row["reason"] for row in found.rows if row["baseline"] == "in_force")


def test_too_little_is_a_row_that_says_so():
    (row,) = refused("12 labelled texts").rows
    assert (row["verdict"], row["reason"], row["is_champion"]) == (
        "not_judged", "12 labelled texts", False,
    )  # fmt: skip


def test_macro_f1_is_that_of_scikit_learn_under_weights():
    rng = np.random.default_rng(4)
    truth, said = (rng.choice(["a", "b", "c"], 60).astype(object) for _ in range(2))
    weights = rng.integers(1, 3, (3, 60)).astype(float)
    wanted = [f1_score(truth, said, average="macro", sample_weight=w) for w in weights]
    assert MacroF1(truth, said).at(weights) == pytest.approx(wanted)

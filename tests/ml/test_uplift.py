"""Uplift where it is planted: found better than by chance, never from the row itself."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.contracts.ml_uplift import UPLIFT
from crm_tasks.ml.uplift import (
    ANY,
    LEARNERS,
    Basis,
    Sample,
    by_treatment,
    covariance_of_refits,
    cross_fitted,
    fit_uplift,
    folds_of,
    rank_within,
    spread,
    uplift_class,
)

N = 3_000


def planted(seed=1, share=0.5):
    """Return (sample, true uplift): x0 moves the effect, x1 the level, exposure the outcome."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, 5))
    action = np.arange(N) % 2
    uplift = 1.0 + 0.8 * x[:, 0] + 0.6 * (action == 1) * x[:, 2]
    cluster = np.arange(N) // 30
    treated = rng.random(N) < share
    exposed = np.clip(0.5 * treated + rng.random(N) / 2, 0, 1)
    y = x[:, 1] + uplift * treated + 2.0 * exposed + rng.normal(0, 2, N)
    exposure = np.column_stack([exposed, np.ones(N)])
    sample = Sample(x, action, exposure, treated, np.full(N, share), y, cluster)
    return sample, uplift


@pytest.mark.parametrize(("learner", "share"), [("x_learner", 0.2), ("t_learner", 0.5)])
def test_a_learner_finds_who_is_moved_and_by_how_much_with_exposure_held_fixed(learner, share):
    sample, uplift = planted(share=share)
    found = cross_fitted(sample, 2, folds_of(sample))[learner]
    assert np.corrcoef(found.cate, uplift)[0, 1] > 0.75
    # Without exposure held fixed the treated would seem to gain 2 * 0.5 more.
    assert found.cate.mean() == pytest.approx(uplift.mean(), abs=0.35)


def test_the_constant_says_the_same_of_everybody():
    sample, _ = planted()
    model = fit_uplift(sample, Basis.of(sample.features, 2), ("constant",))["constant"]
    cate = model.forecast(sample.features, sample.action, sample.exposure).cate
    assert np.ptp(cate) == 0


def test_an_action_never_seen_has_what_all_share():
    sample, _ = planted()
    model = fit_uplift(sample, Basis.of(sample.features, 2), ("t_learner",))["t_learner"]
    rows = np.zeros((2, 5))
    rows[1, 0] = 1.0
    unseen = model.forecast(rows, np.full(2, -1), np.ones((2, 2))).cate
    assert 0.4 < unseen[1] - unseen[0] < 1.2


def test_a_forecast_does_not_know_its_own_fold():
    sample, _ = planted()
    fold = folds_of(sample)
    assert all(len(np.unique(fold[sample.cluster == one])) == 1 for one in range(100))
    before = cross_fitted(sample, 2, fold)["t_learner"].cate
    spoilt = sample.outcome.copy()
    spoilt[fold == 0] += 1_000 * sample.is_treated[fold == 0]
    again = Sample(
        sample.features, sample.action, sample.exposure, sample.is_treated, sample.propensity,
        spoilt, sample.cluster,
    )  # fmt: skip
    after = cross_fitted(again, 2, fold)["t_learner"].cate
    assert np.array_equal(before[fold == 0], after[fold == 0])
    assert not np.allclose(before[fold == 1], after[fold == 1])


def test_the_error_of_refits_is_near_the_error_made():
    errors, told = [], []
    for seed in range(5):
        sample, uplift = planted(seed)
        basis = Basis.of(sample.features, 2)
        model = fit_uplift(sample, basis, ("t_learner",), alpha=1.0)["t_learner"]
        covariance = covariance_of_refits(model, sample, seed=1)
        told.append(spread(model, covariance, sample.features, sample.action, sample.exposure))
        cate = model.forecast(sample.features, sample.action, sample.exposure).cate
        errors.append(cate - uplift)
    assert 0.5 < np.sqrt(np.mean(np.square(told)) / np.mean(np.square(errors))) < 1.5


def test_rank_within_folds_leaves_a_constant_without_order():
    """Left-out levels run against the fold's own: compared across folds they would rank it."""
    rank = rank_within(np.array([3.0, 3.0, 1.0, 1.0]), np.array([0, 0, 1, 1]))
    assert rank.tolist() == [0.75, 0.25, 0.75, 0.25]


def test_a_plan_reads_the_mean_over_the_campaigns_of_a_treatment():
    names = (
        "customer_id", "action_id", "channel", "content_type", "cate", "ci_low", "ci_high",
        "outcome",
    )  # fmt: skip
    rows = [
        ("a", "k", "email", "promotion", 0.1, 0.0, 0.2, "converted"),
        ("a", "l", "email", "promotion", 0.3, 0.2, 0.4, "converted"),
        ("b", "undescribed", None, None, 9.0, 9.0, 9.0, "converted"),
        ("b", "m", "sms", "education", -0.1, -0.2, 0.0, "converted"),
        ("c", ANY, None, None, 0.5, 0.4, 0.6, "converted"),
    ]
    given = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows])
    found = {row["customer_id"]: row for row in by_treatment(given).to_pylist()}
    assert (found["a"]["uplift"], found["a"]["uplift_low"], found["a"]["uplift_high"]) == (
        0.2, 0.1, 0.3,
    )  # fmt: skip
    assert (found["b"]["channel"], found["b"]["is_amount"]) == ("sms", False)
    assert (found["c"]["channel"], found["c"]["uplift"]) == (None, 0.5)
    assert by_treatment(given).num_rows == 3


def test_classes_are_those_of_the_contract():
    words = next(column for column in UPLIFT.columns if column.name == "uplift_class").meaning
    rng = np.random.default_rng(1)
    cate = rng.normal(size=200)
    found = set(uplift_class(cate, cate - 0.5, cate + 0.5, rng.random(200)))
    assert found == {"persuadable", "sleeping_dog", "sure_thing", "lost_cause"}
    assert all(word in words for word in found)
    assert set(LEARNERS) == {"x_learner", "t_learner", "constant"}

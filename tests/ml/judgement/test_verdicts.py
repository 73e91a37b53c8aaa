"""A champion beats the naive method beyond chance, or the naive method answers."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from crm_tasks.contracts import check_rows, find_table
from crm_tasks.ml.judgement import (
    HitRate,
    JudgementParams,
    Mean,
    comparison_table,
    judge,
    not_judged,
)

PARAMS = JudgementParams(resamples=400)
AS_OF = dt.date(2024, 7, 1)


def losses(mean, n=300, seed=1):
    return Mean(np.random.default_rng(seed).gamma(4, mean / 4, n))


def test_the_better_candidate_wins_and_every_loser_has_its_row():
    made = {"naive": losses(2.0), "good": losses(1.0), "same": losses(2.0, seed=2),
            "bad": losses(3.0)}  # fmt: skip
    found = judge("price", "mae", "naive", made, PARAMS)
    assert found.champion == "good"
    told = {row["candidate"]: (row["verdict"], row["is_champion"]) for row in found.rows}
    assert told == {
        "good": ("better", True),
        "same": ("not_better_than_baseline", False),
        "bad": ("worse", False),
    }
    good = found.rows[0]
    assert good["diff"] == pytest.approx(
        made["naive"].losses.mean() - made["good"].losses.mean(), abs=1e-6
    )
    assert good["ci_low"] < good["diff"] < good["ci_high"]
    assert found.values["naive"].low < found.values["naive"].value < found.values["naive"].high
    rows = comparison_table([found], AS_OF, AS_OF)
    assert check_rows(find_table("ml.model_comparisons"), rows).num_rows == 3


def test_where_nobody_is_better_the_naive_method_answers():
    found = judge("x", "mae", "naive", {"naive": losses(2.0), "a": losses(2.0, seed=5)}, PARAMS)
    assert found.champion == "naive"
    assert not any(row["is_champion"] for row in found.rows)


def test_of_several_that_are_better_the_preferred_one_answers():
    made = {"naive": losses(2.0), "a": losses(1.0), "b": losses(1.2)}
    assert judge("x", "mae", "naive", made, PARAMS).champion == "a"
    assert judge("x", "mae", "naive", made, PARAMS, preference=("b", "a")).champion == "b"
    # A preferred one that is not better does not answer.
    made["c"] = losses(2.0, seed=9)
    assert judge("x", "mae", "naive", made, PARAMS, preference=("c", "b")).champion == "b"


def test_larger_is_better_for_a_hit_rate():
    hit = np.arange(200) % 2 == 0
    found = judge("x", "hit", "popular", {"popular": HitRate(hit & False), "m": HitRate(hit)},
                  PARAMS)  # fmt: skip
    assert (found.champion, found.rows[0]["diff"]) == ("m", 0.5)


def test_the_interval_covers_a_true_difference_of_zero_as_often_as_it_says():
    """95 % intervals of two methods that are equally good hold zero in about 95 % of data sets."""
    params = JudgementParams(resamples=200)
    holds = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        made = {"naive": Mean(rng.exponential(size=120)), "a": Mean(rng.exponential(size=120))}
        row = judge("x", "mae", "naive", made, params).rows[0]
        holds.append(row["ci_low"] <= 0 <= row["ci_high"])
    assert 0.90 <= np.mean(holds) <= 0.99


def test_cases_of_one_unit_are_drawn_together():
    """Repeating every case tenfold adds nothing that is known: the interval stays as wide."""
    rng = np.random.default_rng(4)
    naive, model = rng.exponential(1.0, 50), rng.exponential(0.9, 50)
    once = judge("x", "mae", "n", {"n": Mean(naive), "m": Mean(model)}, PARAMS).rows[0]
    made = {"n": Mean(np.repeat(naive, 10)), "m": Mean(np.repeat(model, 10))}
    units = np.repeat(np.arange(50), 10)
    repeated = judge("x", "mae", "n", made, PARAMS, units=units).rows[0]
    assert (repeated["ci_low"], repeated["ci_high"]) == (once["ci_low"], once["ci_high"])
    alone = judge("x", "mae", "n", made, PARAMS).rows[0]
    assert alone["ci_high"] - alone["ci_low"] < (once["ci_high"] - once["ci_low"]) / 2


def test_measures_of_different_cases_cannot_be_compared():
    with pytest.raises(ValueError, match=r"measures of \[3, 4\] cases"):
        judge("x", "mae", "n", {"n": Mean(np.ones(3)), "m": Mean(np.ones(4))}, PARAMS)


def test_the_same_judgement_twice_is_the_same():
    made = {"naive": losses(2.0), "good": losses(1.9)}
    assert judge("x", "mae", "naive", made, PARAMS) == judge("x", "mae", "naive", made, PARAMS)


def test_too_little_data_names_the_reason_and_the_naive_method():
    found = not_judged("churn:90d", "log_loss", "base_rate", ("boosted", "logistic"), "3 cases")
    assert found.champion == "base_rate"
    rows = comparison_table([found], AS_OF, AS_OF)
    checked = check_rows(find_table("ml.model_comparisons"), rows).to_pylist()
    assert [(r["candidate"], r["verdict"], r["reason"]) for r in checked] == [
        ("boosted", "not_judged", "3 cases"),
        ("logistic", "not_judged", "3 cases"),
    ]

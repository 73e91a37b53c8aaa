"""Methods beside the hazard answer as they were kept; their rows and cards hold what they say."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.contracts import check_rows
from crm_tasks.contracts.ml import PREDICTIONS
from crm_tasks.ml.artifacts import Artifact
from crm_tasks.ml.judgement import JudgementParams, Mean, judge
from crm_tasks.ml.timing.beside import BASE_RATE, FOREST, BaseRate, Forest, OwnGap
from crm_tasks.ml.timing.registered import Registration
from crm_tasks.ml.timing.rows import date_rows, within_rows
from crm_tasks.ml.value.histories import PurchaseDays

FIRST, END = dt.date(2024, 1, 1), 20
AS_OF = FIRST + dt.timedelta(days=END)
DAYS = PurchaseDays(
    pa.array(["a", "b"]), np.array([0, 0, 0, 1]), np.array([0, 4, 10, 2]), np.ones(4), FIRST
)
X = np.random.default_rng(2).normal(size=(200, 7))
BUYS = (X[:, 0] > 0).astype(np.int64)


def test_naive_dates_are_the_last_purchase_plus_the_own_gap_but_never_over():
    seen = DAYS.until(12)
    assert OwnGap().waits(seen).tolist() == [3, 0]  # 10 + 5 - 12; the newcomer's is over
    rows = check_rows(PREDICTIONS, date_rows(DAYS, seen, OwnGap(), "v", AS_OF)).to_pylist()
    assert [row["value"] for row in rows] == [3, 0]
    assert rows[1]["value_label"] == AS_OF.isoformat()


def test_probabilities_become_rows_of_their_own_target():
    rows = within_rows(DAYS, DAYS.until(END), BaseRate(0.25), "v", AS_OF)
    told = check_rows(PREDICTIONS, rows).to_pylist()
    assert [(row["customer_id"], row["probability"]) for row in told] == [("a", 0.25), ("b", 0.25)]
    assert {(row["target"], row["horizon_days"]) for row in told} == {("buys_within", 30)}


def test_a_forest_that_saw_one_answer_only_gives_it_for_certain():
    forest = Forest.of_buyers(X, np.ones(200, dtype=np.int64), seed=1)
    assert forest.p_within(X, 30).tolist() == [1.0] * 200
    assert Forest.of_buyers(X, BUYS * 0, seed=1).p_within(X, 30).tolist() == [0.0] * 200


def test_the_card_of_the_champion_tells_of_the_fit_that_answers():
    judged_one, final = (Forest.of_buyers(X, BUYS, seed) for seed in (1, 2))
    methods = {BASE_RATE: BaseRate(0.5), FOREST: judged_one}
    said = {name: one.p_within(X, 30) for name, one in methods.items()}
    losses = {name: Mean((p - BUYS) ** 2) for name, p in said.items()}
    judged = judge("buys_within:30d", "brier", BASE_RATE, losses, JudgementParams(resamples=50))
    made = Registration(DAYS, AS_OF, judged, 200, 1_000)
    cards = {c.family: c for c in made.cards("buys_within:30d", methods, final, said, BUYS)}
    assert cards[FOREST].status == "champion"
    assert cards[FOREST].parameters_sha256 == final.artifact().digest
    assert cards[FOREST].parameters_sha256 != judged_one.artifact().digest
    assert (cards[FOREST].n_train, cards[FOREST].n_population) == (200, 1_000)
    assert set(cards[FOREST].figures) == {"brier", "ece"}


def test_a_sample_is_of_the_same_customers_whoever_else_is_there():
    ids = [f"c{number:03d}" for number in range(60)]

    def seen_of(names):
        n = len(names)
        return PurchaseDays(pa.array(names), np.arange(n), np.zeros(n, int), np.ones(n), FIRST)

    def drawn(names, at_most):
        made = seen_of(names)
        return {names[place] for place in made.until(END).sample(at_most).customer}

    few = drawn(ids, 20)
    assert len(few) == 20
    assert drawn(ids[::2], 30) == set(ids[::2])
    assert few & set(ids[::2]) <= drawn(ids[::2], 20)


METHODS = (OwnGap(), BaseRate(np.float64(0.1)), Forest.of_buyers(X, BUYS, 1))


@pytest.mark.parametrize("one", METHODS, ids=lambda one: one.family)
def test_each_method_comes_back_from_its_bytes(one):
    kept = one.artifact()
    again = Artifact.from_bytes(kept.to_bytes(), kept.digest)
    assert again.told["family"] == one.family

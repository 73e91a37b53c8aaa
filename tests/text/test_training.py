"""Training: judged on sentences never seen, calibrated, sure only where it may be."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from crm_tasks.errors import RunStateError
from crm_tasks.settings import PROJECT
from crm_tasks.text.model import calibrated
from crm_tasks.text.training import (
    Labelled,
    Recipe,
    calibration_error,
    fitted_temperature,
    judge,
    train,
)

WORDS = {"a": "late slow waiting", "b": "broken cracked damaged", "c": "cheap price coupon"}
RECIPE = Recipe(regularisations=(1.0,), folds=3, documents_at_least=1)


def made(n, seed, noise=0.0):
    rng = np.random.default_rng(seed)
    texts, labels = [], []
    for _ in range(n):
        label = "abc"[rng.integers(3)]
        told = label if rng.random() >= noise else "abc"[rng.integers(3)]
        words = rng.choice(WORDS[told].split(), 2)
        texts.append(f"my {words[0]} thing is {words[1]} {rng.integers(100, 999)}")
        labels.append(label)
    return Labelled(texts, labels, texts)


@pytest.fixture(scope="module")
def model():
    return train({"topic": made(150, 1)}, RECIPE)


def test_what_words_tell_is_learnt_and_beats_the_baseline(model):
    fresh = made(100, 2)
    judged = judge(fresh.labels, model.probabilities(fresh.texts)["topic"], model.heads["topic"])
    assert judged.accuracy > 0.95
    assert judged.majority < 0.6
    assert judged.macro_f1 > judged.majority_macro_f1


def test_the_same_texts_give_the_same_model(model):
    assert train({"topic": made(150, 1)}, RECIPE).version == model.version


def test_noise_lowers_what_is_believed():
    noisy = train({"topic": made(240, 3, noise=0.5)}, RECIPE)
    fresh = made(600, 4, noise=0.5)
    judged = judge(fresh.labels, noisy.probabilities(fresh.texts)["topic"], noisy.heads["topic"])
    assert judged.ece < 0.15
    assert noisy.heads["topic"].abstain_below > 0.4
    assert noisy.probabilities(fresh.texts)["topic"].max(axis=1).mean() < 0.85


def test_labels_without_meaning_are_judged_to_be_chance():
    """Each sentence stands there many times: torn apart by a split it would be learnt by heart."""
    rng = np.random.default_rng(5)
    sentences = ["".join(rng.choice(list("abcdefghij"), 12)) for _ in range(40)]
    labels = rng.choice(["x", "y"], 40).tolist()
    texts = [s for s in sentences for _ in range(5)]
    five = [label for label in labels for _ in range(5)]
    told = train({"q": Labelled(texts, five, texts)}, RECIPE).told["out_of_fold"]["q"]
    assert told["accuracy"] < 0.7


def test_one_label_is_no_question():
    with pytest.raises(RunStateError, match="at least two labels"):
        Labelled(["a", "b"], ["x", "x"], ["a", "b"])


def test_the_temperature_is_the_likeliest():
    rng = np.random.default_rng(6)
    truth = rng.integers(0, 3, 4_000)
    logits = rng.normal(size=(4_000, 3)) * 2
    truth = np.array([rng.choice(3, p=p / p.sum()) for p in calibrated(logits, 1.5)])
    assert fitted_temperature(logits, truth) == pytest.approx(1.5, abs=0.15)


def test_calibration_error_of_what_is_always_wrong_is_what_was_believed():
    assert calibration_error(np.full(10, 0.7), np.zeros(10, bool)) == pytest.approx(0.7)


def test_public_intents_are_told_apart_by_a_tenth_of_the_data():
    """All of banking77 is judged by `make accept ISSUE=7`."""
    folder = PROJECT.parent / "shared" / "data" / "banking77"
    if not folder.is_dir():
        pytest.skip("banking77 is not at hand")
    import pandas as pd

    with gzip.open(folder / "train.csv.gz") as file:
        rows = pd.read_csv(file)
    some = rows[rows.category.isin(sorted(set(rows.category))[:8])]
    even, odd = some[::2], some[1::2]
    texts = even.text.tolist()
    model = train({"intent": Labelled(texts, even.category.tolist(), texts)}, Recipe(folds=3))
    judged = judge(
        odd.category.tolist(), model.probabilities(odd.text.tolist())["intent"],
        model.heads["intent"],
    )  # fmt: skip
    assert judged.accuracy > 0.9
    assert judged.ece < 0.08

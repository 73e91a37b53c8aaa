"""Own labels put to the test: nothing judged was learnt, in time where there is enough of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np

from crm_tasks.text.own_labels import OwnLabels
from crm_tasks.text.starter import generated, starter_model
from crm_tasks.text.training import Recipe
from crm_tasks.text.trial import put_to_test, train_on

RECIPE = Recipe(regularisations=(0.5,), folds=3, documents_at_least=1)
WORDS = {"lost_card": "lost stolen card wallet", "top_up": "top up balance add money"}


def labelled(n, seed=3):
    rng = np.random.default_rng(seed)
    labels = [("lost_card", "top_up")[rng.integers(2)] for _ in range(n)]
    texts = [
        " ".join(rng.choice(WORDS[one].split(), 3)) + f" {at}" for at, one in enumerate(labels)
    ]
    # Numbers give their length only: a pair of letters keeps the texts apart.
    texts = [f"{text} {chr(97 + at % 26)}{chr(97 + at // 26)}" for at, text in enumerate(texts)]
    day = dt.datetime(2024, 1, 1)  # noqa: DTZ001
    moments = [day + dt.timedelta(days=at) for at in range(n)]
    return OwnLabels([f"t{at}" for at in range(n)], texts, labels, moments)


def test_the_latest_texts_are_told_by_a_model_of_the_earlier_ones():
    own = labelled(340)
    tried = put_to_test(own, None, starter_model(), RECIPE)
    assert tried.split == "time"
    assert tried.places.tolist() == list(range(238, 340))
    assert (tried.answers["own_labels"] == tried.truth).mean() > 0.95
    assert (tried.answers["most_frequent"] == tried.truth).mean() < 0.7
    assert "in_force" not in tried.answers  # the starter knows neither label


def test_fewer_are_told_out_of_fold_and_copies_stay_together():
    own = labelled(120)
    copies = replace(own, texts=[own.texts[at - at % 2] for at in range(120)])
    mixed = replace(copies, labels=np.random.default_rng(1).permutation(copies.labels).tolist())
    tried = put_to_test(mixed, None, starter_model(), RECIPE)
    assert tried.split == "folds"
    assert sorted(tried.places.tolist()) == list(range(120))
    # A label drawn by lot is not told by the copy of its text.
    assert (tried.answers["own_labels"] == tried.truth).mean() < 0.7


def test_without_moments_there_is_no_time_split():
    own = replace(labelled(340), moments=[None] * 340)
    assert put_to_test(own, None, starter_model(), RECIPE).split == "folds"


def test_too_few_labels_or_one_kind_are_not_judged():
    assert put_to_test(labelled(40), None, starter_model(), RECIPE) == (
        "40 labelled texts; a judgement needs 100"
    )
    one = replace(labelled(120), labels=["top_up"] * 120)
    assert "nothing is told apart" in put_to_test(one, None, starter_model(), RECIPE)


def test_texts_the_model_in_force_has_learnt_from_are_known():
    own = labelled(120)
    before = train_on(own, None, generated()[1], RECIPE, {"learnt_from": own.text_ids[:20]})
    tried = put_to_test(own, None, before, RECIPE)
    assert "in_force" in tried.answers
    assert sorted(tried.places[~tried.is_new].tolist()) == list(range(20))

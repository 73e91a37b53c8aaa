"""How the starter model reads messages written apart from what it learns from, one sealed set each.

A set's messages were written from the names of the intents alone and committed before any of them
was scored; the few that by chance share a run of words with a learnt sentence are left out. The
interval says what another draw of as many messages of the same writer would give; that the writer
is one, and not the customers of a shop, it cannot say.
"""

from __future__ import annotations

import csv
import json
import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import voice_heldout
from crm_tasks.text.training import judge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_tasks.text.model import Floats, Head, TextModel
    from crm_tasks.text.training import Labelled

Written = list[tuple[str, str, str]]  # language, intent, text

#: How often a set's figure was looked at while the model could still be changed. The set that
#: decides is looked at once, by the model that has learnt what this digest stands for. If the model
#: learns otherwise, a set nobody has opened decides: the third, then a new one.
LOOKS = {"first": 6, "second": 1}
DECISIVE, JUDGED = "second", "7cdacd25e44d"

SECOND, THIRD = (Path(__file__).with_name(f"voice_heldout_{n}.csv") for n in (2, 3))
LANGUAGES = ("en", "zh")
WORDS, SIGNS = 6, 7
DRAWS, SEED = 2_000, 7
LEVEL = 0.95


def sealed(path: Path) -> Written:
    """Return the messages of a sealed set: language, intent, text."""
    with path.open(encoding="utf-8", newline="") as rows:
        return [(one["language"], one["intent"], one["message"]) for one in csv.DictReader(rows)]


def sets_apart() -> dict[str, Written]:
    """Return every set by its name."""
    return {
        "first": voice_heldout.held_out(voice_heldout.SEALED),
        "second": sealed(SECOND),
    }


def digest(learnt: Labelled) -> str:
    """Return the digest of what a model learns from."""
    told = json.dumps([list(learnt.texts), list(learnt.labels)], ensure_ascii=False)
    return sha256(told.encode()).hexdigest()[:12]


def unlike(rows: Written, learnt: Iterable[str]) -> Written:
    """Return the messages that share no wording with what the model has learnt from.

    >>> unlike([("en", "price", "Is it five euros or six?")], ["is it five euros or six then"])
    []
    """
    known = set().union(*map(wording, learnt))
    return [row for row in rows if not wording(row[2]) & known]


def wording(text: str) -> set[tuple[str, ...] | str]:
    """Return runs of six words and of seven Chinese characters; shorter ones are idiom."""
    words = re.findall(r"[a-z']+|[0-9]+", text.lower())
    chinese = re.findall("[\u4e00-\u9fff]+", text)
    found = {tuple(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1)}
    signs = {run[at : at + SIGNS] for run in chinese for at in range(len(run) - SIGNS + 1)}
    return found | signs


def judged_apart(model: TextModel, rows: Written) -> dict[str, Any]:
    """Return the figures of a set: all of it, by language, and the interval of each macro-F1."""
    head = model.heads["intent"]
    told = model.probabilities([text for *_, text in rows])["intent"]
    parts = {"all": np.ones(len(rows), bool)} | {
        language: np.array([row[0] == language for row in rows]) for language in LANGUAGES
    }
    return {name: _judged(rows, told, head, is_part) for name, is_part in parts.items()}


def _judged(rows: Written, told: Floats, head: Head, is_part: Any) -> dict[str, Any]:
    truth = np.array([row[1] for row in rows], dtype=object)[is_part]
    low, high = interval(truth, head.classes[told[is_part].argmax(axis=1)].astype(object))
    figures = judge(truth.tolist(), told[is_part], head).to_dict()
    return figures | {"low": round(low, 6), "high": round(high, 6)}


def interval(truth: Any, said: Any) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of macro-F1, drawn within each intent.

    As many messages of each intent were written as of every other, so each draw has as many too
    (Efron and Tibshirani 1993, chapter 13).

    >>> interval(np.array(["a", "b"] * 9, object), np.array(["a", "b"] * 9, object))
    (1.0, 1.0)
    """
    rng = np.random.default_rng(SEED)
    names, numbers = np.unique(np.concatenate((truth, said)).astype(str), return_inverse=True)
    actual, found = numbers[: len(truth)], numbers[len(truth) :]
    places = [np.flatnonzero(actual == number) for number in np.unique(actual)]
    drawn = np.concatenate([rng.choice(own, (DRAWS, len(own))) for own in places], axis=1)
    scores = [_macro_f1(actual[one], found[one], len(names)) for one in drawn]
    low, high = np.quantile(scores, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return float(low), float(high)


def _macro_f1(actual: Any, found: Any, n: int) -> float:
    """Return the mean F1 of the classes there truly are."""
    right = np.bincount(actual[actual == found], minlength=n)
    written, named = np.bincount(actual, minlength=n), np.bincount(found, minlength=n)
    there = written > 0
    return float((2 * right[there] / (written + named)[there]).mean())

"""The need of a next message is learned from agents' tags, or it is said that there are none."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.contracts import check_rows, find_table
from crm_tasks.ml.artifacts import Artifact
from crm_tasks.ml.cards import model_rows
from crm_tasks.ml.choices.needs import FAMILIES, NAIVE, NEED, answer, foresee_needs
from crm_tasks.ml.choices.params import ChoiceParams
from crm_tasks.ml.judgement import JudgementParams

AS_OF = dt.date(2024, 9, 1)
START = dt.datetime.combine(dt.date(2024, 1, 1), dt.time(9))
NEEDS = ("advice", "price", "refund")
PARAMS = ChoiceParams(judgement=JudgementParams(resamples=100))


def letters(loyalty, n_customers=160, is_tagged=True):
    """Return frames of customers who write about their own need with that probability."""
    rng = np.random.default_rng(2)
    rows = []
    for number in range(n_customers):
        for day in range(int(rng.integers(0, 25)), 243, 25):
            own = rng.random() < loyalty
            need = NEEDS[number % 3 if own else int(rng.integers(3))]
            rows.append((f"c{number:03d}", START + dt.timedelta(days=day), need))
    names, moments, needs = zip(*rows, strict=True)
    tags = pa.array(needs if is_tagged else [None] * len(rows), pa.string())
    ids = pa.array([f"c{number:03d}" for number in range(n_customers)])
    none = pa.nulls(n_customers, pa.bool_())
    return {
        "customers": pa.table({"customer_id": ids, "is_erased": none, "is_deleted": none}),
        "messages": pa.table({
            "customer_id": names, "sent_at": pa.array(moments, pa.timestamp("us")),
            "direction": ["in"] * len(rows), "agent_intent": tags,
        }),
        "orders": pa.table({"customer_id": pa.array([], pa.string()),
                            "ordered_at": pa.array([], pa.timestamp("us"))}),
    }  # fmt: skip


@pytest.fixture
def foresee(scratch):
    def make(frames):
        return foresee_needs(scratch(**frames), "UTC", AS_OF, "code", PARAMS)

    return make


def test_four_methods_compete_and_a_lasting_need_is_found(foresee):
    rows, cards, judged, kept = foresee(letters(0.9))
    assert [row["candidate"] for row in judged.rows] == list(FAMILIES)
    assert judged.champion in FAMILIES
    given = check_rows(find_table("ml.predictions"), rows).to_pandas()
    own = given["customer_id"].str[1:].astype(int) % 3
    assert (given["value_label"] == own.map(dict(enumerate(NEEDS)))).mean() > 0.9
    assert set(given["target"]) == {NEED}
    check_rows(find_table("ml.models"), model_rows(cards, AS_OF))
    (champion,) = (card for card in cards if card.status == "champion")
    assert list(kept) == [champion.version] == given["model_version"].unique().tolist()
    again = Artifact.from_bytes(kept[champion.version].to_bytes(), champion.parameters_sha256)
    asked = np.random.default_rng(1).normal(size=(40, len(again.features)))
    assert answer(again, asked).tolist() == answer(kept[champion.version], asked).tolist()


def test_where_needs_are_drawn_by_lot_the_most_frequent_answers(foresee):
    _, cards, judged, _ = foresee(letters(0.0))
    assert judged.champion == NAIVE
    assert [card.family for card in cards if card.status == "champion"] == [NAIVE]


def test_without_tags_it_says_so_and_predicts_nothing(foresee):
    rows, cards, judged, kept = foresee(letters(0.9, is_tagged=False))
    assert (rows.num_rows, cards, judged.champion, kept) == (0, [], NAIVE, {})
    assert "0 customers with a message that an agent tagged" in judged.rows[0]["reason"]

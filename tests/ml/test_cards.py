"""Cards become rows of ml.models, ml.model_metrics and ml.reliability_bins."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import numpy as np

from crm_tasks.contracts import check_rows, find_table
from crm_tasks.ml.cards import (
    ModelCard,
    data_digest,
    metric_rows,
    model_rows,
    picture_name,
    reliability_rows,
)
from crm_tasks.ml.judgement import Interval, reliability

AS_OF = dt.date(2024, 7, 1)
CARD = ModelCard(
    target="churn:90d", family="boosted", status="champion", parameters_sha256="ab" * 32,
    hyperparameters={"max_iter": 100}, features=("recency_days", "n_orders"), code_sha="c",
    data_hash="d", trained_as_of=AS_OF, horizon_days=90,
    figures={"roc_auc": Interval(0.8, 0.75, 0.85)}, n_judged=400,
    bins=reliability(np.array([0, 1]), np.array([0.2, 0.8]), bins=2),
)  # fmt: skip


def test_a_card_is_a_row_of_the_registry_and_one_per_figure_and_bin():
    (row,) = check_rows(find_table("ml.models"), model_rows([CARD], AS_OF)).to_pylist()
    assert row["model_version"] == CARD.version
    assert json.loads(row["features"]) == ["recency_days", "n_orders"]
    assert row["picture"] == picture_name(CARD.version)
    (quiet,) = model_rows([replace(CARD, status="challenger")], AS_OF).to_pylist()
    assert quiet["picture"] is None
    assert json.loads(row["hyperparameters"]) == {"max_iter": 100}
    (figure,) = check_rows(find_table("ml.model_metrics"), metric_rows([CARD], AS_OF)).to_pylist()
    assert (figure["split"], figure["metric"], figure["value"], figure["n"]) == (
        "out_of_time", "roc_auc", 0.8, 400,
    )  # fmt: skip
    bins = check_rows(find_table("ml.reliability_bins"), reliability_rows([CARD], AS_OF))
    assert bins.column("observed_share").to_pylist() == [0.0, 1.0]


def test_a_version_names_target_family_and_what_was_learned_when():
    assert CARD.version.startswith("churn:90d:boosted:")
    others = [
        replace(CARD, parameters_sha256="cd" * 32),
        replace(CARD, trained_as_of=AS_OF + dt.timedelta(days=1)),
    ]
    assert len({CARD.version, *(card.version for card in others)}) == 3
    assert replace(CARD, status="challenger").version == CARD.version
    assert replace(CARD, features=("a",)).feature_set_version != CARD.feature_set_version


def test_the_digest_of_the_data_is_of_rows_in_their_order():
    rows = np.arange(6.0).reshape(3, 2)
    assert data_digest(rows) == data_digest(rows.copy())
    assert data_digest(rows) != data_digest(rows[::-1])

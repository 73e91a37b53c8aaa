"""What is learned, what is declared, and that the table says which."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from crm_tasks.contracts import check_rows
from crm_tasks.contracts.graph_influence import ACTIVATION_PROBABILITIES
from crm_tasks.graph.influence.activation import (
    NO_INFLUENCE,
    activation_rows,
    carried,
    learn_activation,
)
from crm_tasks.graph.influence.arcs import spread_arcs
from crm_tasks.graph.influence.exposures import Units
from crm_tasks.graph.influence.params import DECLARED, InfluenceParams
from crm_tasks.planted.campaigns import SPILLOVER_RATE
from tests.graph.builders import AS_OF

PARAMS = replace(InfluenceParams(), resamples=50)
NOBODY = Units(
    *(np.empty(0, dtype=np.int64) for _ in range(2)), *(np.empty(0, dtype=bool) for _ in range(3)),
    *(np.empty(0) for _ in range(4)),
)  # fmt: skip


def rows_of(activations):
    table = check_rows(ACTIVATION_PROBABILITIES, activation_rows(activations, AS_OF))
    return {(row["layer"], row["diffusion_model"]): row for row in table.to_pylist()}


@pytest.fixture(scope="module")
def learned(planted):
    return learn_activation([planted.layer], planted.units, PARAMS)


def test_a_drawn_campaign_teaches_the_probability_and_the_row_says_so(learned):
    row = rows_of(learned)["trust", "linear_threshold"]
    assert (row["source"], row["evidence"]) == ("learned", "randomised")
    assert row["rate"] == row["estimate"]
    assert row["ci_low"] < SPILLOVER_RATE < row["ci_high"]
    assert row["estimate_if_shuffled"] is None
    assert 0 < row["mean_probability"] < row["rate"]
    assert row["n_converted_exposed"] < row["n_converted"] < row["n_units"]


def test_without_a_log_the_declared_rate_stands_and_the_row_says_so(planted):
    found = rows_of(learn_activation([planted.layer], NOBODY, PARAMS))
    for model, declared in (
        ("independent_cascade", DECLARED["trust"].rate),
        ("linear_threshold", DECLARED["trust"].share),
    ):
        row = found["trust", model]
        assert (row["source"], row["evidence"], row["rate"]) == ("declared", "none", declared)
        assert "no exposure log" in row["reason"]
        assert row["estimate"] is row["ci_low"] is None


def test_what_the_log_rules_out_is_not_assumed(planted):
    rng = np.random.default_rng(1)
    units = replace(planted.units, has_converted=rng.random(len(planted.units)) < 0.15)
    row = rows_of(learn_activation([planted.layer], units, PARAMS))["trust", "linear_threshold"]
    assert row["ci_low"] < 0 < row["ci_high"] < DECLARED["trust"].share
    assert (row["source"], row["reason"]) == ("declared", NO_INFLUENCE)
    assert row["rate"] == row["ci_high"]


def test_a_log_that_leaves_no_room_for_influence_leaves_none(planted):
    # Whoever has a treated neighbour never converts: the whole interval lies below 0.
    exposed = np.concatenate([e.exposure for e in planted.effects]) > 0
    units = replace(planted.units, has_converted=~exposed)
    activations = learn_activation([planted.layer], units, PARAMS)
    assert {row["rate"] for row in rows_of(activations).values()} == {0.0}
    assert carried(activations, "independent_cascade") == []


def test_too_small_a_log_decides_nothing(planted):
    few = replace(PARAMS, exposures_at_least=10**6)
    row = rows_of(learn_activation([planted.layer], planted.units, few))[
        "trust", "linear_threshold"
    ]
    assert row["source"] == "declared"
    assert "exposed in the exposure log" in row["reason"]
    assert row["estimate"] > 0  # shown all the same


def test_a_log_in_which_nobody_was_exposed_says_nothing(planted):
    units = replace(planted.units, is_treated=np.zeros(len(planted.units), dtype=bool))
    for row in rows_of(learn_activation([planted.layer], units, PARAMS)).values():
        assert (row["source"], row["n_exposed"]) == ("declared", 0)
        assert row["estimate"] is row["ci_low"] is row["ci_high"] is None


def test_few_campaigns_that_nobody_drew_decide_nothing(planted):
    day = np.where(planted.units.has_converted, 10.0, np.nan)
    units = replace(
        planted.units, is_randomized=np.zeros(len(planted.units), dtype=bool), converted_day=day
    )
    row = rows_of(learn_activation([planted.layer], units, PARAMS))["trust", "independent_cascade"]
    assert (row["source"], row["evidence"]) == ("declared", "observational")
    assert "campaigns in the exposure log" in row["reason"]


def test_arcs_carry_what_was_learned(learned):
    layers = carried(learned, "linear_threshold")
    arcs = spread_arcs(layers, "linear_threshold")
    into = np.bincount(arcs.targets, arcs.probabilities)
    assert into[into > 0] == pytest.approx(layers[0].share)

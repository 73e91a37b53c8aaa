"""Influence among those who were not drawn: found where it is, and not where likeness is all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from crm_tasks.graph.influence.exposures import CarryingLayer, Units
from crm_tasks.graph.influence.observed import estimate_observed
from crm_tasks.graph.influence.params import InfluenceParams
from tests.graph.influence.small import network_of

PARAMS = replace(InfluenceParams(), window_days=14.0, resamples=100)
N, CAMPAIGNS, DAYS = 400, 12, 56


def company(seed: int, rate: float, homophily: float) -> tuple[Units, CarryingLayer]:
    """Return circles of eight, each all tied; conversions by likeness, or passed on day by day.

    A circle that is keen converts more often all along; ``rate`` is the hazard one conversion adds
    to each tie of strength 1, over the window.
    """
    rng = np.random.default_rng(seed)
    circle = np.arange(N) // 8
    rows = [
        (f"n{a:03}", f"n{b:03}", 1.0) for a in range(N) for b in range(a + 1, N)
        if circle[a] == circle[b]
    ]  # fmt: skip
    layer = CarryingLayer(
        "trust", network_of(rows, [f"n{a:03}" for a in range(N)], is_directed=False),
        np.zeros(len(rows)), "both",
    )  # fmt: skip
    keen = np.where(rng.random(N // 8) < 0.3, homophily, 0.0)[circle]
    days = np.concatenate([_played(rng, circle, keen, rate) for _ in range(CAMPAIGNS)])
    n = len(days)
    units = Units(
        np.repeat(np.arange(CAMPAIGNS), N), np.tile(np.arange(N), CAMPAIGNS),
        np.zeros(n, dtype=bool), np.ones(n, dtype=bool), np.isfinite(days), np.zeros(n),
        np.full(n, float(DAYS)), days, np.ones(CAMPAIGNS),
    )  # fmt: skip
    return units, layer


def _played(rng, circle, keen, rate) -> np.ndarray:
    day_of = np.full(N, np.nan)
    for day in range(DAYS):
        recent = np.isfinite(day_of) & (day_of > day - PARAMS.window_days)
        active = np.bincount(circle[recent], minlength=N // 8)[circle]
        hazard = (0.05 + keen) / DAYS + rate * active / PARAMS.window_days
        now = ~np.isfinite(day_of) & (rng.random(N) < 1 - np.exp(-hazard))
        day_of[now] = day + rng.random(int(now.sum()))
    return day_of


def test_influence_is_found_and_never_overrated():
    units, layer = company(1, rate=0.06, homophily=0.0)
    found = estimate_observed(units, layer, PARAMS, as_share=False)
    assert found.low > 0
    assert found.shuffle_p_value <= 0.05
    # What shuffling leaves is taken off, so the estimate errs on the low side.
    assert 0.01 < found.value < 0.06 * 1.2
    assert found.value + found.shuffled == pytest.approx(0.06, rel=0.25)
    assert found.evidence == "observational"
    assert found.n_campaigns == CAMPAIGNS
    assert 0 < found.n_converted_exposed < found.n_converted


def test_likeness_alone_is_not_taken_for_influence():
    units, layer = company(2, rate=0.0, homophily=0.6)
    found = estimate_observed(units, layer, PARAMS, as_share=False)
    assert found.shuffled > 0.01  # without the shuffling it would have passed for influence
    assert found.low <= 0
    assert found.shuffle_p_value > 0.05


def test_as_a_share_the_rate_belongs_to_all_neighbours_together():
    units, layer = company(1, rate=0.06, homophily=0.0)
    each = estimate_observed(units, layer, PARAMS, as_share=False)
    together = estimate_observed(units, layer, PARAMS, as_share=True)
    assert together.value == pytest.approx(7 * each.value, rel=0.01)  # seven ties of equal strength


def test_ties_of_later_days_carried_nothing():
    units, layer = company(1, rate=0.06, homophily=0.0)
    later = replace(layer, since=np.full(layer.network.n_edges, 5.0))
    found = estimate_observed(units, later, PARAMS, as_share=False)
    assert (found.value, found.n_exposed) == (0.0, 0)


def test_without_anybody_converted_nothing_is_learned():
    units, layer = company(1, rate=0.0, homophily=0.0)
    nobody = replace(units, converted_day=np.full(len(units), np.nan),
                     has_converted=np.zeros(len(units), dtype=bool))  # fmt: skip
    found = estimate_observed(nobody, layer, PARAMS, as_share=False)
    assert (found.value, found.low, found.high, found.n_exposed) == (0.0, 0.0, 0.0, 0)

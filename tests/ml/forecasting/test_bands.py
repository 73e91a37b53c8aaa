"""Bands cover what they say, on dates that took no part in making them."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.outlook import coverage, simulated_series
from crm_tasks.ml.forecasting.backtest import ForecastParams
from crm_tasks.ml.forecasting.bands import calibrate
from crm_tasks.ml.forecasting.methods import Path

LEVELS = (0.8, 0.95)


def paths(n_series: int, n_origins: int, seed: int, growth: float = 0.0) -> dict[str, list]:
    """Return scores of series that differ in size by a factor nobody told the method."""
    rng = np.random.default_rng(seed)
    grown = 1 + growth * np.arange(30) / 30
    size = np.exp(rng.normal(0, 0.5, n_series))
    return {
        f"s{number}": [size[number] * grown * rng.standard_t(5, 30) for _ in range(n_origins)]
        for number in range(n_series)
    }


@pytest.mark.parametrize("growth", [0.0, 2.0])
def test_new_paths_of_the_same_series_are_covered(growth: float) -> None:
    every = paths(150, 6, 2, growth)
    bands = calibrate({key: own[:5] for key, own in every.items()}, LEVELS, 3.0)
    assert bands is not None
    flat = Path(np.zeros(30), np.ones(30))
    for level in LEVELS:
        inside = []
        for key, own in every.items():
            low, high = bands.around(key, flat, level)
            inside.append((own[5] >= low) & (own[5] <= high))
        assert np.mean(inside) == pytest.approx(level, abs=0.025)
        parts = np.mean(inside, axis=0)
        assert parts[:7].mean() == pytest.approx(level, abs=0.05)
        assert parts[21:].mean() == pytest.approx(level, abs=0.05)


def test_a_wilder_series_has_a_wider_band_than_its_kind() -> None:
    scores = paths(30, 5, 4)
    scores["wild"] = [5 * path for path in scores["s0"]]
    bands = calibrate(scores, LEVELS, 3.0)
    assert bands is not None
    assert bands.own["wild"] > 2 * bands.own["s0"]
    assert bands.half_widths[0.95] > bands.half_widths[0.8] > 0
    low, high = bands.around("never seen", Path(np.full(5, 7.0), np.ones(5)), 0.8)
    assert ((high - low) / 2).tolist() == pytest.approx(
        (bands.half_widths[0.8] * bands.of_kind * bands.parts[[0] * 5]).tolist()
    )


def test_few_paths_are_corrected_upward_and_none_give_no_band() -> None:
    rng = np.random.default_rng(1)
    one = {"s": [rng.normal(size=30), rng.normal(size=30)]}
    bands = calibrate(one, LEVELS, 3.0)
    assert bands is not None
    assert bands.half_widths[0.8] == bands.half_widths[0.95]  # the largest score of two paths
    assert calibrate({"s": []}, LEVELS, 3.0) is None


def test_short_paths_lend_their_last_factor_to_later_steps() -> None:
    rng = np.random.default_rng(1)
    bands = calibrate({"s": [rng.normal(size=8) for _ in range(4)]}, LEVELS, 3.0)
    assert bands is not None
    assert bands.parts[1] == bands.parts[2] == bands.parts[3]


def test_simulated_companies_are_covered_on_dates_held_out() -> None:
    """A small one of the acceptance line: 30 series of six kinds, two dates each."""
    params = ForecastParams(calibration_origins=3, selection_origins=1)
    found = coverage(simulated_series(30, 260, 5), 2, params)
    assert len(found.by_kind) == 6
    for level, tolerance in ((0.8, 0.08), (0.95, 0.05)):
        assert found.overall[level].value == pytest.approx(level, abs=tolerance)
        assert found.overall[level].low < found.overall[level].high

"""Each method forecasts what it is made for, and what does not converge has failed by name."""

from __future__ import annotations

import numpy as np
import pytest

from crm_tasks.ml.forecasting.methods import METHODS, MethodFailed, forecast

WEEK = np.array([5.0, 6, 7, 8, 12, 20, 2])


def noisy(n: int, slope: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(7)
    return np.resize(WEEK, n) + slope * np.arange(n) + rng.normal(0, 0.5, n)


def test_the_naive_method_repeats_the_last_week_and_grows_unsure_by_the_week() -> None:
    path = forecast("seasonal_naive", noisy(50), 7, 15)
    assert path.mean[:7].tolist() == noisy(50)[-7:].tolist()
    assert path.mean[7:14].tolist() == path.mean[:7].tolist()
    assert path.spread[7] / path.spread[0] == pytest.approx(np.sqrt(2))
    assert path.spread[14] / path.spread[0] == pytest.approx(np.sqrt(3))


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_the_week(method: str) -> None:
    path = forecast(method, noisy(140), 7, 30)
    assert np.abs(path.mean - np.resize(WEEK, 170)[140:]).mean() < 1.0
    assert (np.diff(path.spread) >= -1e-9).all()
    assert path.spread[0] == pytest.approx(0.5, rel=0.6)


@pytest.mark.parametrize("method", ["theta", "sarima", "ets"])
def test_a_trend_goes_on(method: str) -> None:
    path = forecast(method, noisy(200, slope=0.2), 7, 30)
    assert path.mean[-7:].mean() > path.mean[:7].mean() + 0.8


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "values",
    [
        np.zeros(60),
        np.full(60, 3.0),
        np.array([0.0] * 59 + [9]),
        np.arange(60.0),
        np.array([1.0, 2]),
    ],
    ids=["nothing", "constant", "one sale", "a line", "two steps"],
)
def test_awkward_series_give_numbers_or_fail_with_a_reason(method: str, values) -> None:
    path, reason = None, method
    try:
        path = forecast(method, values, 7, 30)
    except MethodFailed as failed:
        reason = str(failed)
    assert reason.startswith(method)
    if path is None:
        assert method != "seasonal_naive"
    else:
        assert np.isfinite(path.mean).all()
        assert (path.spread > 0).all()

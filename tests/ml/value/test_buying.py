"""BG/NBD reproduces the published estimates, its own simulations, survives awkward companies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import hyp2f1

from crm_tasks.ml.value.buying import BOUNDS, BuyingModel, Histories, fit_buying
from crm_tasks.settings import PROJECT

SAMPLE = PROJECT / "build/testdata/lifetimes/datasets/cdnow_customers_summary_with_transactions.csv"
HORIZON = 39.0


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    if not SAMPLE.is_file():
        pytest.skip(f"{SAMPLE.relative_to(PROJECT)} is not here: make build/testdata/.ready")
    return pd.read_csv(SAMPLE)


def histories(frame: pd.DataFrame) -> tuple[np.ndarray, ...]:
    return tuple(frame[name].to_numpy(float) for name in ("x", "t_x", "T"))


@pytest.fixture(scope="module")
def published(cdnow: pd.DataFrame) -> BuyingModel:
    return fit_buying(Histories.of_customers(*histories(cdnow)), "bg_nbd")


def test_the_published_estimates_of_cdnow_are_reproduced(published: BuyingModel) -> None:
    """Fader, Hardie, Lee 2005, table 2, and their worked example in section 4."""
    found = (published.r, published.alpha, published.a, published.b)
    assert np.round(found, 3) == pytest.approx((0.243, 4.414, 0.793, 2.426))
    assert published.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    assert published.has_converged
    assert not published.is_at_bound
    one = (np.array([2.0]), np.array([30.43]), np.array([38.86]))
    assert published.expected_purchases(*one, HORIZON)[0] == pytest.approx(1.226, abs=0.001)


def test_histories_counted_once_are_as_good_as_all_customers(cdnow: pd.DataFrame) -> None:
    x, t_x, age = histories(cdnow)
    counted = Histories.of_customers(x, t_x, age)
    assert len(counted.x) < len(x)
    assert counted.n.sum() == len(x) == 2357
    each = Histories(x, t_x, age, np.ones(len(x)))
    assert fit_buying(each, "bg_nbd").r == pytest.approx(fit_buying(counted, "bg_nbd").r, rel=1e-4)


def test_the_quadrature_equals_the_papers_formula(
    cdnow: pd.DataFrame, published: BuyingModel
) -> None:
    x, t_x, age = histories(cdnow)
    r, alpha, a, b = published.r, published.alpha, published.a, published.b
    waits = ((alpha + age) / (alpha + age + HORIZON)) ** (r + x)
    series = hyp2f1(r + x, b + x, a + b + x - 1, HORIZON / (alpha + age + HORIZON))
    formula = (a + b + x - 1) / (a - 1) * (1 - waits * series) * published.p_alive(x, t_x, age)
    assert published.expected_purchases(x, t_x, age, HORIZON) == pytest.approx(formula, rel=1e-8)


def test_who_bought_once_is_alive_for_certain_in_bg_nbd_and_not_in_the_modified_one(
    cdnow: pd.DataFrame, published: BuyingModel
) -> None:
    x, t_x, age = histories(cdnow)
    modified = fit_buying(Histories.of_customers(x, t_x, age), "mbg_nbd")
    once = x == 0
    assert (published.p_alive(x, t_x, age)[once] == 1).all()
    assert (modified.p_alive(x, t_x, age)[once] < 0.9).all()
    longer_silent = modified.p_alive(np.full(3, 2.0), np.full(3, 5.0), np.array([6.0, 20.0, 38.0]))
    assert (np.diff(longer_silent) < 0).all()


def simulated(
    n: int, seed: int, *, leaves_at_once: bool, shape: float = 1.2, end: float = 300.0
) -> tuple[np.ndarray, ...]:
    """Return (x, t_x, age, purchases in the 90 days after) of customers as the model has them."""
    rng = np.random.default_rng(seed)
    rate, leaving = rng.gamma(shape, 1 / 60, n), rng.beta(1.3, 8.0, n)
    age = rng.uniform(30, end, n)
    last_order = rng.geometric(leaving) - (1 if leaves_at_once else 0)  # its number, the first is 0
    moments = np.cumsum(rng.exponential(1 / rate[:, None], (n, 80)), axis=1)
    is_bought = np.arange(1, 81)[None, :] <= last_order[:, None]
    seen = is_bought & (moments < age[:, None])
    ahead = is_bought & (moments >= age[:, None]) & (moments < age[:, None] + 90)
    x = seen.sum(axis=1).astype(float)
    t_x = np.where(x > 0, np.max(np.where(seen, moments, 0.0), axis=1), 0.0)
    return x, t_x, age, ahead.sum(axis=1).astype(float)


@pytest.mark.parametrize("kind", ["bg_nbd", "mbg_nbd"])
def test_a_simulated_company_buys_what_was_expected(kind: str) -> None:
    x, t_x, age, future = simulated(40_000, 5, leaves_at_once=kind == "mbg_nbd")
    model = fit_buying(Histories.of_customers(x, t_x, age), kind)
    assert model.has_converged
    assert (model.r, model.alpha) == pytest.approx((1.2, 60), rel=0.1)
    assert model.a / (model.a + model.b) == pytest.approx(1.3 / 9.3, rel=0.08)
    expected = model.expected_purchases(x, t_x, age, 90)
    assert expected.sum() == pytest.approx(future.sum(), rel=0.015)
    p = model.p_buys(x, t_x, age, 90)
    tenths = np.array_split(np.argsort(p), 10)
    gaps = [abs(p[one].mean() - (future[one] > 0).mean()) for one in tenths]
    assert np.mean(gaps) < 0.01


AWKWARD = {
    "all bought once": ([0] * 50, [0] * 50, [100 + i for i in range(50)]),
    "one customer": ([3], [40], [50]),
    "one customer who bought once": ([0], [0], [10]),
    "huge frequencies": ([900, 1_000, 1_100, 950], [990, 995, 999, 980], [1_000] * 4),
    "all alike": ([5] * 200, [90] * 200, [100] * 200),
    "bought today for the first time": ([0] * 30 + [2] * 5, [0] * 30 + [4] * 5, [0] * 30 + [9] * 5),
    "last purchase on the last day": ([i % 7 + 1 for i in range(100)], [365] * 100, [365] * 100),
    "all left early": ([4] * 100, [3] * 100, [1_000] * 100),
    "tiny unit of time": ([1, 2, 0, 3], [2e-6, 3e-6, 0, 1e-6], [5e-6] * 4),
    "huge unit of time": ([1, 2, 0, 3, 0], [2e9, 3e9, 0, 1e9, 0], [5e9] * 5),
    "one frequent among many once": ([0] * 999 + [400], [0] * 999 + [364], [365] * 1_000),
}


@pytest.mark.parametrize("kind", ["bg_nbd", "mbg_nbd"])
@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_companies_converge(name: str, kind: str) -> None:
    x, t_x, age = (np.array(values, float) for values in AWKWARD[name])
    model = fit_buying(Histories.of_customers(x, t_x, age), kind)
    assert model.has_converged
    assert np.isfinite(model.log_likelihood)
    logs = np.log([model.r, model.a, model.b])
    assert all(
        low <= v <= high for v, (low, high) in zip(logs, (BOUNDS[0], *BOUNDS[2:]), strict=True)
    )
    ahead = float(age.max())
    for answer in (model.p_alive(x, t_x, age), model.p_buys(x, t_x, age, ahead)):
        assert ((answer >= 0) & (answer <= 1)).all()
    expected = model.expected_purchases(x, t_x, age, ahead)
    assert np.isfinite(expected).all()
    assert (expected >= 0).all()


def test_a_likelihood_without_maximum_says_that_it_ends_at_a_bound() -> None:
    x, t_x, age = (np.array(values, float) for values in AWKWARD["all bought once"])
    assert fit_buying(Histories.of_customers(x, t_x, age), "bg_nbd").is_at_bound


def test_nobody_is_an_error_and_not_a_model() -> None:
    with pytest.raises(ValueError, match="at least one customer"):
        fit_buying(Histories.of_customers(*(np.empty(0),) * 3), "bg_nbd")

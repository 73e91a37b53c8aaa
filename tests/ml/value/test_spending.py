"""Gamma-Gamma reproduces the published estimates and lies between the customer's and all means."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_tasks.ml.value.spending import fit_spending
from tests.ml.value.test_buying import SAMPLE


def test_the_published_estimates_of_cdnow_are_reproduced() -> None:
    """Fader, Hardie 2013, note 25: p 6.25, q 3.74, gamma 15.44 (946 customers who came back)."""
    if not SAMPLE.is_file():
        pytest.skip("the CDNOW sample is not here: make build/testdata/.ready")
    frame = pd.read_csv(SAMPLE).query("x > 0")
    assert len(frame) == 946
    model = fit_spending(frame["x"].to_numpy(float), frame["zbar"].to_numpy(float))
    assert model.has_converged
    assert (model.p, model.q, model.gamma) == pytest.approx((6.25, 3.74, 15.44), abs=0.02)


def test_few_purchases_say_little_and_many_say_all() -> None:
    rng = np.random.default_rng(3)
    x = rng.integers(1, 9, 4_000).astype(float)
    nu = rng.gamma(4.0, 1 / 20, 4_000)
    mean = rng.gamma(3.0 * x) / nu / x
    model = fit_spending(x, mean)
    assert (model.p, model.q, model.gamma) == pytest.approx((3, 4, 20), rel=0.1)
    nobody, few, many = model.expected_value(np.array([0.0, 1, 500]), np.array([0.0, 100, 100]))
    assert nobody == pytest.approx(3 * 20 / 3, rel=0.1)
    assert nobody < few < many == pytest.approx(100, rel=0.02)


@pytest.mark.parametrize(
    ("x", "mean"),
    [
        ([3.0], [20.0]), ([1.0] * 50, [10.0] * 50), ([500.0, 900, 2], [0.01, 9e6, 4]),
        ([1.0, 2], [1e-9, 1e-9]),
    ],
)  # fmt: skip
def test_awkward_companies_give_finite_values(x: list[float], mean: list[float]) -> None:
    model = fit_spending(np.array(x), np.array(mean))
    value = model.expected_value(np.array(x), np.array(mean))
    assert np.isfinite(value).all()
    assert (value > 0).all()


def test_a_customer_without_a_payment_is_an_error() -> None:
    with pytest.raises(ValueError, match="above zero"):
        fit_spending(np.array([1.0, 2.0]), np.array([5.0, 0.0]))

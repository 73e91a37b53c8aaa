"""What goes with buying and leaving: logistic regression with bootstrap intervals.

Association, not cause: nobody drew lots who orders often. Customers are drawn, not cases. Features
that say nearly the same are left out, or their coefficients would share one effect at random.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from crm_tasks.contracts.ml import DRIVERS
from crm_tasks.ml.propensity.candidates import Scaling
from crm_tasks.ml.propensity.panel import columns, usable_columns

if TYPE_CHECKING:
    import datetime as dt

    import numpy.typing as npt

    from crm_tasks.ml.propensity.panel import Panel
    from crm_tasks.ml.propensity.params import PropensityParams, Target

    Floats = npt.NDArray[np.float64]

#: Visits and complaints as rates of the time somebody was a customer, which is held equal itself:
#: a count grows with it, and who has left makes no more.
DRIVING = (
    "recency_days", "customer_age_days", "mean_gap_days", "n_orders_90d", "mean_order_amount",
    "discount_share", "return_share", "late_share", "visits_per_90d", "low_score_share",
    "complaints_per_90d", "n_open_issues", "n_contacts_90d", "n_redemptions_90d", "csat_last",
)  # fmt: skip
ASSOCIATION = "association"
CASES_AT_MOST = 50_000


def driver_rows(
    target: Target, panel: Panel, as_of: dt.date, params: PropensityParams
) -> list[dict[str, Any]]:
    """Return the rows of ml.drivers of one target, none where the answers are too few."""
    few = int(min(panel.labels.sum(), len(panel) - panel.labels.sum()))
    features = tuple(name for name in DRIVING if name in usable_columns(panel.matrix))
    if few < params.judgement.positives_at_least or not features:
        return []
    kept = np.sort(np.argsort(panel.customers, kind="stable")[:CASES_AT_MOST])
    labels, customers = panel.labels[kept], panel.customers[kept]
    if len(np.unique(labels)) < 2:  # noqa: PLR2004
        return []
    chosen = columns(panel.matrix[kept], features)
    matrix = Scaling.fit(chosen)(chosen)
    drawn = _coefficients(matrix, labels, customers, params)
    tail = (1 - params.judgement.level) / 2
    low, high = np.quantile(drawn[1:], [tail, 1 - tail], axis=0)
    weight = np.abs(drawn[0]) / np.abs(drawn[0]).sum()
    return [
        {
            "target": target.name, "feature": name,
            "coefficient": round(float(drawn[0, k]), 6),
            "odds_ratio": round(float(np.exp(drawn[0, k])), 6),
            "ci_low": round(float(np.exp(low[k])), 6), "ci_high": round(float(np.exp(high[k])), 6),
            "importance": round(float(weight[k]), 6), "direction": _direction(low[k], high[k]),
            "is_causal": False, "label": ASSOCIATION, "n": len(labels), "as_of_date": as_of,
        }
        for k, name in enumerate(features)
    ]  # fmt: skip


def driver_table(rows: list[dict[str, Any]]) -> pa.Table:
    """Return the rows of ml.drivers."""
    return pa.Table.from_pylist(rows, schema=DRIVERS.arrow_schema)


def _coefficients(matrix: Floats, labels: Any, customers: Any, params: PropensityParams) -> Floats:
    """Return the coefficients as found (row 0) and of each resample of customers."""
    rng = np.random.default_rng(params.seed)
    place = np.unique(customers, return_inverse=True)[1]
    n = int(place.max()) + 1
    found = []
    # Each fit begins where the one before it ended: a step or two from its own answer.
    model = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-3, warm_start=True)
    with threadpool_limits(1):
        for number in range(params.driver_resamples + 1):
            times = np.ones(n) if not number else rng.multinomial(n, np.full(n, 1 / n))
            found.append(model.fit(matrix, labels, sample_weight=times[place]).coef_[0].copy())
    return np.array(found)


def _direction(low: float, high: float) -> str:
    if low > 0:
        return "raises"
    return "lowers" if high < 0 else "unclear"

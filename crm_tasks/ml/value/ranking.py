"""Who will be worth most: gradient boosting on what is known of each customer.

It has no model of leaving and gives no interval, but it may see what a formula of three numbers
does not; it stands beside the value model, and out of time decides who ranks better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    import numpy.typing as npt

    from crm_tasks.ml.value.histories import PurchaseDays, Seen
    from crm_tasks.ml.value.model import ValueParams

    Floats = npt.NDArray[np.float64]

FEATURES = (
    "repeat_purchases",
    "age_days",
    "days_since_last",
    "active_span_days",
    "mean_repeat_amount",
    "total_amount",
    "amount_30d",
    "amount_90d",
    "purchases_30d",
    "purchases_90d",
)


def features_at(days: PurchaseDays, seen: Seen) -> Floats:
    """Return what is known of each customer when ``seen`` ends, one column per FEATURES."""
    end = seen.end
    recent = [days.bought_between(end - length, end) for length in (30, 90)]
    purchases, amounts = zip(*recent, strict=True)
    return np.column_stack(
        [
            seen.x, end - seen.first, end - seen.last, seen.last - seen.first, seen.mean,
            seen.total,
            *(each[seen.customer] for each in amounts),
            *(each[seen.customer] for each in purchases),
        ]
    ).astype(np.float64)  # fmt: skip


def fit_ranking(
    days: PurchaseDays, seen: Seen, until: int, params: ValueParams
) -> HistGradientBoostingRegressor:
    """Return a model of the amount each customer pays from the end of ``seen`` to day ``until``."""
    sample = seen.sample(params.customers_at_most)
    features = features_at(days, sample)
    paid = np.maximum(days.bought_between(sample.end, until)[1][sample.customer], 0.0)
    model = HistGradientBoostingRegressor(
        loss="squared_error", max_iter=80, learning_rate=0.06, max_leaf_nodes=15,
        min_samples_leaf=20, l2_regularization=1.0, early_stopping=False, random_state=params.seed,
    )  # fmt: skip
    with threadpool_limits(1):
        return model.fit(features, paid)


def expected_amounts(
    model: HistGradientBoostingRegressor, days: PurchaseDays, seen: Seen
) -> Floats:
    """Return the amount expected of each customer over the period the model learned."""
    with threadpool_limits(1):
        return np.asarray(np.maximum(model.predict(features_at(days, seen)), 0.0))

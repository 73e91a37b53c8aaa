"""ml.clv: what each customer is expected to buy and pay, by the model that was judged to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from crm_tasks.contracts.ml_outlook import CLV
from crm_tasks.ml.value.model import ValueModel, ValueParams, own_rate

if TYPE_CHECKING:
    import datetime as dt

    import numpy.typing as npt

    from crm_tasks.ml.value.histories import PurchaseDays, Seen

    Floats = npt.NDArray[np.float64]

DECIMALS = 6
NEW_DAYS = 30
DRAWS_AT_ONCE = 4_000_000


def worth_of_customers(  # noqa: PLR0913 (a table is made of all of these)
    days: PurchaseDays,
    seen: Seen,
    model: ValueModel | None,
    boosted: Floats | None,
    params: ValueParams,
    *,
    as_of: dt.date,
    currency_code: str,
) -> pa.Table:
    """Return the rows of ml.clv: every customer with a dated purchase.

    ``model`` None: their own rate goes on, and nothing is said of leaving or of an interval.
    ``boosted`` are amounts by the boosted ranking, None where it could not learn.
    """
    n, nothing = len(seen.x), pa.nulls(len(seen.x), pa.float64())
    value = _mean_amount(seen) if model is None else model.expected_value(seen)
    columns: dict[str, Any] = {
        "customer_id": days.ids.take(pa.array(seen.customer)),
        "frequency": seen.x.astype(np.int64),
        "recency": seen.last - seen.first,
        "T": seen.end - seen.first,
        "is_new": seen.end - seen.first < NEW_DAYS,
        "p_alive": nothing if model is None else model.p_alive(seen).round(DECIMALS),
        "expected_order_value": value.round(2),
        "currency_code": pa.repeat(currency_code, n),
        "boosted_rank": pa.nulls(n, pa.int64()) if boosted is None else _rank(boosted),
        "method": pa.repeat("own_rate" if model is None else model.name, n),
        "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), n),
    }
    for horizon in params.horizons:
        expected = own_rate(seen, horizon) if model is None else (
            model.expected_purchases(seen, horizon))  # fmt: skip
        columns[f"expected_purchases_{horizon}d"] = expected.round(DECIMALS)
        columns[f"p_buys_{horizon}d"] = (
            nothing if model is None else model.p_buys(seen, horizon).round(DECIMALS)
        )
    worth = columns[f"expected_purchases_{params.horizons[-1]}d"] * value
    columns["clv_365d"] = worth.round(2)
    columns["value_rank"] = _rank(worth)
    low, high = (nothing, nothing) if model is None else _points(seen, model, params)
    return pa.table(columns | {"clv_p10": low, "clv_p90": high}).select(list(CLV.column_names))


def _mean_amount(seen: Seen) -> Floats:
    return np.maximum(seen.total / (seen.x + 1), 0.0)


def _rank(score: Floats) -> npt.NDArray[np.int64]:
    """Return 1 for the highest; of equal ones the first customer_id comes first."""
    rank = np.empty(len(score), dtype=np.int64)
    rank[np.argsort(-score.round(DECIMALS), kind="stable")] = np.arange(1, len(score) + 1)
    return rank


def _points(seen: Seen, model: ValueModel, params: ValueParams) -> tuple[Floats, Floats]:
    """Return the 10 % and 90 % points of what each may pay, drawn some customers at a time."""
    rng = np.random.default_rng(params.seed)
    at_once = max(DRAWS_AT_ONCE // params.draws, 1)
    found = []
    for start in range(0, len(seen.x), at_once):
        part = seen.take(np.arange(start, min(start + at_once, len(seen.x))))
        drawn = model.drawn_values(part, params.horizons[-1], params.draws, rng)
        found.append(np.quantile(drawn, [0.1, 0.9], axis=1))
    low, high = np.concatenate(found, axis=1) if found else np.empty((2, 0))
    return low.round(2), high.round(2)

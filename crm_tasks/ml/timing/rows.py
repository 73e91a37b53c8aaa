"""Rows of ml.predictions: when each customer buys next, and whether within a month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.contracts.ml import PREDICTIONS
from crm_tasks.ml.timing.beside import FARTHEST, OwnGap
from crm_tasks.ml.timing.hazard import Hazard, features_at

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

    from crm_tasks.ml.timing.beside import Sharing
    from crm_tasks.ml.value.histories import PurchaseDays, Seen

    Floats = npt.NDArray[np.float64]

#: Customers answered at once: a year of weeks each.
AT_ONCE = 100_000
DATE, BUYS = "next_purchase_date", "buys_within"
HORIZON = 30


def date_rows(
    days: PurchaseDays, seen: Seen, method: Hazard | OwnGap, version: str, as_of: dt.date
) -> pa.Table:
    """Return each customer's date: the as-of date or later."""
    told = {} if isinstance(method, OwnGap) else _by_hazard(days, seen, method)
    waits = method.waits(seen) if isinstance(method, OwnGap) else told.pop("waits")
    whole = np.floor(waits + 0.5).astype(np.int64)
    dates = (np.datetime64(as_of, "D") + whole).astype(str).tolist()
    told |= {"value": whole.astype(np.float64), "value_label": dates}
    return _rows(days, seen, (DATE, 0), version, as_of, told)


def within_rows(
    days: PurchaseDays, seen: Seen, method: Sharing, version: str, as_of: dt.date
) -> pa.Table:
    """Return each customer's probability of a purchase within the horizon."""
    parts = [method.p_within(part, HORIZON) for part in _in_batches(features_at(days, seen))]
    p = np.concatenate([np.empty(0), *parts]).round(6)
    return _rows(days, seen, (BUYS, HORIZON), version, as_of, {"value": p, "probability": p})


def _by_hazard(days: PurchaseDays, seen: Seen, hazard: Hazard) -> dict[str, Any]:
    found: dict[str, list[Floats]] = {name: [] for name in ("waits", "p10", "p90", "probability")}
    for part in _in_batches(features_at(days, seen)):
        middle, low, high = hazard.days_at(part, (0.5, 0.1, 0.9), FARTHEST)
        told = (middle, low, high, hazard.p_within(part, HORIZON).round(6))
        for name, values in zip(found, told, strict=True):
            found[name].append(values if name == "probability" else values.round())
    return {name: np.concatenate([np.empty(0), *parts]) for name, parts in found.items()}


def _in_batches(features: Floats) -> Iterator[Floats]:
    for start in range(0, len(features), AT_ONCE):
        yield features[start : start + AT_ONCE]


def _rows(
    days: PurchaseDays,
    seen: Seen,
    asked: tuple[str, int],
    version: str,
    as_of: dt.date,
    told: Mapping[str, Any],
) -> pa.Table:
    n, (target, horizon) = len(seen.x), asked
    ids = days.ids.take(pa.array(seen.customer))
    given = {
        "prediction_id": pc.binary_join_element_wise(ids, f"{target}:{horizon}", ":"),
        "customer_id": ids,
        "target": pa.repeat(target, n),
        "horizon_days": pa.repeat(pa.scalar(horizon, pa.int32()), n),
        "model_version": pa.repeat(version, n),
        "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), n),
        **{name: pa.array(values) for name, values in told.items()},
    }
    schema = PREDICTIONS.arrow_schema
    columns = [given.get(field.name, pa.nulls(n, field.type)) for field in schema]
    return pa.table([c.cast(f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)

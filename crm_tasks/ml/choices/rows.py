"""Rows of ml.predictions of what comes next, whenever it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.contracts.ml import PREDICTIONS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping


def prediction_rows(
    target: str, ids: pa.Array, as_of: dt.date, told: Mapping[str, Any]
) -> pa.Table:
    """Return one row per customer; ``told`` gives columns, or one text for all rows."""
    n = len(ids)
    given = {name: pa.repeat(v, n) if isinstance(v, str) else v for name, v in told.items()}
    given |= {
        "prediction_id": pc.binary_join_element_wise(ids, target, "0", ":"),
        "customer_id": ids,
        "target": pa.repeat(target, n),
        "horizon_days": pa.repeat(pa.scalar(0, pa.int32()), n),
        "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), n),
    }
    schema = PREDICTIONS.arrow_schema
    columns = [given.get(one.name, pa.nulls(n, one.type)) for one in schema]
    return pa.table([c.cast(f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)

"""The model that answers until it is time for another: what the predecessor's tables say of it.

A run takes the models its predecessor used, so what it answers follows from its inputs alone: done
again, or after a later date was made again, it gives the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from crm_tasks.ml.propensity.drift import Reference
    from crm_tasks.ml.propensity.params import PropensityParams, Target
    from crm_tasks.ml.propensity.season import Seasonal

#: Tables whose rows of a target stay as they are while its model does.
CARRIED = (
    "ml.models", "ml.model_metrics", "ml.reliability_bins", "ml.model_comparisons", "ml.drivers",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Standing:
    """A target's model in force, with the rows that were written when it was trained."""

    version: str
    model: Seasonal
    reference: Reference
    trained_as_of: dt.date
    rows: Mapping[str, pa.Table]


def rows_of(target: Target, tables: Mapping[str, pa.Table], as_of: dt.date) -> dict[str, pa.Table]:
    """Return a target's rows of each table, as of another date."""
    found = {}
    for name, rows in tables.items():
        own = rows.filter(pc.equal(rows.column("target"), target.name))
        place = own.column_names.index("as_of_date")
        dates = pa.repeat(pa.scalar(as_of, pa.date32()), own.num_rows)
        found[name] = own.set_column(place, own.schema.field(place), dates)
    return found


def champion_of(target: Target, models: pa.Table) -> dict[str, Any] | None:
    """Return the row of ml.models that answers for a target, or None."""
    rows = [
        row
        for row in models.to_pylist()
        if row["target"] == target.name and row["status"] == "champion"
    ]
    return rows[0] if rows else None


def why_train(
    target: Target,
    standing: Standing | None,
    as_of: dt.date,
    drift: Mapping[str, Any] | None,
    params: PropensityParams,
) -> str | None:
    """Return why a target is learned anew, or None while its model goes on answering."""
    if standing is None:
        return "first model"
    verdicts = standing.rows["ml.model_comparisons"].column("verdict").to_pylist()
    if set(verdicts) <= {"not_judged"}:
        return "not judged before"
    tried = standing.rows["ml.model_comparisons"].column("judged_as_of").drop_null().to_pylist()
    age = (as_of - max([standing.trained_as_of, *tried])).days
    due = max(params.retrain_after_days, target.horizon_days)
    if age >= due:
        return f"judged {age} days ago, due after {due}"
    if drift and drift["psi"] is not None and drift["psi"] > params.psi_limit:
        return f"drift of {drift['psi_feature']}: PSI {drift['psi']:.2f} above {params.psi_limit}"
    return None

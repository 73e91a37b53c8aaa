"""Landed batches as the landing views read them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from crm_tasks.landing.views import LandedBatch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crm_tasks.warehouse.home import Home


def landed_batches(home: Home, rows: Sequence[Mapping[str, Any]]) -> list[LandedBatch]:
    """Return the batches of ``ops.batches`` rows with the place of their Parquet."""
    return [
        LandedBatch(
            batch_id=row["batch_id"],
            landing_sequence=row["landing_sequence"],
            source_system=row["source_system"],
            table_name=row["table_name"],
            parquet_glob=str(
                home.landing
                / row["source_system"]
                / row["table_name"]
                / f"batch={row['batch_id']}"
                / "*.parquet"
            ),
            landed_at=dt.datetime.fromisoformat(row["landed_at"]),
        )
        for row in rows
    ]

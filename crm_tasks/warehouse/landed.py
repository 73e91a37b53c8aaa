"""Landed batches as the landing views read them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

from crm_tasks.landing.views import LandedBatch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crm_tasks.warehouse.home import Home


def landed_batches(home: Home, rows: Sequence[Mapping[str, Any]]) -> list[LandedBatch]:
    """Return the batches of the ledger's rows with the place of their Parquet."""
    taken_out = Counter[str]()
    for row in rows:
        if row["completes_batch_id"] is not None:
            taken_out[row["completes_batch_id"]] += row["n_loaded"]
    return [
        LandedBatch(
            batch_id=row["batch_id"],
            landing_sequence=row["place"],
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
            n_loaded=row["n_loaded"],
            n_missing=max(0, row["n_quarantined"] - taken_out[row["batch_id"]]),
            is_part=row["completes_batch_id"] is not None,
        )
        for row in rows
    ]

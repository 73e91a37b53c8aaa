"""Sources written by what matters, landed as Parquet, and read through the landing views."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from crm_tasks.landing.views import LandedBatch, landing_views_sql
from crm_tasks.profiles import Profile
from crm_tasks.warehouse.connection import file_engine

if TYPE_CHECKING:
    from pathlib import Path

LANDED_AT = dt.datetime.fromisoformat("2024-07-01 03:00:00")


def source_table(feeds: dict[str, dict[str, Any]], **about: Any) -> dict[str, Any]:
    """Return a table of a profile; its columns are those its feeds read, unless given."""
    return {
        "name": "things",
        "files": "things.csv",
        "format": "csv",
        "columns": {"id": "plain", "name": "plain"},
        "feeds": [{"entity": entity, **feed} for entity, feed in feeds.items()],
        **about,
    }


def profile(*tables: dict[str, Any], **systems: list[dict[str, Any]]) -> Profile:
    """Return a profile of the source `shop` with these tables, or of several sources."""
    return Profile.model_validate(
        {
            "profile": "small",
            "title": "Small",
            "provenance": "Written by hand",
            "time_zone": "UTC",
            "currency_code": "EUR",
            "contact": {"channels": ["mail"]},
            "sources": [
                {
                    "source_system": name,
                    "root": "data",
                    "known_at": {"rule": "event"},
                    "tables": listed,
                }
                for name, listed in (systems or {"shop": list(tables)}).items()
            ],
        }
    )


def landed(
    folder: Path, rows: dict[str, list[Any]], place: str = "shop/things", sequence: int = 1
) -> LandedBatch:
    """Write rows as a batch lies in the lake; the first record is number 1."""
    system, table = place.split("/")
    batch_id = f"{system}-{table}-{sequence}"
    n = len(next(iter(rows.values())))
    metadata = {
        "source_file_sha256": pa.repeat(f"file-{sequence}", n),
        "byte_offset": pa.nulls(n, pa.int64()),
        "record_no": pa.array(rows.get("record_no", list(range(1, n + 1))), pa.int64()),
        "extracted_at": pa.repeat(pa.scalar(LANDED_AT, pa.timestamp("us")), n),
        "batch_id": pa.repeat(batch_id, n),
    }
    columns = {name: pa.array(values) for name, values in rows.items() if name not in metadata}
    batch = folder / f"batch={batch_id}"
    batch.mkdir(parents=True)
    pq.write_table(pa.table({**columns, **metadata}), batch / "rows.parquet")
    return LandedBatch(batch_id, sequence, system, table, str(batch / "*.parquet"), LANDED_AT)


def view(folder: Path, told: Profile, batches: list[LandedBatch], entity: str) -> pa.Table:
    """Return all rows of the view of an entity, in the order of batch and record."""
    with file_engine(folder, "1GB", threads=1) as connection:
        connection.execute(landing_views_sql(told, batches))
        return connection.sql(
            f"select * from landing.landing_{entity} order by landing_sequence, record_no"
        ).to_arrow_table()

"""What the ledger keeps of landing: batches in landing order, quarantine, schema changes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_tasks.contracts import ops
from crm_tasks.warehouse.audit import append_in
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.ops_store import insert_rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from crm_tasks.warehouse.ledger import Claim, Ledger


@dataclass(frozen=True)
class LandedFile:
    """A batch as landing found it: whose it is, its manifest and the file's columns."""

    profile: str
    source_system: str
    table_name: str
    manifest: Mapping[str, Any]
    columns: Mapping[str, str]
    quarantine_name: str
    undeclared: tuple[str, ...] = ()
    has_cursor: bool = False
    delivery_no: int = 1
    completes_batch_id: str | None = None


def record_batch(ledger: Ledger, claim: Claim, landed: LandedFile) -> bool:
    """Give a new batch its place in the landing order; a known one keeps its place.

    Returns whether it is new.
    """
    batch_id = landed.manifest["batch_id"]
    with ledger.fenced(claim) as connection:
        query = "select 1 from batches where batch_id = ?"
        if connection.execute(query, (batch_id,)).fetchone():
            return False
        _note_schema_changes(connection, landed)
        _release_taken_up(connection, landed)
        insert_rows(connection, ops.BATCHES, [_batch_row(connection, landed)])
        insert_rows(connection, ops.QUARANTINE, _quarantine_rows(landed))
        insert_rows(connection, ops.WATERMARKS, _watermarks(connection, landed))
        counts = {
            name: landed.manifest[f"n_{name}"] for name in ("records", "loaded", "quarantined")
        }
        append_in(connection, "batch.landed", batch_id, counts)
    return True


def delivery_no(ledger: Ledger, profile: str, where: tuple[str, str], sha256: str) -> int:
    """Return which delivery these bytes are, of a table whose whole state they are.

    1, unless the table held them before, something else since, and now them again: then a replay
    of the old batch would leave the table as it was in between.

    Parameters
    ----------
    where : tuple of str
        Source system and table.
    """
    rows = ledger.store.rows(
        "select source_file_sha256 as sha256, coalesce(delivery_no, 1) as number from batches "
        "where profile = ? and source_system = ? and table_name = ? and completes_batch_id is null "
        "order by coalesce(first_landing_sequence, landing_sequence)",
        (profile, *where),
    )
    same = [int(row["number"]) for row in rows if row["sha256"] == sha256]
    if not same:
        return 1
    return max(same) + int(rows[-1]["sha256"] != sha256)


def _batch_row(connection: sqlite3.Connection, landed: LandedFile) -> dict[str, Any]:
    """Return the row of a new batch; bytes landed before keep the moment and place they had."""
    query = "select coalesce(max(landing_sequence), 0) + 1 from batches"
    sequence = connection.execute(query).fetchone()[0]
    first = connection.execute(
        "select landed_at, coalesce(first_landing_sequence, landing_sequence) as sequence "
        "from batches where profile = ? and source_system = ? and table_name = ? "
        "and source_file_sha256 = ? and coalesce(delivery_no, 1) = ? order by landing_sequence",
        (
            landed.profile,
            landed.source_system,
            landed.table_name,
            landed.manifest["source_file_sha256"],
            landed.delivery_no,
        ),
    ).fetchone()
    return {
        **landed.manifest,
        "landing_sequence": sequence,
        "profile": landed.profile,
        "source_system": landed.source_system,
        "table_name": landed.table_name,
        "columns": json.dumps(dict(landed.columns)),
        "landed_at": utc_now() if first is None else first["landed_at"],
        "first_landing_sequence": sequence if first is None else first["sequence"],
        "delivery_no": landed.delivery_no,
        "completes_batch_id": landed.completes_batch_id,
    }


def _watermarks(connection: sqlite3.Connection, landed: LandedFile) -> list[dict[str, Any]]:
    """Return how far the table is loaded now; of one with a cursor, its highest value landed."""
    extract = landed.manifest.get("extract") or {}
    high = (extract.get("cursor") or {}).get("high")
    if high is None and _has_cursor(connection, landed):
        return []  # a replay lands what was set aside, and moves no cursor
    query = "select max(landing_sequence) from batches"
    return [
        {
            "source_system": landed.source_system,
            "entity": landed.table_name,
            "high_watermark": high or str(connection.execute(query).fetchone()[0]),
            "loaded_at": utc_now(),
        }
    ]


def _has_cursor(connection: sqlite3.Connection, landed: LandedFile) -> bool:
    return landed.has_cursor and bool(
        connection.execute(
            "select 1 from watermarks where source_system = ? and entity = ?",
            (landed.source_system, landed.table_name),
        ).fetchone()
    )


def _quarantine_rows(landed: LandedFile) -> list[dict[str, Any]]:
    manifest, now = landed.manifest, utc_now()
    return [
        {
            "quarantine_id": quarantine_id(manifest["batch_id"], str(record_no), reason),
            "source_system": landed.source_system,
            "entity": landed.table_name,
            "source_record_id": str(record_no),
            "batch_id": manifest["batch_id"],
            "source_file_sha256": manifest["source_file_sha256"],
            "byte_offset": offset,
            "byte_length": length,
            "stage": "landing",
            "reason": reason,
            "payload_ref": f"{landed.quarantine_name}#{record_no}",
            "first_seen_at": now,
        }
        for record_no, offset, length, reason in manifest["refused"]
    ]


def _release_taken_up(connection: sqlite3.Connection, landed: LandedFile) -> None:
    """Mark what earlier landings of the same file set aside: it has been taken up again.

    A full extract takes up whatever earlier extracts of its table set aside.
    """
    is_whole = (landed.manifest.get("extract") or {}).get("kind") == "full"
    same = "? is not null" if is_whole else "source_file_sha256 = ?"
    connection.execute(
        "update quarantine set released_at = ? where released_at is null and source_system = ? "
        f"and entity = ? and {same} and stage in ('landing', 'file')",
        (
            utc_now().isoformat(sep=" "),
            landed.source_system,
            landed.table_name,
            landed.manifest["source_file_sha256"],
        ),
    )


def record_refused_file(
    ledger: Ledger, claim: Claim, where: tuple[str, str, str, int], reason: str
) -> None:
    """Note a file refused as a whole by table, digest and size; its bytes stay where they are."""
    source_system, table_name, sha256, size = where
    row = {
        "quarantine_id": quarantine_id(source_system, table_name, sha256, reason),
        "source_system": source_system,
        "entity": table_name,
        "source_record_id": "file",
        "source_file_sha256": sha256,
        "byte_offset": 0,
        "byte_length": size,
        "stage": "file",
        "reason": reason,
        "first_seen_at": utc_now(),
    }
    ledger.record(claim, ops.QUARANTINE, [row])


def quarantine_id(*parts: str) -> str:
    """Return the digest that names a quarantined record: the same record, the same name."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _note_schema_changes(connection: sqlite3.Connection, landed: LandedFile) -> None:
    last = connection.execute(
        "select columns from batches where source_system = ? and table_name = ? "
        "order by landing_sequence desc limit 1",
        (landed.source_system, landed.table_name),
    ).fetchone()
    now = landed.columns
    if last is None:
        before = {name: kind for name, kind in now.items() if name not in landed.undeclared}
    else:
        before = json.loads(last["columns"])
    changes = {
        **dict.fromkeys(now.keys() - before.keys(), ("added", None)),
        **dict.fromkeys(before.keys() - now.keys(), ("removed", None)),
        **{
            name: ("retyped", f"{before[name]} -> {now[name]}")
            for name in before.keys() & now.keys()
            if before[name] != now[name]
        },
    }
    rows = [
        {
            "source_system": landed.source_system,
            "table_name": landed.table_name,
            "column_name": name,
            "change": change,
            "detail": detail,
            "detected_at": utc_now(),
        }
        for name, (change, detail) in sorted(changes.items())
    ]
    insert_rows(connection, ops.SCHEMA_CHANGES, rows)

"""What was set aside: find it again, look at its bytes, and take it up once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from crm_tasks.errors import RunStateError
from crm_tasks.warehouse.audit import append_in
from crm_tasks.warehouse.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.privacy.vault import Vault
    from crm_tasks.warehouse.home import Home
    from crm_tasks.warehouse.ledger import Ledger

OPEN = "released_at is null"


def set_aside(
    ledger: Ledger,
    source: str | None = None,
    reason: str | None = None,
    *,
    also_released: bool = False,
) -> list[dict[str, Any]]:
    """Return the quarantined records, of one source or reason where asked, oldest first."""
    query = (
        "select * from quarantine where (? is null or source_system = ?) "
        "and (? is null or reason = ? or reason like ? || '\\_%' escape '\\') and (? or "
        f"{OPEN}) order by first_seen_at, quarantine_id"
    )
    return ledger.store.rows(query, (source, source, reason, reason, reason, also_released))


def find_set_aside(ledger: Ledger, name: str) -> dict[str, Any]:
    """Return the one record whose id begins with ``name``.

    Raises
    ------
    RunStateError
        None does, or several do.
    """
    query = "select * from quarantine where substr(quarantine_id, 1, length(?)) = ?"
    found = ledger.store.rows(query, (name, name))
    if len(found) != 1:
        how_many = "no record" if not found else f"{len(found)} records"
        raise RunStateError(f"quarantine: {how_many} with an id that begins with {name!r}")
    return found[0]


def raw_bytes(vault: Vault, row: dict[str, Any]) -> bytes:
    """Return a record's bytes as they stood in its file.

    Raises
    ------
    RunStateError
        The record has none in the vault (a whole file, or a row that staging refused).
    """
    if row["payload_ref"] is None:
        raise RunStateError(
            f"quarantine {row['quarantine_id']}: stage {row['stage']} keeps no bytes in the vault"
        )
    folder, _, record = row["payload_ref"].partition("#")
    for part in sorted((vault.root / folder).glob("part-*")):
        rows = vault.get(f"{folder}/{part.name}")
        if rows is not None:
            kept = rows.filter(pc.equal(rows.column("record_no"), int(record)))
            if kept.num_rows:
                raw: bytes = kept.column("raw")[0].as_py()
                return raw
    raise RunStateError(f"quarantine {row['quarantine_id']}: its bytes are gone from the vault")


def landed_record(home: Home, ledger: Ledger, row: dict[str, Any]) -> dict[str, Any]:
    """Return the source record behind a row that staging refused, as the lake holds it.

    Raises
    ------
    RunStateError
        The batch is not there any more.
    """
    batches = ledger.store.rows("select * from batches where batch_id = ?", (row["batch_id"],))
    if not batches:
        raise RunStateError(f"quarantine {row['quarantine_id']}: its batch is not known")
    batch = batches[0]
    folder = home.landing / batch["source_system"] / batch["table_name"]
    file = folder / f"batch={row['batch_id']}" / "rows.parquet"
    if not file.is_file():
        raise RunStateError(f"quarantine {row['quarantine_id']}: its batch is gone from the lake")
    record_no = int(row["source_record_id"])
    found = pq.read_table(file, filters=[("record_no", "=", record_no)], partitioning=None)
    records: list[dict[str, Any]] = found.to_pylist()
    return records[0] if records else {}


def release(ledger: Ledger, quarantine_ids: Sequence[str], batch_id: str) -> None:
    """Mark records as taken up again by a batch."""
    with ledger.store.transaction() as connection:
        now = utc_now().isoformat(sep=" ")
        connection.executemany(
            "update quarantine set released_at = ? where quarantine_id = ?",
            [(now, name) for name in quarantine_ids],
        )
        detail = {"records": len(quarantine_ids)}
        append_in(connection, "quarantine.replayed", batch_id, detail, role="operator")


def release_typed(ledger: Ledger, batch_ids: Sequence[str], still_refused: Sequence[str]) -> None:
    """Mark rows of these batches that staging refused before and accepts now."""
    refused, batches = set(still_refused), set(batch_ids)
    rows = ledger.store.rows(
        "select quarantine_id, batch_id, released_at from quarantine where stage = 'staging'"
    )
    mine = [row for row in rows if row["batch_id"] in batches]
    now = utc_now().isoformat(sep=" ")
    accepted: list[tuple[str | None, str]] = [
        (now, row["quarantine_id"])
        for row in mine
        if row["quarantine_id"] not in refused and row["released_at"] is None
    ]
    again: list[tuple[str | None, str]] = [
        (None, row["quarantine_id"])
        for row in mine
        if row["quarantine_id"] in refused and row["released_at"] is not None
    ]
    if accepted or again:
        with ledger.store.transaction() as connection:
            connection.executemany(
                "update quarantine set released_at = ? where quarantine_id = ?", accepted + again
            )

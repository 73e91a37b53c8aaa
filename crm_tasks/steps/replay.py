"""Land quarantined records again under the profile as it is now."""

from __future__ import annotations

import hashlib
import io
import json
import logging
from itertools import groupby
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from crm_tasks.connectors.delimited import read_delimited
from crm_tasks.connectors.json_files import outer_columns, read_json
from crm_tasks.contracts.frames import StepReport
from crm_tasks.errors import CrmError, LandingRefused, ProfileError
from crm_tasks.landing.rows import BatchOrigin
from crm_tasks.profiles import load_profile
from crm_tasks.steps.landing_place import Landing, landed_file
from crm_tasks.warehouse.batches import landed_manifest, write_batch
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.landing_records import record_batch
from crm_tasks.warehouse.meter import Meter
from crm_tasks.warehouse.quarantine import raw_bytes, release, set_aside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crm_tasks.landing.rows import Chunk
    from crm_tasks.profiles import SourceTable
    from crm_tasks.settings import Settings
    from crm_tasks.warehouse.ledger import Ledger

log = logging.getLogger(__name__)

LINE_ENDS = ("\n", "\r")


def replay(
    settings: Settings,
    ledger: Ledger,
    source: str | None = None,
    reason: str | None = None,
    dialect: Mapping[str, str] | None = None,
) -> StepReport:
    """Land again what the settings' profile, as it is now, can read; the rest stays set aside.

    Parameters
    ----------
    source, reason : str, optional
        Which records; all open ones where left out.
    dialect : mapping, optional
        What these records alone are written in, where it is not what the profile declares for the
        file (``delimiter``, ``quote``, ``escape``, ``encoding``).

    Raises
    ------
    ProfileError
        The profile has no such source table, or the dialect is none.
    """
    profile = load_profile(settings.profile)
    claim = ledger.claim(f"replay-{uuid4()}", "replay", None)
    landing = Landing.of(settings, profile, Home(settings.home_path), ledger, claim)
    meter = Meter()
    try:
        report = _replay_all(landing, set_aside(ledger, source, reason), dialect or {})
    except BaseException as error:
        message = str(error) if isinstance(error, CrmError) else type(error).__name__
        ledger.finish(claim, "failed", StepReport(message=message), meter.usage())
        raise
    ledger.finish(claim, "success", report, meter.usage())
    return report


def _replay_all(
    landing: Landing, rows: Sequence[dict[str, Any]], dialect: Mapping[str, str]
) -> StepReport:
    landed = sorted((row for row in rows if row["stage"] == "landing"), key=_batch)
    released = sum(
        _replay_batch(landing, batch, list(group), dialect)
        for batch, group in groupby(landed, key=_batch)
    )
    return StepReport(
        rows_in=len(landed),
        rows_written=released,
        rows_quarantined=len(landed) - released,
        message=f"{released} of {len(landed)} quarantined records landed",
    )


def _batch(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["source_system"], row["entity"], row["batch_id"]


def _replay_batch(
    landing: Landing,
    batch: tuple[str, str, str],
    rows: Sequence[dict[str, Any]],
    dialect: Mapping[str, str],
) -> int:
    source_system, table_name, batch_id = batch
    table = _table(landing, source_system, table_name, dialect)
    if not _stands_alone(table):
        where = f"{source_system}.{table_name}"
        log.warning("%s: mend the records where they come from and land them again", where)
        return 0
    rows = sorted(rows, key=lambda row: int(row["source_record_id"]))
    header = _header(landing, table, batch_id)
    raws = [raw_bytes(landing.vault, row) for row in rows]
    taken = [n for n, raw in enumerate(raws) if len(raws) == 1 or _holds(header, [raw], table)]
    content = _content(header, [raws[n] for n in taken], table)
    if not taken or not _holds(header, [raws[n] for n in taken], table):
        return 0
    digest = hashlib.sha256(content).hexdigest()
    place = landing.place(source_system, table, digest)
    if landed_manifest(place.folder) is None:
        origin = BatchOrigin(place.batch_id, digest, utc_now())
        chunks = _chunks(content, table)
        write_batch(place, chunks, origin, landing.token_key, landing.vault, landing.claim.token)
    landed = landed_file(place, landing.profile, completes_batch_id=batch_id)
    record_batch(landing.ledger, landing.claim, landed)
    release(landing.ledger, [rows[n]["quarantine_id"] for n in taken], place.batch_id)
    return len(taken)


def _table(
    landing: Landing, source_system: str, table_name: str, dialect: Mapping[str, str]
) -> SourceTable:
    found = [
        table
        for source in landing.profile.sources
        for table in source.tables
        if (source.source_system, table.name) == (source_system, table_name)
    ]
    if not found:
        raise ProfileError(
            f"profile {landing.profile.profile} has no table {source_system}.{table_name}"
        )
    try:
        return type(found[0]).model_validate(found[0].model_dump() | dict(dialect))
    except ValueError as error:
        raise ProfileError(f"dialect of the replay: {error}") from None


def _stands_alone(table: SourceTable) -> bool:
    """Return whether a record that was set aside says all that its table asks.

    What the web or a database said of it, and what stood around the array it was in, is gone.
    """
    is_asked = table.request is not None or table.table is not None or table.query is not None
    needs_envelope = any(up > len(table.inner_paths) for up, _ in outer_columns(table).values())
    return not is_asked and not needs_envelope


def _header(landing: Landing, table: SourceTable, batch_id: str) -> bytes:
    """Return the header of the file a batch was read from, as the table would write it."""
    if table.format not in ("csv", "json", "jsonl"):
        raise ProfileError(f"table {table.name}: land the {table.format} file again, mended")
    if table.format != "csv" or not table.has_header:
        return b""
    query = "select columns from batches where batch_id = ?"
    (batch,) = landing.ledger.store.rows(query, (batch_id,))
    names = [f"{table.quote}{name}{table.quote}" for name in json.loads(batch["columns"])]
    return (table.delimiter.join(names) + "\n").encode(_cut_out(table).encoding)


def _cut_out(table: SourceTable) -> SourceTable:
    """Return how records are written that were cut out of their file: no mark, no envelope."""
    is_marked = table.encoding == "utf-16"
    inner = "[].".join(table.inner_paths)
    records = f"[].{inner}" if inner and table.format == "json" else inner
    return table.model_copy(
        update={"records": records, **({"encoding": "utf-16-le"} if is_marked else {})}
    )


def _content(header: bytes, raws: Sequence[bytes], table: SourceTable) -> bytes:
    """Return a file that holds these records and nothing else."""
    encoding = _cut_out(table).encoding
    if table.format == "json":
        text = b",".join(encoded.decode(encoding).encode() for encoded in raws)
        return f"[{text.decode()}]".encode(encoding)
    ends = tuple(end.encode(encoding) for end in LINE_ENDS)
    return header + b"".join(raw if raw.endswith(ends) else raw + ends[0] for raw in raws)


def _chunks(content: bytes, table: SourceTable) -> Iterator[Chunk]:
    reader = read_delimited if table.format == "csv" else read_json
    yield from reader(io.BytesIO(content), _cut_out(table), "quarantine")


def _holds(header: bytes, raws: Sequence[bytes], table: SourceTable) -> bool:
    """Return whether each of the records becomes one row and nothing is left over."""
    try:
        chunks = list(_chunks(_content(header, raws, table), table))
    except (LandingRefused, UnicodeDecodeError):
        return False
    n_rows = sum(chunk.rows.num_rows for chunk in chunks)
    is_whole = bool(table.inner_paths) or n_rows == len(raws)
    return is_whole and not any(chunk.refused or chunk.n_blank for chunk in chunks)

"""Write a file's records as an immutable batch of the lake, all of it or nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from crm_tasks.errors import LandingRefused, listed
from crm_tasks.landing.rows import (
    BYTE_OFFSET,
    RECORD_NO,
    BatchOrigin,
    Chunk,
    lake_rows,
    no_rows,
    refused_rows,
    vault_rows,
)
from crm_tasks.warehouse.files import folder_aside, reveal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from crm_tasks.privacy.vault import Vault
    from crm_tasks.profiles import SourceTable
    from crm_tasks.warehouse.home import Home

MANIFEST = "manifest.json"
#: Digests of the rows that the next extract of a table with a cursor will meet again.
SEEN = "seen.arrow"
#: So many refused records, and so large a share, speak of a wrong dialect and not of bad records.
REFUSED_AT_LEAST, REFUSED_SHARE = 20, 0.05


@dataclass
class BatchCounts:
    """The conservation law of a batch: records = loaded + quarantined + blank."""

    n_loaded: int = 0
    n_blank: int = 0
    refused: list[tuple[int, int, int, str]] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)

    @property
    def n_records(self) -> int:
        return self.n_loaded + self.n_blank + len(self.refused)

    def add(self, chunk: Chunk) -> None:
        """Count one more chunk."""
        self.n_loaded += chunk.rows.num_rows
        self.n_blank += chunk.n_blank
        self.refused += [(r.record_no, r.byte_offset, len(r.raw), r.reason) for r in chunk.refused]
        self.columns.update(chunk.columns)
        self.notes |= chunk.notes

    def refuse_dialect(self) -> None:
        """Raise if so many records were refused that the profile must be wrong.

        Raises
        ------
        LandingRefused
            ``E_DIALECT``
        """
        n_filled = self.n_records - self.n_blank
        if len(self.refused) >= REFUSED_AT_LEAST and len(self.refused) > REFUSED_SHARE * n_filled:
            reasons = listed({reason for *_, reason in self.refused})
            raise LandingRefused(
                f"E_DIALECT: {len(self.refused)} of {n_filled} records do not fit ({reasons}); "
                "look at delimiter, quote, escape and encoding in the profile"
            )


@dataclass(frozen=True)
class Beside:
    """What a batch keeps beside its rows: facts in the manifest, and a file for the next extract.

    ``seen`` holds keyed digests of the newest rows; it is no Parquet, so that no view reads it.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    seen: bytes | None = None


@dataclass(frozen=True)
class BatchPlace:
    """Where a batch lies in the lake and, for what identifies, in the vault."""

    home: Home
    source_system: str
    table: SourceTable
    batch_id: str

    @property
    def folder(self) -> Path:
        return self.home.landing / self.source_system / self.table.name / f"batch={self.batch_id}"

    @property
    def vault_name(self) -> str:
        return f"{self.source_system}/{self.table.name}/batch={self.batch_id}"

    @property
    def quarantine_name(self) -> str:
        return f"quarantine/{self.vault_name}"


def landed_manifest(folder: Path) -> dict[str, Any] | None:
    """Return a complete batch's manifest, or None: it is written last, before the rename."""
    path = folder / MANIFEST
    if not path.is_file():
        return None
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def write_batch(  # noqa: PLR0913
    place: BatchPlace,
    chunks: Iterable[Chunk],
    origin: BatchOrigin,
    token_key: bytes,
    vault: Vault,
    token: int,
    *,
    last_check: Callable[[], None] = lambda: None,
    beside: Beside | None = None,
) -> None:
    """Write all chunks of one file or extract and make the batch visible with one rename.

    ``last_check`` is called before the rename; what it raises leaves nothing behind.

    Raises
    ------
    LandingRefused
        The file as a whole is refused; nothing of it is kept.
    """
    counts = BatchCounts()
    with folder_aside(place.folder, token) as aside:
        writer: pq.ParquetWriter | None = None
        for number, chunk in enumerate(chunks):
            counts.add(chunk)
            rows = lake_rows(chunk, place.table, origin, token_key)
            writer = writer or _writer(aside / "rows.parquet", rows.schema)
            writer.write_table(rows)
            _put_in_vault(vault, place, chunk, number)
        counts.refuse_dialect()
        if not counts.n_records and not place.table.may_be_empty:
            raise LandingRefused(f"E_EMPTY: table {place.table.name}: the file holds no record")
        if writer is None:
            rows = lake_rows(no_rows(place.table), place.table, origin, token_key)
            writer = _writer(aside / "rows.parquet", rows.schema)
        writer.close()
        _check_written(aside, counts)
        last_check()
        manifest = {
            "batch_id": origin.batch_id,
            "source_file_sha256": origin.source_file_sha256,
            "n_records": counts.n_records,
            "n_loaded": counts.n_loaded,
            "n_quarantined": len(counts.refused),
            "n_blank": counts.n_blank,
            "refused": counts.refused,
            "columns": list(counts.columns.items()),
            "notes": sorted(counts.notes),
            **({"extract": dict(beside.facts)} if beside else {}),
        }
        if beside is not None and beside.seen is not None:
            (aside / SEEN).write_bytes(beside.seen)
        (aside / MANIFEST).write_text(json.dumps(manifest, sort_keys=True), encoding="utf-8")
        reveal(aside, place.folder)


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Open a Parquet file; measured, these options halve its size and a third of the time."""
    rising = (BYTE_OFFSET, RECORD_NO)
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        use_dictionary=[name for name in schema.names if name not in rising],
        column_encoding=dict.fromkeys(rising, "DELTA_BINARY_PACKED"),
        dictionary_pagesize_limit=128 << 10,  # what does not repeat is given up on sooner
    )


def _check_written(aside: Path, counts: BatchCounts) -> None:
    written = pq.read_metadata(aside / "rows.parquet").num_rows
    if written != counts.n_loaded:
        raise LandingRefused(f"E_COUNT: {counts.n_loaded} rows to land, {written} written")


def _put_in_vault(vault: Vault, place: BatchPlace, chunk: Chunk, number: int) -> None:
    for column, rows in vault_rows(chunk, place.table).items():
        vault.put(f"{place.vault_name}/{column}/part-{number:05d}", rows)
    if chunk.refused:
        raw: pa.Table = refused_rows(chunk)
        vault.put(f"{place.quarantine_name}/part-{number:05d}", raw)

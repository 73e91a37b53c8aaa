"""Lists for ad tools and call centres: CSV or Parquet, by customer_id, in one rename.

A clear address is never written. A hashed e-mail stands there only where the profile says that the
recipient may have it: SHA-256 of the address in lower case without spaces, as ad tools match it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class ListTarget:
    """Who gets a list, in which form, and whether with hashed e-mail."""

    name: str
    format: Literal["csv", "parquet"] = "csv"
    has_hashed_email: bool = False


COLUMNS = (
    "idempotency_key", "campaign_id", "customer_id", "channel", "content_id", "scheduled_at",
)  # fmt: skip


#: Keys and ids are text, whatever they look like.
AS_TEXT = csv.ConvertOptions(
    column_types={name: pa.string() for name in (*COLUMNS, "email_sha256")},
    strings_can_be_null=True,
)


def list_name(target: ListTarget, keys: Sequence[str]) -> str:
    """Return the name of the file that carries these messages: it follows from them.

    >>> list_name(ListTarget("ads"), ["b", "a"]) == list_name(ListTarget("ads"), ["a", "b"])
    True
    """
    digest = hashlib.sha256("\x1f".join(sorted(keys)).encode()).hexdigest()[:16]
    return f"{target.name}-{digest}.{target.format}"


def write_list(
    folder: Path, name: str, target: ListTarget, rows: Sequence[Mapping[str, object]]
) -> Path:
    """Write a list; it is there whole or not at all.

    Parameters
    ----------
    rows : sequence of mapping
        The columns of a list and, for a recipient who may have it, the clear ``email``.
    """
    columns: dict[str, list[object]] = {c: [row[c] for row in rows] for c in COLUMNS}
    if target.has_hashed_email:
        columns["email_sha256"] = [hashed_email(row.get("email")) for row in rows]
    table = pa.table({c: pa.array([_text(v) for v in values], pa.string())
                      for c, values in columns.items()})  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return _put(folder / name, table)


def leave_out(folder: Path, customers: Collection[str]) -> int:
    """Write the lists anew that name an erased customer, without; returns the rows that went."""
    gone = pa.array(sorted(customers), pa.string())
    n_gone = 0
    for path in sorted(folder.glob("*.*")) if folder.is_dir() else []:
        is_csv = path.suffix == ".csv"
        rows = csv.read_csv(path, convert_options=AS_TEXT) if is_csv else pq.read_table(path)
        kept = rows.filter(pc.invert(pc.is_in(rows["customer_id"], value_set=gone)))
        if kept.num_rows < rows.num_rows:
            n_gone += rows.num_rows - kept.num_rows
            _put(path, kept)
    return n_gone


def _put(path: Path, rows: pa.Table) -> Path:
    aside = path.with_name(f".{path.name}.tmp")
    with aside.open("wb") as file:
        if path.suffix == ".csv":
            csv.write_csv(rows, file)
        else:
            pq.write_table(rows, file)
        file.flush()
        os.fsync(file.fileno())
    return aside.rename(path)


def hashed_email(address: object) -> str | None:
    """Return the digest ad tools match e-mail by; None without an address.

    >>> hashed_email(" Ann@Example.org ") == hashed_email("ann@example.org")
    True
    """
    if not isinstance(address, str) or not address.strip():
        return None
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


def _text(value: object) -> str | None:
    return None if value is None else str(value)

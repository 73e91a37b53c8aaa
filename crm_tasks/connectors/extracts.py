"""What one table of a database or web source holds, read whole before anything of it lands.

The rows of an extract are compared by keyed digests of their text: an extract whose content was
landed before lands nothing, and of an incremental one only the rows not landed yet.
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from crm_tasks.connectors.spool import ChunkSpool, as_bytes
from crm_tasks.errors import LandingRefused
from crm_tasks.landing.cursors import Reached, comparable, cursor_kind, lowered
from crm_tasks.landing.rows import RECORD_NO, Chunk
from crm_tasks.profiles.base import FETCHED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crm_tasks.landing.records import RefusedRecord
    from crm_tasks.profiles import SourceTable

DIGEST_BYTES = 32
#: Between the columns of a row, and for NULL: neither stands in a row that was not refused.
BETWEEN, NULL = b"\x1f", b"\x00"


@dataclass(frozen=True)
class Extract:
    """One table's content: ``facts`` for the batch's manifest, ``seen`` for the next extract."""

    table: SourceTable
    content_digest: str
    n_read: int
    n_new: int
    facts: dict[str, Any]
    seen: bytes | None
    spool: ChunkSpool = field(repr=False)

    def chunks(self) -> Iterator[Chunk]:
        """Yield what is to be landed."""
        yield from self.spool.chunks()


class Extraction:
    """Takes the chunks of one table as they are read, and keeps what is not landed yet.

    Parameters
    ----------
    key : bytes
        Of the digests.
    folder : Path
        Where the content waits.
    reached : Reached, optional
        Where the last extract of a table with a cursor ended.
    """

    def __init__(
        self, table: SourceTable, key: bytes, folder: Path, reached: Reached | None = None
    ) -> None:
        self.table, self.key, self.reached = table, key, reached
        self.spool = ChunkSpool(folder)
        self.columns: dict[str, str] = {}
        self.n_read = self.n_new = self._sum = 0
        self._unknown = Counter(reached.seen) if reached else Counter()
        self._always: list[bytes] = []
        self._window: deque[tuple[str, bytes]] = deque()
        self._high: str | None = None

    def add(self, chunk: Chunk) -> None:
        """Take one more chunk.

        Raises
        ------
        LandingRefused
            ``E_CURSOR``: a cursor column of several types.
        """
        self.columns.update(chunk.columns)
        digests = self._row_digests(chunk.rows)
        is_new = [self._is_new(digest) for digest in digests]
        refused = tuple(r for r in chunk.refused if self._is_new(self._refused_digest(r)))
        self.n_read += len(digests) + len(chunk.refused)
        if self.table.cursor is not None:
            self._always += [self._refused_digest(record) for record in chunk.refused]
            self._move_window(chunk, digests)
        rows = chunk.rows.filter(pa.array(is_new, pa.bool_()))
        first, kept = self.n_new + 1, rows.num_rows + len(refused)
        self.n_new += kept
        if self.n_new < self.n_read:  # some are known, so that the others move up
            rows, refused = _numbered_anew(rows, refused, first)
        self.spool.put(Chunk(rows, refused, chunk.n_blank, chunk.columns, chunk.notes))

    def finish(self) -> Extract:
        """Return the whole."""
        facts: dict[str, Any] = {
            "kind": "full" if self.reached is None else "incremental",
            "n_read": self.n_read,
            "n_known": self.n_read - self.n_new,
        }
        seen = None
        if self.table.cursor is not None and self._high is not None:
            name = self.table.cursor.column
            low = lowered(self._high, self._kind, self.table.cursor)
            facts["cursor"] = {
                "column": name, "high": self._high, "low": low, "type": self.columns[name]
            }  # fmt: skip
            seen = self._seen_bytes()
        return Extract(
            table=self.table,
            content_digest=self._content_digest(),
            n_read=self.n_read,
            n_new=self.n_new,
            facts=facts,
            seen=seen,
            spool=self.spool,
        )

    def _is_new(self, digest: bytes) -> bool:
        if self._unknown[digest] > 0:
            self._unknown[digest] -= 1
            return False
        # A sum of digests does not depend on the order a source happens to give its rows in.
        self._sum = (self._sum + int.from_bytes(digest, "big")) % (1 << 8 * DIGEST_BYTES)
        return True

    def _row_digests(self, rows: pa.Table) -> list[bytes]:
        names = [name for name in self.table.text_columns if name not in FETCHED]
        columns = [rows.column(name).to_pylist() for name in names]
        return [
            self._digest(BETWEEN.join(NULL if text is None else text.encode() for text in row))
            for row in zip(*columns, strict=True)
        ]

    def _refused_digest(self, record: RefusedRecord) -> bytes:
        return self._digest(NULL + record.reason.encode() + NULL + record.raw)

    def _digest(self, data: bytes) -> bytes:
        return hashlib.blake2b(data, key=self.key, digest_size=DIGEST_BYTES).digest()

    def _content_digest(self) -> str:
        types = repr(sorted(self.columns.items())).encode()
        total = self._sum.to_bytes(DIGEST_BYTES, "big") + self.n_new.to_bytes(8, "big")
        return self._digest(total + types).hex()

    # --- the window of rows that will be read again -----------------------------------------------

    @property
    def _kind(self) -> Any:
        cursor = self.table.cursor
        return cursor_kind(self.columns[cursor.column], cursor) if cursor else "text"

    def _move_window(self, chunk: Chunk, digests: list[bytes]) -> None:
        """Keep the digests of the rows that the next extract will meet again; rows come in order.

        A row without cursor value is met each time.
        """
        cursor = self.table.cursor
        if cursor is None:
            return
        if "|" in self.columns.get(cursor.column, ""):
            raise LandingRefused(
                f"E_CURSOR: table {self.table.name}: column {cursor.column} holds values of "
                "several types, which have no order"
            )
        values = chunk.rows.column(cursor.column).to_pylist()
        for value, digest in zip(values, digests, strict=True):
            if value is None:
                self._always.append(digest)
            else:
                self._window.append((value, digest))
                self._high = value
        if self._high is None:
            return
        low = lowered(self._high, self._kind, cursor)
        while self._window and self._is_below(self._window[0][0], low):
            self._window.popleft()

    def _is_below(self, value: str, low: str) -> bool:
        if self._kind == "text":
            return value != low  # only the source knows how its text is ordered
        return bool(comparable(value, self._kind) < comparable(low, self._kind))

    def _seen_bytes(self) -> bytes:
        digests = [*self._always, *(digest for _, digest in self._window)]
        return as_bytes(pa.table({"digest": pa.array(digests, pa.binary())}))


def _numbered_anew(
    rows: pa.Table, refused: tuple[RefusedRecord, ...], first: int
) -> tuple[pa.Table, tuple[RefusedRecord, ...]]:
    """Return the records numbered without gaps, in the order they had."""
    numbers = rows.column(RECORD_NO).to_pylist()
    order = sorted([*numbers, *(record.record_no for record in refused)])
    place = {number: first + index for index, number in enumerate(order)}
    at = rows.schema.get_field_index(RECORD_NO)
    renumbered = pa.array([place[number] for number in numbers], pa.int64())
    records = tuple(
        type(record)(place[record.record_no], record.byte_offset, record.raw, record.reason)
        for record in refused
    )
    return rows.set_column(at, RECORD_NO, renumbered), records

"""What was read from outside and is not landed yet, on disk in a form nobody else can read.

A batch is named by its content, and either wholly there or not at all; both need the whole content
before the first row is landed. It waits here: in a file without a name, sealed with a key that only
this process holds. A killed process leaves nothing to find.
"""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Self

import pyarrow as pa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crm_tasks.landing.records import RefusedRecord
from crm_tasks.landing.rows import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

LENGTH_BYTES, NONCE_BYTES = 8, 12
REFUSED = pa.schema(
    {
        "record_no": pa.int64(),
        "offset": pa.int64(),
        "raw": pa.binary(),
        "reason": pa.string(),
    }
)


class Spool:
    """Blocks of bytes, to be read again in the order they were put."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed by close)
        self._cipher = AESGCM(AESGCM.generate_key(256))
        self._n_blocks = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget everything."""
        self._file.close()

    def put(self, block: bytes) -> None:
        """Append one block."""
        sealed = self._cipher.encrypt(_nonce(self._n_blocks), block, None)
        self._file.write(len(sealed).to_bytes(LENGTH_BYTES, "big"))
        self._file.write(sealed)
        self._n_blocks += 1

    def blocks(self) -> Iterator[bytes]:
        """Yield the blocks; none may be put while they are read."""
        self._file.seek(0)
        for number in range(self._n_blocks):
            length = int.from_bytes(self._file.read(LENGTH_BYTES), "big")
            yield self._cipher.decrypt(_nonce(number), self._file.read(length), None)


def _nonce(number: int) -> bytes:
    return number.to_bytes(NONCE_BYTES, "big")  # each spool has a key of its own


class ChunkSpool:
    """Chunks of records, waiting to be landed."""

    def __init__(self, folder: Path) -> None:
        self._spool = Spool(folder)
        self._rest: list[Chunk] = []

    def put(self, chunk: Chunk) -> None:
        """Append one chunk."""
        self._spool.put(as_bytes(chunk.rows))
        refused = [
            {"record_no": r.record_no, "offset": r.byte_offset, "raw": r.raw, "reason": r.reason}
            for r in chunk.refused
        ]
        self._spool.put(as_bytes(pa.Table.from_pylist(refused, REFUSED)))
        empty = chunk.rows.schema.empty_table()
        self._rest.append(Chunk(empty, (), chunk.n_blank, dict(chunk.columns), chunk.notes))

    def chunks(self) -> Iterator[Chunk]:
        """Yield the chunks in the order they were put."""
        blocks = self._spool.blocks()
        for rest in self._rest:
            rows, refused = from_bytes(next(blocks)), from_bytes(next(blocks))
            records = tuple(
                RefusedRecord(r["record_no"], r["offset"], r["raw"], r["reason"])
                for r in refused.to_pylist()
            )
            yield Chunk(rows, records, rest.n_blank, rest.columns, rest.notes)

    def close(self) -> None:
        """Forget everything."""
        self._spool.close()


def as_bytes(rows: pa.Table) -> bytes:
    """Return a table in Arrow's stream format."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue().to_pybytes())


def from_bytes(data: bytes) -> pa.Table:
    """Return the table of :func:`as_bytes`."""
    return pa.ipc.open_stream(data).read_all()

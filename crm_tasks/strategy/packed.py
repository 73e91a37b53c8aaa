"""Tables put away small until they are needed: options and fired rules are long and repeat much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.ipc

if TYPE_CHECKING:
    from collections.abc import Iterator


class Packed:
    """Slices of one table, each compressed as it came, unpacked one at a time."""

    def __init__(self) -> None:
        self._slices: list[bytes] = []

    def add(self, rows: pa.Table) -> None:
        """Put a slice behind those there are."""
        sink = pa.BufferOutputStream()
        written = pyarrow.ipc.IpcWriteOptions(compression="zstd")
        with pyarrow.ipc.new_stream(sink, rows.schema, options=written) as stream:
            stream.write_table(rows)
        # A copy of its exact size: the sink's own buffer keeps the room it grew to.
        self._slices.append(sink.getvalue().to_pybytes())

    @property
    def nbytes(self) -> int:
        """How much room the slices take."""
        return sum(map(len, self._slices))

    def __iter__(self) -> Iterator[pa.Table]:
        for part in self._slices:
            yield pyarrow.ipc.open_stream(part).read_all()

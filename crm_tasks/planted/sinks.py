"""Write tables piece by piece in the formats real systems export, the same bytes every time."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

Row = dict[str, Any]
T = TypeVar("T", bound="Sink")


class Sink(Protocol):
    """A file that takes pieces of a table."""

    def close(self) -> None: ...


class CsvSink:
    r"""Delimited text, RFC 4180, line ends ``\\n``; every ``bad_every``-th record is spoilt.

    A spoilt record is an extra copy of a good one with a field too many: nothing true is lost.
    """

    def __init__(self, path: Path, encoding: str = "utf-8", bad_every: int = 0) -> None:
        self._file = path.open("wb")
        self._encoding, self._bad_every = encoding, bad_every
        self._n, self._has_header = 0, False
        self.n_bad = 0

    def write(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Append rows given as columns of equal length."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if not self._has_header:
            writer.writerow(columns)
            self._has_header = True
        for row in zip(*columns.values(), strict=True):
            writer.writerow(row)
            self._n += 1
            if self._bad_every and self._n % self._bad_every == 0:
                writer.writerow((*row, "?"))
                self.n_bad += 1
        # GB 18030 covers what GBK cannot spell; customers' names here are all within GBK.
        self._file.write(text.getvalue().encode(self._encoding))

    def close(self) -> None:
        self._file.close()


class JsonLinesSink:
    """One JSON object a line; every ``bad_every``-th is followed by one cut off in the middle."""

    def __init__(self, path: Path, bad_every: int = 0) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._bad_every, self._n = bad_every, 0
        self.n_bad = 0

    def write(self, rows: Iterable[Row]) -> None:
        """Append rows."""
        encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
        lines = []
        for row in rows:
            line = encode(row)
            lines.append(line)
            self._n += 1
            if self._bad_every and self._n % self._bad_every == 0:
                lines.append(line[: len(line) // 2])
                self.n_bad += 1
        if lines:
            self._file.write("\n".join(lines) + "\n")

    def close(self) -> None:
        self._file.close()


class JsonSink:
    """One JSON document ``{"<name>": [...]}``, written as a stream."""

    def __init__(self, path: Path, name: str) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._file.write(f'{{"{name}":[')
        self._mark = "\n"

    def write(self, rows: Iterable[Row]) -> None:
        """Append rows."""
        encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
        for row in rows:
            self._file.write(self._mark + encode(row))
            self._mark = ",\n"

    def close(self) -> None:
        self._file.write("\n]}\n")
        self._file.close()


class ParquetSink:
    """One row group for each piece."""

    def __init__(self, path: Path, schema: pa.Schema | None = None) -> None:
        self._path, self._schema = path, schema
        self._writer: pq.ParquetWriter | None = None

    def write(self, columns: Mapping[str, Any]) -> None:
        """Append rows given as columns; the first piece fixes the types unless a schema does."""
        table = pa.table(dict(columns), schema=self._schema)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema, compression="zstd")
        self._writer.write_table(table)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


class SqliteSink:
    """A SQLite file with one table for each name."""

    def __init__(self, path: Path, tables: Mapping[str, str]) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("pragma journal_mode = off")
        self._connection.execute("pragma synchronous = off")
        for name, columns in tables.items():
            self._connection.execute(f"create table {name} ({columns})")

    def write(self, table: str, columns: Mapping[str, Sequence[Any]]) -> None:
        """Append rows given as columns of equal length."""
        marks = ", ".join("?" * len(columns))
        self._connection.execute("begin")
        self._connection.executemany(
            f"insert into {table} values ({marks})",  # noqa: S608 (names are constants)
            zip(*columns.values(), strict=True),
        )
        self._connection.execute("commit")

    def close(self) -> None:
        self._connection.close()


class Sinks:
    """All open files of one folder, closed together."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: list[Sink] = []

    def add(self, sink: T) -> T:
        self._open.append(sink)
        return sink

    def path(self, name: str) -> Path:
        """Return the place of a file, its folder made."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for sink in self._open:
            sink.close()

"""JSON and JSON lines as text columns; keys nobody declared are kept in ``raw_payload``.

Records may stand inside others: ``records: posts[].mentions[]`` makes a row of each mention, with
``parent.`` columns for what is around it. A record of the file that does not fit is refused whole,
with all that stands inside of it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa

from crm_tasks.connectors.delimited import decoded
from crm_tasks.errors import LandingRefused
from crm_tasks.landing.json_records import (
    Envelope,
    Found,
    Number,
    RefusedJson,
    parse_record,
    split_array,
    split_lines,
)
from crm_tasks.landing.records import (
    OPEN_BYTES_AT_MOST,
    RECORD_BYTES_AT_MOST,
    RefusedRecord,
)
from crm_tasks.landing.rows import BYTE_OFFSET, RECORD_NO, Chunk
from crm_tasks.profiles.model import RAW_PAYLOAD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crm_tasks.landing.encodings import Encoding
    from crm_tasks.profiles import SourceTable

RECORDS_PER_CHUNK = 16_384
KEYS_AT_MOST = 500
MISSING: Any = object()
PARENT = "parent"
KINDS = {bool: "boolean", Number: "number", str: "string", dict: "object", list: "array"}


class Keys:
    """Which keys the records had, declared or not, and of what types.

    ``given`` are columns whose text is the same for all records: what the request says of them.
    """

    def __init__(self, table: SourceTable, given: Mapping[str, str | None]) -> None:
        self.table, self.given = table, given
        self.keeps_rest = RAW_PAYLOAD in table.text_columns
        self.around = outer_columns(table)
        own = [name for name in table.columns if name not in given and name not in self.around]
        self.paths = {name: name.split(".") for name in own}
        self.types: dict[str, set[type]] = defaultdict(set)

    def texts(
        self, record: dict[str, Any], parents: Sequence[dict[str, Any]]
    ) -> dict[str, str | None]:
        """Return a record's values by declared column, the rest as one JSON text."""
        texts: dict[str, str | None] = dict(self.given)
        for name, (up, path) in self.around.items():
            value = found_at(parents[-up], path) if up <= len(parents) else MISSING
            self._keep(texts, name, value)
        for name, path in self.paths.items():
            value = record.pop(name, MISSING)
            if value is MISSING and len(path) > 1:
                value = _taken(record, path)
            self._keep(texts, name, value)
        if record:
            self._note(record)
        if self.keeps_rest:
            texts[RAW_PAYLOAD] = _json_text(record) if record else None
        return texts

    def _keep(self, texts: dict[str, str | None], name: str, value: Any) -> None:
        if value is not MISSING:
            self.types[name].add(type(value))
        texts[name] = None if value is MISSING else _text(value)

    def _note(self, rest: dict[str, Any]) -> None:
        if self.table.unknown_keys == "refuse":
            raise RefusedJson("E_UNKNOWN_KEY")
        for name, value in rest.items():
            self.types[name].add(type(value))
        if len(self.types) > KEYS_AT_MOST:
            raise LandingRefused(f"E_HEADER: more than {KEYS_AT_MOST} different keys")

    @property
    def seen(self) -> dict[str, str]:
        return {
            name: "|".join(sorted(kind_name(k) for k in kinds if k is not type(None))) or "null"
            for name, kinds in sorted(self.types.items())
        }


def kind_name(kind: type) -> str:
    """Return the name of a value's type, as ``ops.schema_changes`` tells it."""
    return KINDS.get(kind) or kind.__name__.lower()


def outer_columns(table: SourceTable) -> dict[str, tuple[int, list[str]]]:
    """Return the columns read from around a record: how many levels up, and the path there.

    Where records stand inside of something (``records`` is declared), ``parent.id`` is the ``id``
    of what is around a record, ``parent.parent.id`` of what is around that.
    """
    found: dict[str, tuple[int, list[str]]] = {}
    if not table.records:
        return found
    for name in table.columns:
        path = name.split(".")
        up = next((n for n, part in enumerate(path) if part != PARENT), len(path))
        if 0 < up < len(path):
            found[name] = (up, path[up:])
    return found


def found_at(record: Any, path: Sequence[str]) -> Any:
    """Return the value at a path of keys, or MISSING."""
    for key in path:
        record = record.get(key, MISSING) if isinstance(record, dict) else MISSING
    return record


def inner_records(
    record: dict[str, Any], paths: Sequence[str], parents: tuple[dict[str, Any], ...] = ()
) -> Iterator[tuple[dict[str, Any], tuple[dict[str, Any], ...]]]:
    """Yield the records inside a record, each with those around it, outermost first.

    A value that is no array counts as an array of one, an element that is no object as the object
    ``{"value": element}``; nothing there, or null, are no records.

    >>> post = {"id": 1, "tags": ["a", "b"]}
    >>> [(inner, around[0]["id"]) for inner, around in inner_records(post, ["tags"])]
    [({'value': 'a'}, 1), ({'value': 'b'}, 1)]
    """
    if not paths:
        yield record, parents
        return
    value = found_at(record, paths[0].split("."))
    elements = (
        value if isinstance(value, list) else [] if value is MISSING or value is None else [value]
    )
    for element in elements:
        if isinstance(element, list):
            raise RefusedJson("E_JSON")
        inner = element if isinstance(element, dict) else {"value": element}
        yield from inner_records(inner, paths[1:], (*parents, record))


def read_json(
    file: BinaryIO, table: SourceTable, name: str, given: Mapping[str, str | None] | None = None
) -> Iterator[Chunk]:
    """Yield the records of JSON or JSON lines as text in bounded chunks.

    Raises
    ------
    LandingRefused
        The file as a whole is not what the profile says; the message begins with a reason code.
    """
    stream, dialect, start = decoded(file, table, name)
    reader = RecordReader(table, dialect.encoding, given or {})
    if table.format == "jsonl":
        for found, n_blank, notes in split_lines(stream, start):
            yield from reader.chunks(found, n_blank, notes)
        return
    around = Envelope()
    for found in split_array(stream, table.outer_path, start, around):
        reader.envelope = around.seen
        yield from reader.chunks(found)
    reader.refuse_what_came_late(around, name)


class RecordReader:
    """Makes chunks of found records, numbered on and on."""

    def __init__(
        self, table: SourceTable, encoding: Encoding, given: Mapping[str, str | None]
    ) -> None:
        self.table, self.encoding = table, encoding
        self.keys = Keys(table, given)
        self.record_no = 1
        self.envelope: tuple[dict[str, Any], ...] = ()

    def chunks(
        self, found: Sequence[Found], n_blank: int = 0, notes: frozenset[str] = frozenset()
    ) -> Iterator[Chunk]:
        """Yield chunks of bounded size, at least one."""
        for part in range(0, max(len(found), 1), RECORDS_PER_CHUNK):
            blank = n_blank if part == 0 else 0
            chunk = self._chunk(found[part : part + RECORDS_PER_CHUNK])
            self.record_no += blank
            yield Chunk(chunk.rows, chunk.refused, blank, self.keys.seen, notes)

    def _chunk(self, found: Sequence[Found]) -> Chunk:
        kept: list[dict[str, str | None]] = []
        places: list[tuple[int, int]] = []
        refused: list[RefusedRecord] = []
        for record in found:
            try:
                rows = self._rows(record)
            except RefusedJson as reason:
                raw = self.encoding.original(record.raw)
                refused.append(RefusedRecord(self.record_no, record.offset, raw, str(reason)))
                self.record_no += 1
                continue
            kept += rows
            places += [(self.record_no + n, record.offset) for n in range(len(rows))]
            self.record_no += len(rows)
        columns = {
            name: pa.array([texts[name] for texts in kept], pa.string())
            for name in self.table.text_columns
        }
        columns[RECORD_NO] = pa.array([number for number, _ in places], pa.int64())
        columns[BYTE_OFFSET] = pa.array([offset for _, offset in places], pa.int64())
        return Chunk(pa.table(columns), tuple(refused))

    def _rows(self, record: Found) -> list[dict[str, str | None]]:
        """Return the rows one found record becomes: itself, or those inside of it."""
        inner = self.table.inner_paths
        limit = OPEN_BYTES_AT_MOST if inner else RECORD_BYTES_AT_MOST
        outer = parse_record(_as_utf8(record.raw, self.encoding), limit)
        return [
            self.keys.texts(one, parents)
            for one, parents in inner_records(outer, inner, self.envelope)
        ]

    def refuse_what_came_late(self, around: Envelope, name: str) -> None:
        """Raise if a value from around the records stands behind them.

        Raises
        ------
        LandingRefused
            ``E_JSON``: whoever reads a stream would have to know the end at its beginning.
        """
        depth = len(self.table.inner_paths)
        for column, (up, path) in self.keys.around.items():
            if depth < up <= depth + len(around.whole):
                ends = [
                    found_at(objects[depth - up], path) for objects in (around.seen, around.whole)
                ]
                if ends[0] != ends[1]:
                    raise LandingRefused(
                        f"E_JSON: {name}: what column {column} reads stands behind the records"
                    )


def _as_utf8(raw: bytes, encoding: Encoding) -> bytes:
    if not encoding.is_valid(raw):
        raise RefusedJson("E_ENCODING")
    return encoding.as_utf8(raw)


def _taken(rest: dict[str, Any], path: list[str]) -> Any:
    """Take the value at a path out of nested objects, leaving what is beside it."""
    if len(path) == 1:
        return rest.pop(path[0], MISSING)
    inner = rest.get(path[0])
    if not isinstance(inner, dict):
        return MISSING
    value = _taken(inner, path[1:])
    if not inner:
        del rest[path[0]]
    return value


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    return _json_text(value)


def _json_text(value: Any) -> str:
    """Return a value as JSON text, numbers as they were written.

    >>> _json_text({"n": Number("1.50"), "s": "x"})
    '{"n":1.50,"s":"x"}'
    """
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(k)}:{_json_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json_text, value)) + "]"
    if isinstance(value, Number):
        return str(value)
    return _quoted(value)


_quoted = json.JSONEncoder(ensure_ascii=False).encode

"""JSON and JSON lines as text columns; keys nobody declared are kept in ``raw_payload``."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa

from crm_tasks.connectors.delimited import decoded
from crm_tasks.errors import LandingRefused
from crm_tasks.landing.json_records import (
    Found,
    Number,
    RefusedJson,
    parse_record,
    split_array,
    split_lines,
)
from crm_tasks.landing.records import RefusedRecord
from crm_tasks.landing.rows import BYTE_OFFSET, RECORD_NO, Chunk
from crm_tasks.profiles.model import RAW_PAYLOAD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_tasks.landing.encodings import Encoding
    from crm_tasks.profiles import SourceTable

RECORDS_PER_CHUNK = 16_384
KEYS_AT_MOST = 500
MISSING: Any = object()
KINDS = {
    type(None): "null", bool: "boolean", Number: "number", str: "string", dict: "object",
    list: "array",
}  # fmt: skip


class _Keys:
    """Which keys the records had, declared or not, and of what types."""

    def __init__(self, table: SourceTable) -> None:
        self.table = table
        self.keeps_rest = RAW_PAYLOAD in table.text_columns
        self.paths = {name: name.split(".") for name in table.columns}
        self.types: dict[str, set[type]] = defaultdict(set)

    def texts(self, record: dict[str, Any]) -> dict[str, str | None]:
        """Return a record's values by declared column, the rest as one JSON text."""
        texts: dict[str, str | None] = {}
        for name, path in self.paths.items():
            given = record.pop(name, MISSING)
            value = _taken(record, path) if given is MISSING and len(path) > 1 else given
            if value is not MISSING:
                self.types[name].add(type(value))
            texts[name] = None if value is MISSING else _text(value)
        if record:
            self._note(record)
        if self.keeps_rest:
            texts[RAW_PAYLOAD] = _json_text(record) if record else None
        return texts

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
            name: "|".join(sorted(KINDS[kind] for kind in kinds if kind is not type(None)))
            or KINDS[type(None)]
            for name, kinds in sorted(self.types.items())
        }


def read_json(file: BinaryIO, table: SourceTable, name: str) -> Iterator[Chunk]:
    """Yield the records of JSON or JSON lines as text in bounded chunks.

    Raises
    ------
    LandingRefused
        The file as a whole is not what the profile says; the message begins with a reason code.
    """
    stream, dialect, start = decoded(file, table, name)
    keys = _Keys(table)
    record_no = 1
    notes: frozenset[str]
    if table.format == "jsonl":
        runs = split_lines(stream, start)
    else:
        runs = ((found, 0, frozenset[str]()) for found in split_array(stream, table.records, start))
    for found, n_blank, notes in runs:
        for part in range(0, max(len(found), 1), RECORDS_PER_CHUNK):
            chosen = found[part : part + RECORDS_PER_CHUNK]
            blank = n_blank if part == 0 else 0
            yield _chunk(chosen, record_no, keys, dialect.encoding, (blank, notes))
            record_no += len(chosen) + blank


def _chunk(
    found: list[Found],
    first_no: int,
    keys: _Keys,
    encoding: Encoding,
    rest: tuple[int, frozenset[str]],
) -> Chunk:
    kept: list[dict[str, str | None]] = []
    places: list[tuple[int, int]] = []
    refused: list[RefusedRecord] = []
    for number, record in enumerate(found, first_no):
        try:
            kept.append(keys.texts(parse_record(_as_utf8(record.raw, encoding))))
            places.append((number, record.offset))
        except RefusedJson as reason:
            raw = encoding.original(record.raw)
            refused.append(RefusedRecord(number, record.offset, raw, str(reason)))
    rows = {
        name: pa.array([texts[name] for texts in kept], pa.string())
        for name in keys.table.text_columns
    }
    rows[RECORD_NO] = pa.array([number for number, _ in places], pa.int64())
    rows[BYTE_OFFSET] = pa.array([offset for _, offset in places], pa.int64())
    return Chunk(pa.table(rows), tuple(refused), rest[0], keys.seen, rest[1])


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

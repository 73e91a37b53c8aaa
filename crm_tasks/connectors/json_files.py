"""JSON and JSON lines as text columns; keys nobody declared are kept in ``raw_payload``."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
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
#: Control characters JSON may carry as \\u escapes; NUL and its kin are no text.
FORBIDDEN = frozenset(chr(c) for c in range(32) if c not in (9, 10, 13))


@dataclass
class _Keys:
    """Which keys the records had, declared or not, and of what types."""

    table: SourceTable
    types: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def texts(self, record: dict[str, Any]) -> dict[str, str | None]:
        """Return a record's values by declared column, the rest as one JSON text."""
        rest = dict(record)
        texts = {name: self._take(name, rest) for name in self.table.columns}
        if rest:
            if self.table.unknown_keys == "refuse":
                raise RefusedJson("E_UNKNOWN_KEY")
            for name, value in rest.items():
                self.types[name].add(_kind(value))
            if len(self.types) > KEYS_AT_MOST:
                raise LandingRefused(f"E_HEADER: more than {KEYS_AT_MOST} different keys")
        if RAW_PAYLOAD in self.table.text_columns:
            texts[RAW_PAYLOAD] = _json_text(rest) if rest else None
        if any(text and not FORBIDDEN.isdisjoint(text) for text in texts.values()):
            raise RefusedJson("E_CONTROL_CHAR")
        return texts

    def _take(self, name: str, rest: dict[str, Any]) -> str | None:
        value, is_found = _taken(rest, [name]) if name in rest else _taken(rest, name.split("."))
        if not is_found:
            return None
        self.types[name].add(_kind(value))
        return _text(value)

    @property
    def seen(self) -> dict[str, str]:
        return {
            name: "|".join(sorted(kinds - {"null"})) or "null"
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


def _taken(rest: dict[str, Any], path: list[str]) -> tuple[Any, bool]:
    """Take the value at a path out of nested objects, leaving what is beside it."""
    if path[0] not in rest:
        return None, False
    if len(path) == 1:
        return rest.pop(path[0]), True
    inner = rest[path[0]]
    if not isinstance(inner, dict):
        return None, False
    copied = dict(inner)
    value, is_found = _taken(copied, path[1:])
    if is_found:
        rest[path[0]] = copied
        if not copied:
            del rest[path[0]]
    return value, is_found


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


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Number):
        return "number"
    if isinstance(value, dict):
        return "object"
    return "array" if isinstance(value, list) else "string"

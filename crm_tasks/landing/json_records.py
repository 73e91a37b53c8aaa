"""Find the records of JSON: one per line, or the elements of one array, with their own bytes.

The records are found by structure only (brackets outside of strings), so that each can be kept or
set aside byte for byte; each is then parsed alone by the standard library, which is the parser that
shows a key that stands twice and hands numbers over as they are written. What stands around the
array is parsed the same way, with the array emptied.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_tasks.errors import LandingRefused
from crm_tasks.landing.records import (
    NO_FINAL_LINE_END,
    OPEN_BYTES_AT_MOST,
    RECORD_BYTES_AT_MOST,
    Readable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 8 << 20
ENVELOPE_BYTES_AT_MOST = 1 << 20
DEPTH_AT_MOST = 64
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],:]', re.DOTALL)
ESCAPED = re.compile(rb"\\[\s\S]")
#: Escapes of control characters other than tab, line feed and return.
CONTROL = re.compile(rb"\\(?:[bf]|u00(?:0[0-8bBcCeEfF]|1[0-9a-fA-F]))")
ESCAPED_BACKSLASH = re.compile(rb"\\\\")
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
JSON_SPACE = b" \t\r\n"
OPENING, CLOSING, QUOTE, COMMA = (91, 123), (93, 125), 34, 44


@dataclass(frozen=True)
class Found:
    """One record's bytes and where they begin."""

    offset: int
    raw: bytes


@dataclass
class Envelope:
    """The objects around an array of records, outermost first: as far as seen, then whole."""

    seen: tuple[dict[str, Any], ...] = ()
    whole: tuple[dict[str, Any], ...] = ()

    def see(self, before: bytes, keys: tuple[str, ...]) -> None:
        """Take in what stands before the array, its opening bracket included."""
        closed = before + b"]" + b"}" * _open_objects(before)
        self.seen = _objects_at(_decoded(closed), keys)


class RefusedJson(ValueError):
    """A record that cannot become a row; its text is the reason code."""


def parse_record(raw: bytes, bytes_at_most: int = RECORD_BYTES_AT_MOST) -> dict[str, Any]:
    """Return one record, numbers as the text they are written in.

    Raises
    ------
    RefusedJson
        With the reason code as its text.

    >>> parse_record(b'{"n": 9007199254740993}')["n"]
    Number('9007199254740993')
    """
    if len(raw) > bytes_at_most:
        raise RefusedJson("E_RECORD_LENGTH")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise RefusedJson("E_ENCODING") from None
    if raw.count(b"{") + raw.count(b"[") > DEPTH_AT_MOST and _depth(raw) > DEPTH_AT_MOST:
        raise RefusedJson("E_NESTING")
    try:
        record = DECODER.decode(text)
    except (json.JSONDecodeError, RecursionError):
        raise RefusedJson("E_JSON") from None
    if not isinstance(record, dict):
        raise RefusedJson("E_JSON")
    if b"\\" in raw:
        _check_escapes(raw, record)
    return record


class Number(str):
    """A number of JSON, exactly as written."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Number({str(self)!r})"


def _check_escapes(raw: bytes, record: dict[str, Any]) -> None:
    r"""Raise if escapes smuggle in what is no text: \u0000, or half of a character."""
    if CONTROL.search(raw) and CONTROL.search(ESCAPED_BACKSLASH.sub(b"", raw)):
        raise RefusedJson("E_CONTROL_CHAR")
    if SURROGATE.search(raw):
        try:
            json.dumps(record, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise RefusedJson("E_ENCODING") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RefusedJson("E_DUPLICATE_KEY")
    return found


def _no_constant(_: str) -> Any:
    raise RefusedJson("E_JSON")  # NaN and Infinity are no JSON


DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=Number, parse_float=Number, parse_constant=_no_constant
)


def _depth(raw: bytes) -> int:
    text, special, kinds = _structure(raw)
    del text
    steps = np.isin(kinds, OPENING).astype(np.int64) - np.isin(kinds, CLOSING)
    return int(np.cumsum(steps).max()) if len(special) else 0


def _structure(data: bytes) -> tuple[Any, Any, Any]:
    """Return the text, and places and kinds of the brackets and commas outside of strings."""
    shown = ESCAPED.sub(b"xx", data) if b"\\" in data else data
    text = np.frombuffer(shown, dtype=np.uint8)
    special = np.flatnonzero(np.isin(text, (*OPENING, *CLOSING, QUOTE, COMMA)))
    kinds = text[special]
    is_outside = (np.cumsum(kinds == QUOTE) & 1) == 0
    is_kept = is_outside & (kinds != QUOTE)
    return text, special[is_kept], kinds[is_kept]


def split_lines(
    file: Readable, start: int = 0
) -> Iterator[tuple[list[Found], int, frozenset[str]]]:
    """Yield the lines of a stream in bounded runs, with the number of blank ones and notes.

    Raises
    ------
    LandingRefused
        ``E_TYPE``: no line end for 32 MiB.
    """
    carried, offset = b"", start
    while True:
        read = file.read(BLOCK_BYTES)
        data = carried + read
        if not data:
            return
        cut = data.rfind(b"\n") + 1 if read else len(data)
        if len(data) - cut > OPEN_BYTES_AT_MOST:
            raise LandingRefused(f"E_TYPE: no line end for {OPEN_BYTES_AT_MOST >> 20} MiB")
        carried = data[cut:]
        found, n_blank = [], 0
        for line in data[:cut].splitlines(keepends=True) if cut else ():
            if line.strip(JSON_SPACE):
                found.append(Found(offset, line))
            else:
                n_blank += 1
            offset += len(line)
        is_open = not read and not data.endswith((b"\n", b"\r"))
        yield found, n_blank, frozenset({NO_FINAL_LINE_END} if is_open else ())
        if not read:
            return


def split_array(
    file: Readable, path: str, start: int = 0, around: Envelope | None = None
) -> Iterator[list[Found]]:
    """Yield the elements of the array at a path of keys, in bounded runs.

    ``around`` is told what stands around the array: before the first run what stands before it,
    after the last all of it.

    Raises
    ------
    LandingRefused
        ``E_JSON``: not one well-formed document with an array there.
    """
    keys = tuple(path.split(".")) if path else ()
    data = b""
    while (begins := _array_start(data, keys)) is None:
        read = file.read(BLOCK_BYTES)
        if not read or len(data) > ENVELOPE_BYTES_AT_MOST:
            raise LandingRefused(f"E_JSON: no array of records at {path or 'the top'}")
        data += read
    before, data = data[:begins], data[begins:]
    around = around or Envelope()
    around.see(before, keys)
    offset, is_first = start + begins, True
    while True:
        elements, cut, is_end = _elements(data)
        yield [
            Found(offset + place, raw) for place, raw in _pieces(data, elements, is_first, is_end)
        ]
        is_first = is_first and not elements
        data, offset = data[cut:], offset + cut
        if is_end:
            break
        read = file.read(BLOCK_BYTES)
        if not read:
            raise LandingRefused("E_JSON: the document ends inside its records")
        if len(data) > OPEN_BYTES_AT_MOST:
            raise LandingRefused(
                f"E_JSON: a record does not end for {OPEN_BYTES_AT_MOST >> 20} MiB"
            )
        data += read
    around.whole = _objects_at(_whole_envelope(before, data, file), keys)


def _open_objects(before: bytes) -> int:
    """Return how many objects stand open where an array of records begins: all but its bracket."""
    _, _, kinds = _structure(before)
    steps = np.isin(kinds, OPENING).astype(np.int64) - np.isin(kinds, CLOSING)
    return int(steps.sum()) - 1


def _objects_at(document: Any, keys: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    objects = []
    for key in keys:
        if not isinstance(document, dict):
            break
        objects.append(document)
        document = document.get(key)
    return tuple(objects)


def _array_start(data: bytes, keys: tuple[str, ...]) -> int | None:
    """Return where the array's elements begin, or None if it is not there (yet)."""
    stack: list[str | None] = []  # a key for an object, None for an array
    key, last = "", ""
    for token in TOKEN.finditer(data):
        mark = token.group()
        path = tuple(name for name in stack if name is not None)
        if mark == b"[":
            if path == keys and None not in stack:
                return token.end()
            stack.append(None)
        elif mark == b"{":
            stack.append("")
        elif mark in b"]}" and stack:
            stack.pop()
        elif mark == b":" and stack and stack[-1] is not None:
            stack[-1] = last
        elif mark[:1] == b'"':
            last = mark[1:-1].decode("utf-8", "replace")
    del key
    return None


def _elements(data: bytes) -> tuple[list[int], int, bool]:
    """Return the commas between whole elements, how far they reach, and whether the array ends."""
    _, special, kinds = _structure(data)
    steps = np.isin(kinds, OPENING).astype(np.int64) - np.isin(kinds, CLOSING)
    depth = np.cumsum(steps)
    closing = np.flatnonzero(depth < 0)
    last = int(closing[0]) if len(closing) else len(special)
    is_comma = (kinds[:last] == COMMA) & (depth[:last] == 0)
    commas = special[:last][is_comma].tolist()
    if len(closing):
        end = int(special[last])
        if data[end : end + 1] != b"]":
            raise LandingRefused("E_JSON: brackets do not match")
        return [*commas, end], end, True
    return commas, (commas[-1] + 1 if commas else 0), False


def _pieces(
    data: bytes, ends: list[int], is_first: bool, is_end: bool
) -> Iterator[tuple[int, bytes]]:
    begin = 0
    for number, end in enumerate(ends):
        raw = data[begin:end]
        if raw.strip(JSON_SPACE):
            yield begin, raw
        elif not (is_first and is_end and number == 0):  # [] holds nothing; [1,] holds too much
            raise LandingRefused("E_JSON: a comma without a record")
        begin = end + 1


def _whole_envelope(before: bytes, after: bytes, file: Readable) -> Any:
    while len(after) <= ENVELOPE_BYTES_AT_MOST and (read := file.read(BLOCK_BYTES)):
        after += read
    return _decoded(before + after, len(after))


def _decoded(document: bytes, length: int = 0) -> Any:
    try:
        if length > ENVELOPE_BYTES_AT_MOST:
            raise RefusedJson("too long")
        return DECODER.decode(document.decode("utf-8"))
    except (ValueError, RecursionError):
        raise LandingRefused("E_JSON: what stands around the records is not JSON") from None

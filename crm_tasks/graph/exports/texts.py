"""Columns as text, a whole batch at a time.

Element by element, as lxml writes XML, an export takes about 15 times as long; so bodies are joined
out of columns by Arrow, and only heads are made by lxml. What text must not hold is replaced here,
in one place: no value can end the attribute or element it stands in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping

#: No XML 1.0 file may hold these, not even escaped.
NOT_IN_XML = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{FFFE}\x{FFFF}]"
XML_ESCAPES = {
    "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;",
    "\r": "&#13;",
}  # fmt: skip
#: Pajek knows no escapes: a quote would end the text it stands in.
PAJEK_REPLACEMENTS = {'"': "'", "\\": "/"}


def as_text(column: pa.Array) -> pa.Array:
    """Return a column as text: moments and dates in ISO 8601, numbers as short as they are exact.

    >>> import datetime as dt
    >>> as_text(pa.array([dt.datetime(2024, 1, 2, 3), None])).to_pylist()
    ['2024-01-02T03:00:00.000000', None]
    """
    text = column.cast(pa.string())
    if pa.types.is_timestamp(column.type):
        return pc.replace_substring(text, " ", "T")
    return text


def xml_text(column: pa.Array) -> pa.Array:
    """Return a column as text that stands unchanged in an XML attribute or element."""
    text = as_text(column)
    if not pa.types.is_string(column.type):
        return text
    clean = pc.replace_substring_regex(text, NOT_IN_XML, "\N{REPLACEMENT CHARACTER}")
    return _replaced(clean, XML_ESCAPES)


def pajek_text(column: pa.Array) -> pa.Array:
    """Return a column as text that stands between double quotes on one line of a Pajek file."""
    text = as_text(column)
    if not pa.types.is_string(column.type):
        return text
    clean = pc.replace_substring_regex(text, r"[\pC\x{2028}\x{2029}]", " ")
    return _replaced(clean, PAJEK_REPLACEMENTS)


def _replaced(text: pa.Array, replacements: Mapping[str, str]) -> pa.Array:
    for sign, replacement in replacements.items():
        text = pc.replace_substring(text, sign, replacement)
    return text


def joined(*parts: str | pa.Array, skip_null: bool = False) -> pa.Array:
    """Return texts row by row; a row with a NULL is NULL, or without that part if ``skip_null``.

    >>> joined("a=", pa.array(["1", None]), ";").to_pylist()
    ['a=1;', None]
    >>> joined("a=", pa.array(["1", None]), ";", skip_null=True).to_pylist()
    ['a=1;', 'a=;']
    """
    scalars = [pa.scalar(part) if isinstance(part, str) else part for part in parts]
    handling = "replace" if skip_null else "emit_null"
    return pc.binary_join_element_wise(*scalars, "", null_handling=handling, null_replacement="")


def as_bytes(lines: pa.Array) -> bytes:
    """Return all rows one after another; no row may be NULL."""
    if isinstance(lines, pa.ChunkedArray):
        lines = lines.combine_chunks()
    return "".join(lines.to_pylist()).encode()

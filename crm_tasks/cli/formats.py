"""Rows as text for programs: CSV that no spreadsheet runs, JSON with dates and decimals as text."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pyarrow as pa

#: A spreadsheet runs a cell that begins with one of these (the last four are full-width forms).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001


def csv_safe(values: Iterable[object]) -> list[object]:
    """Return a row's values with text that a spreadsheet would run made harmless.

    >>> csv_safe(["=1+1", -2, "fine", None])
    ["'=1+1", -2, 'fine', '']
    """
    return [_safe(value) for value in values]


def _safe(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def json_text(rows: pa.Table) -> str:
    """Return the rows as a JSON array of objects.

    >>> json_text(pa.table({"n": [1]}))
    '[{"n": 1}]'
    """
    return json.dumps(rows.to_pylist(), default=str, ensure_ascii=False)

"""Rows as text for programs: CSV that no spreadsheet runs, JSON with dates and decimals as text."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable

import pyarrow as pa

#: A spreadsheet runs a cell that begins with one of these (the last four are full-width forms).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


def csv_line(values: Iterable[object]) -> str:
    r"""Return a row as one record of CSV, ended by a line feed.

    >>> csv_line(["a", "b, c", -2, None])
    'a,"b, c",-2,\n'
    """
    written = io.StringIO(newline="")
    # Only what is part of the writer's own line end does it quote, and a bare return ends a line
    # for many readers.
    csv.writer(written, lineterminator="\r\n").writerow(csv_safe(values))
    return written.getvalue().removesuffix("\r\n") + "\n"


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
    """Return the rows as a JSON array of objects; NaN and the infinities, not in JSON, are null.

    >>> json_text(pa.table({"n": [1.0, float("nan")]}))
    '[{"n": 1.0}, {"n": null}]'
    """
    listed = [_in_json(row) for row in rows.to_pylist()]
    return json.dumps(listed, default=str, ensure_ascii=False, allow_nan=False)


def _in_json(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(name): _in_json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return [_in_json(inner) for inner in value]
    return value

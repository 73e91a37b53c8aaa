"""Whether a file's columns are those whose class the profile declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.errors import LandingRefused, listed, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.profiles import SourceTable

COLUMNS_AT_MOST = 500


def check_columns(names: Sequence[str], table: SourceTable, file: str) -> None:
    """Raise unless a file has exactly the declared columns, in any order.

    Columns declared as optional may be missing.

    Raises
    ------
    LandingRefused
        ``E_HEADER``; the message names columns the profile knows, and others only if they are fit
        to be names.
    """
    if len(names) > COLUMNS_AT_MOST:
        raise LandingRefused(f"E_HEADER: {file}: {len(names)} columns, at most {COLUMNS_AT_MOST}")
    if len({name.casefold() for name in names}) < len(names):
        raise LandingRefused(f"E_HEADER: {file}: two columns with the same name")
    missing = set(table.columns) - set(names) - set(table.optional_columns)
    unknown = set(names) - set(table.columns)
    if missing:
        hint = nearest(min(missing), unknown)
        raise LandingRefused(f"E_HEADER: {file}: missing columns {listed(missing)}{hint}")
    if unknown:
        raise LandingRefused(
            f"E_HEADER: {file}: columns of unknown class {listed(unknown)}; declare each in the "
            "profile as plain or identifying"
        )


def in_declared_order(rows: pa.Table, table: SourceTable) -> pa.Table:
    """Return the declared columns in their order; an optional one the file lacks is NULL."""
    lacking = pa.nulls(rows.num_rows, pa.string())
    return pa.table(
        {n: rows.column(n) if n in rows.column_names else lacking for n in table.columns}
    )

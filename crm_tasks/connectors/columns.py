"""Whether a file's columns are those whose class the profile declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.errors import LandingRefused, listed, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.profiles import SourceTable

COLUMNS_AT_MOST = 500


def check_columns(names: Sequence[str], table: SourceTable, file: str) -> None:
    """Raise unless a file has exactly the declared columns, in any order.

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
    missing = set(table.columns) - set(names)
    unknown = set(names) - set(table.columns)
    if missing:
        hint = nearest(min(missing), unknown)
        raise LandingRefused(f"E_HEADER: {file}: missing columns {listed(missing)}{hint}")
    if unknown:
        raise LandingRefused(
            f"E_HEADER: {file}: columns of unknown class {listed(unknown)}; declare each in the "
            "profile as plain or identifying"
        )

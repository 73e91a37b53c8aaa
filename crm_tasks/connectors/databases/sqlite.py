"""SQLite: a file beside the profile, opened read-only, whose columns may hold any type."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import sqlalchemy as sa

from crm_tasks.connectors.databases.dialect import (
    Place,
    Shape,
    TextOrBytes,
    create_engine,
    is_number,
    schema_and_name,
)
from crm_tasks.connectors.preflight import opened_raw
from crm_tasks.errors import LandingRefused, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.profiles import SourceTable

MAGIC = b"SQLite format 3\x00"
#: Below it, a float that is whole is that number exactly.
EXACT = 2**53
KINDS = {int: "integer", float: "real", str: "text", bytes: "blob"}


class SQLite:
    """What is special about SQLite: types belong to values, not to columns."""

    def engine(self, place: Place) -> sa.Engine:
        """Return an engine on the file, which must be a database already."""
        path = place.folder / place.database.name
        if not path.exists():
            raise SourceUnavailable(f"source {place.source_system}: no file {path}")
        with opened_raw(path) as file:
            head = file.read(len(MAGIC))
        if head and head != MAGIC:
            raise LandingRefused(f"E_TYPE: {path.name} is no SQLite database")
        uri = f"file:{quote(str(path.resolve()))}?mode=ro"

        def connect() -> sqlite3.Connection:
            connection = sqlite3.connect(
                uri,
                uri=True,
                timeout=place.database.time_limit_seconds,
                isolation_level=None,  # BEGIN is ours
                check_same_thread=False,
            )
            connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
            return connection

        return create_engine(sa.URL.create("sqlite"), creator=connect)

    def begin(self, connection: sa.Connection) -> None:
        """Take the snapshot: it begins with the first read."""
        connection.exec_driver_sql("begin")
        connection.exec_driver_sql("select count(*) from sqlite_master").all()

    def speak_text(self, connection: sa.Connection) -> None:
        """Nothing to do: values come as they are stored."""

    def shape(
        self, connection: sa.Connection, result: sa.CursorResult[Any], table: SourceTable
    ) -> Shape:
        """Return the declared types; where none is declared, values show theirs."""
        names = tuple(result.keys())
        declared: dict[str, str] = {}
        if table.table is not None:
            schema, name = schema_and_name(table.table)
            pragma = sa.text("select name, type from pragma_table_xinfo(:name, :schema)")
            found = connection.execute(pragma, {"name": name, "schema": schema or "main"})
            declared = {row[0]: row[1] for row in found}
        return Shape(names, tuple(declared.get(name, "").lower() for name in names))

    def texts(self, row: Sequence[Any], types: Sequence[str]) -> list[TextOrBytes]:
        """Return numbers as they read, text and bytes as they are.

        >>> SQLite().texts((3, 12.5, "x", None, 1e22), ("",) * 5)
        ['3', '12.5', 'x', None, '1e+22']
        """
        del types
        return [_text(value) for value in row]

    def cursor_value(self, low: str, type_name: str) -> object:
        """Return a number for numbers: between number and text SQLite knows no order we want."""
        if not is_number(type_name):
            return low
        return int(low) if low.lstrip("-").isdecimal() else float(low)

    def abandon(self, result: sa.CursorResult[Any]) -> None:
        """Nothing to do: the driver stops reading when it is told to."""

    def notes(self, connection: sa.Connection, table: SourceTable) -> frozenset[str]:
        """Nothing is odd about a SQLite table beyond its values."""
        del connection, table
        return frozenset()


def _text(value: Any) -> TextOrBytes:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < EXACT else repr(value)
    return str(value) if isinstance(value, int) else value


def kind_of(value: Any) -> str:
    """Return the storage class of a value, as typeof() would name it."""
    return KINDS.get(type(value), "null")

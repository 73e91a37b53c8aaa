"""PostgreSQL: values as the server writes them, exact in text; one REPEATABLE READ snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import sqlalchemy as sa
from psycopg.adapt import Buffer, Loader

from crm_tasks.connectors.databases.dialect import Place, Shape, TextOrBytes, create_engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.profiles import SourceTable

#: Set for the session, so that text comes in one form whatever the server's configuration says.
SESSION = {
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "client_encoding": "UTF8",
    "default_transaction_read_only": "on",
}
BYTES_BEGIN = "\\x"


class _AsWritten(Loader):
    """Text as the server sent it; bytes that are no UTF-8 (an SQL_ASCII database) stay visible."""

    def load(self, data: Buffer) -> str:
        return bytes(data).decode("utf-8", "surrogateescape")


class _Boolean(Loader):
    def load(self, data: Buffer) -> str:
        return "true" if bytes(data) == b"t" else "false"


class PostgreSQL:
    """What is special about PostgreSQL."""

    def engine(self, place: Place) -> sa.Engine:
        """Return an engine; waiting for rows ends with the declared time limit."""
        database = place.database
        host, port = place.host_and_port
        limit_ms = database.time_limit_seconds * 1000
        options = {**SESSION, "statement_timeout": str(limit_ms), "lock_timeout": str(limit_ms)}
        written = " ".join(f"-c {name}={_escaped(value)}" for name, value in options.items())
        url = sa.URL.create(
            "postgresql+psycopg",
            username=database.user or None,
            password=place.secret,
            host=host,
            port=port,
            database=database.name,
            query=database.parameters,
        )
        arguments = {
            "options": written,
            "connect_timeout": max(2, database.time_limit_seconds),
            "keepalives_idle": 10,
            "tcp_user_timeout": limit_ms,
            "application_name": "guanxi",
        }
        return create_engine(url, connect_args=arguments, use_native_hstore=False)

    def begin(self, connection: sa.Connection) -> None:
        """Take the snapshot: it begins with the first statement after."""
        connection.exec_driver_sql("set transaction isolation level repeatable read, read only")
        connection.exec_driver_sql("select 1").all()

    def speak_text(self, connection: sa.Connection) -> None:
        """Load every type as text: no driver type holds 'infinity', NaN or a year before 1."""
        driver: Any = connection.connection.dbapi_connection
        for known in psycopg.adapters.types:
            loader = _Boolean if known.name == "bool" else _AsWritten
            driver.adapters.register_loader(known.oid, loader)
            driver.adapters.register_loader(known.array_oid, _AsWritten)
        driver.adapters.register_loader(0, _AsWritten)

    def shape(
        self, connection: sa.Connection, result: sa.CursorResult[Any], table: SourceTable
    ) -> Shape:
        """Return names and types as the server describes the result."""
        del connection, table
        description: Any = result.cursor.description if result.cursor else ()
        types = tuple(column.type_display for column in description)
        return Shape(tuple(column.name for column in description), types)

    def texts(self, row: Sequence[Any], types: Sequence[str]) -> list[TextOrBytes]:
        """Return text as it is and bytea as bytes."""
        return [
            bytes.fromhex(value.removeprefix(BYTES_BEGIN))
            if kind == "bytea" and value is not None
            else value
            for value, kind in zip(row, types, strict=True)
        ]

    def cursor_value(self, low: str, type_name: str) -> object:
        """Return the text as of no type: the server reads it as the column's."""
        del type_name
        return sa.bindparam("low", low, type_=_Untyped())

    def abandon(self, result: sa.CursorResult[Any]) -> None:
        """Nothing to do: the driver stops reading when it is told to."""

    def notes(self, connection: sa.Connection, table: SourceTable) -> frozenset[str]:
        """Nothing is odd about a PostgreSQL table."""
        del connection, table
        return frozenset()


class _Untyped(sa.types.UserDefinedType[str]):
    """A parameter that is sent without a cast."""

    cache_ok = True


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")

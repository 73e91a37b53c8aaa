"""MySQL and MariaDB: values as the server writes them, 0000-00-00 too; one consistent snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from pymysql.constants import FIELD_TYPE

from crm_tasks.connectors.databases.dialect import (
    Place,
    Shape,
    TextOrBytes,
    create_engine,
    is_number,
    schema_and_name,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.profiles import SourceTable

TYPE_NAMES = {
    code: name.lower() for name, code in vars(FIELD_TYPE).items() if not name.startswith("_")
}
TYPE_NAMES[FIELD_TYPE.TINY] = "tinyint"  # CHAR and INTERVAL share codes with TINY and ENUM
TYPE_NAMES[FIELD_TYPE.ENUM] = "enum"
NUMBERS = {"newdecimal": "decimal", "long": "int", "longlong": "bigint", "short": "smallint",
           "int24": "mediumint"}  # fmt: skip
#: The session: UTC, everything Unicode, and nothing may be written.
SESSION = (
    "set session time_zone = '+00:00', session group_concat_max_len = 1048576",
    "set session transaction isolation level repeatable read, read only",
)
TABLE = sa.text(
    "select engine from information_schema.tables "
    "where table_schema = coalesce(:schema, database()) and table_name = :name"
)
NARROW = sa.text(
    "select column_name from information_schema.columns where table_schema = "
    "coalesce(:schema, database()) and table_name = :name "
    "and character_set_name in ('utf8', 'utf8mb3') order by column_name"
)


class MySQL:
    """What is special about MySQL and MariaDB."""

    def engine(self, place: Place) -> sa.Engine:
        """Return an engine that never hands a local file to the server."""
        database = place.database
        host, port = place.host_and_port
        parameters = database.parameters
        limit = database.time_limit_seconds
        arguments: dict[str, Any] = {
            "charset": "utf8mb4",
            "connect_timeout": limit,
            "read_timeout": limit,
            "write_timeout": limit,
            "local_infile": False,
            "program_name": "guanxi",
        }
        if "unix_socket" in parameters:
            arguments["unix_socket"] = parameters["unix_socket"]
        if "ssl_ca" in parameters:
            arguments["ssl"] = {"ca": parameters["ssl_ca"], "check_hostname": True}
        url = sa.URL.create(
            "mysql+pymysql",
            username=database.user or None,
            password=place.secret,
            host=host,
            port=port,
            database=database.name,
        )
        return create_engine(url, connect_args=arguments)

    def begin(self, connection: sa.Connection) -> None:
        """Take the snapshot at once, for all tables that have transactions."""
        connection.rollback()
        for statement in SESSION:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("start transaction with consistent snapshot, read only")

    def speak_text(self, connection: sa.Connection) -> None:
        """Let the driver convert nothing: it would turn 0000-00-00 into no date at all."""
        driver: Any = connection.connection.dbapi_connection
        driver.decoders = {}

    def shape(
        self, connection: sa.Connection, result: sa.CursorResult[Any], table: SourceTable
    ) -> Shape:
        """Return names and types as the server describes the result."""
        del connection, table
        description = result.cursor.description if result.cursor else ()
        return Shape(
            tuple(column[0] for column in description or ()),
            tuple(_type_name(column) for column in description or ()),
        )

    def texts(self, row: Sequence[Any], types: Sequence[str]) -> list[TextOrBytes]:
        r"""Return text as the server writes it, moments marked as UTC, bits as a number.

        >>> MySQL().texts(("2024-05-01 10:00:00", b"\x01", "0000-00-00"),
        ...               ("timestamp", "bit", "date"))
        ['2024-05-01 10:00:00Z', '1', '0000-00-00']
        """
        return [_text(value, kind) for value, kind in zip(row, types, strict=True)]

    def cursor_value(self, low: str, type_name: str) -> object:
        """Return a number for numbers (compared as text, large ones would lose digits)."""
        if is_number(type_name) and low.lstrip("-").isdecimal():
            return int(low)
        return low.removesuffix("Z")

    def abandon(self, result: sa.CursorResult[Any]) -> None:
        """Keep the driver from reading all that is left of a result when it closes."""
        unread = getattr(result.cursor, "_result", None)
        if unread is not None:
            unread.unbuffered_active, unread.connection = False, None

    def notes(self, connection: sa.Connection, table: SourceTable) -> frozenset[str]:
        """Tell of tables without transactions and of columns that cannot hold all characters."""
        if table.table is None:
            return frozenset()
        schema, name = schema_and_name(table.table)
        named = {"schema": schema, "name": name}
        notes = {
            f"column {row[0]} is utf8mb3: characters beyond the basic plane were lost in the source"
            for row in connection.execute(NARROW, named)
        }
        engine = connection.execute(TABLE, named).scalar()
        if engine is not None and engine.casefold() != "innodb":
            notes.add(f"engine {engine} has no transactions: read outside of the snapshot")
        return frozenset(notes)


def _type_name(column: Sequence[Any]) -> str:
    name = TYPE_NAMES.get(column[1], "unknown")
    name = str(NUMBERS.get(name, name))
    if name != "decimal":
        return name
    length, scale = column[4], column[5]
    return f"decimal({length - 1 - bool(scale)},{scale})"  # of the length, sign and point


def _text(value: Any, kind: str) -> TextOrBytes:
    if value is None:
        return None
    if kind == "bit" and isinstance(value, bytes):
        return str(int.from_bytes(value, "big"))
    if kind == "timestamp" and not str(value).startswith("0000"):
        return f"{value}Z"
    return value if isinstance(value, str | bytes) else str(value)

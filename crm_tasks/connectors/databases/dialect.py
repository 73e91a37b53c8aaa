"""What the SQL databases differ in: how to connect, take a snapshot, and read types and values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydantic import SecretStr

    from crm_tasks.profiles import SourceTable
    from crm_tasks.profiles.databases import Database

TextOrBytes = str | bytes | None


@dataclass(frozen=True)
class Place:
    """Where a database of a profile is, with what lets in: never shown, never logged."""

    source_system: str
    database: Database
    folder: Path
    password: SecretStr | None = field(default=None, repr=False)

    @property
    def secret(self) -> str | None:
        return self.password.get_secret_value() if self.password else None

    @property
    def host_and_port(self) -> tuple[str | None, int | None]:
        host, _, port = self.database.hosts.rpartition(":")
        if not host or not port.isdecimal():
            return self.database.hosts.strip("[]") or None, None
        return host.strip("[]"), int(port)


@dataclass(frozen=True)
class Shape:
    """The columns of a table or query and their types, as the source calls them."""

    names: tuple[str, ...]
    types: tuple[str, ...]


class Dialect(Protocol):
    """One kind of database."""

    def engine(self, place: Place) -> sa.Engine:
        """Return a pool-less engine; it connects when asked and not before."""

    def begin(self, connection: sa.Connection) -> None:
        """Begin the one read-only transaction all tables are read in."""

    def speak_text(self, connection: sa.Connection) -> None:
        """Make the driver hand values over as the database writes them, where it can."""

    def shape(
        self, connection: sa.Connection, result: sa.CursorResult[Any], table: SourceTable
    ) -> Shape:
        """Return what a result's columns are."""

    def texts(self, row: Sequence[Any], types: Sequence[str]) -> list[TextOrBytes]:
        """Return one row's values in the form that lands; bytes only where they are bytes."""

    def cursor_value(self, low: str, type_name: str) -> object:
        """Return where reading begins again, as the driver must be given it."""

    def abandon(self, result: sa.CursorResult[Any]) -> None:
        """Break a stream off: the driver must not read it to its end before it closes."""

    def notes(self, connection: sa.Connection, table: SourceTable) -> frozenset[str]:
        """Return what is odd about a table and does no harm to reading it."""


def create_engine(url: sa.URL, **arguments: Any) -> sa.Engine:
    """Return an engine that keeps no connection open and shows no parameter."""
    return sa.create_engine(url, poolclass=sa.NullPool, hide_parameters=True, **arguments)


def schema_and_name(table: str) -> tuple[str | None, str]:
    """Return ``schema.name`` in its parts.

    >>> schema_and_name("sales.orders"), schema_and_name("orders")
    (('sales', 'orders'), (None, 'orders'))
    """
    schema, _, name = table.rpartition(".")
    return schema or None, name


def is_number(type_name: str) -> bool:
    """Return whether a type's name means numbers.

    >>> is_number("numeric(10,2)"), is_number("INTEGER"), is_number("interval"), is_number("text")
    (True, True, False, False)
    """
    lower = type_name.casefold()
    numbers = ("int", "serial", "num", "dec", "real", "double", "float", "year", "long", "short")
    is_other = any(word in lower for word in ("interval", "point", "text", "char", "blob"))
    return any(word in lower for word in numbers) and not is_other

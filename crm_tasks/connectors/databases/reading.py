"""Read tables of one SQL database: all of them as one moment, in bounded memory, or not at all."""

from __future__ import annotations

import dataclasses
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
import sqlalchemy.exc as sx

from crm_tasks.connectors.columns import check_columns, in_declared_order
from crm_tasks.connectors.databases.dialect import Place, schema_and_name
from crm_tasks.connectors.databases.faults import spoken
from crm_tasks.connectors.databases.mysql import MySQL
from crm_tasks.connectors.databases.postgresql import PostgreSQL
from crm_tasks.connectors.databases.sqlite import SQLite, kind_of
from crm_tasks.connectors.text_rows import TextRow, text_chunk
from crm_tasks.errors import LandingRefused
from crm_tasks.landing.rows import BYTE_OFFSET, RECORD_NO

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crm_tasks.connectors.databases.dialect import Dialect, Shape, TextOrBytes
    from crm_tasks.landing.cursors import Reached
    from crm_tasks.landing.rows import Chunk
    from crm_tasks.profiles import SourceTable

DIALECTS: dict[str, Dialect] = {
    "sqlite": SQLite(),
    "postgresql": PostgreSQL(),
    "mysql": MySQL(),
}
ROWS_PER_FETCH = 1_024
ROWS_PER_CHUNK, SIGNS_PER_CHUNK = 8_192, 8 << 20


class Snapshot:
    """One moment of a database; its tables are read one after the other."""

    def __init__(self, connection: sa.Connection, dialect: Dialect, place: Place) -> None:
        self.connection, self.dialect, self.place = connection, dialect, place
        #: Primary keys by table, looked up before the driver speaks text only.
        self.keys: dict[str, list[str]] = {}

    def chunks(
        self, table: SourceTable, reached: Reached | None = None, at_most: int | None = None
    ) -> Iterator[Chunk]:
        """Yield a table's rows as text, from where the last extract ended.

        ``at_most`` so many rows, of any, are a sample.

        Raises
        ------
        LandingRefused
            ``E_HEADER``: other columns than declared; ``E_TYPE``: bytes nobody declared.
        CrmError
            What the driver reports, in our words.
        """
        try:
            with self._result(table, reached, at_most) as result:
                shape = self.dialect.shape(self.connection, result, table)
                check_columns(shape.names, table, _named(table, self.place))
                yield from self._chunks(result, shape, table)
        except sx.SQLAlchemyError as error:
            raise spoken(error, self.place) from None

    @contextmanager
    def _result(
        self, table: SourceTable, reached: Reached | None, at_most: int | None
    ) -> Iterator[sa.CursorResult[Any]]:
        """Open a table's rows, streamed from the server."""
        statement = self._statement(table, reached) if at_most is None else _few(table, at_most)
        streamed = {"stream_results": True, "max_row_buffer": ROWS_PER_FETCH}
        result = self.connection.execute(statement, execution_options=streamed)
        try:
            yield result
        except BaseException:
            self.dialect.abandon(result)
            self.connection.invalidate()
            raise
        finally:
            result.close()

    def notes(self, table: SourceTable) -> frozenset[str]:
        """Return what is odd about a table and does no harm to reading it."""
        try:
            return self.dialect.notes(self.connection, table)
        except sx.SQLAlchemyError as error:
            raise spoken(error, self.place) from None

    def key_columns(self, table: SourceTable) -> list[str]:
        """Return the primary key of a table; nothing for a view or a query."""
        if table.table is None:
            return []
        schema, name = schema_and_name(table.table)
        inspector = sa.inspect(self.connection)
        return list(inspector.get_pk_constraint(name, schema)["constrained_columns"])

    def _statement(
        self, table: SourceTable, reached: Reached | None
    ) -> sa.Select[Any] | sa.TextClause:
        if table.query is not None and table.cursor is None:
            return sa.text(_literally(table.query))  # its own order is kept
        statement = _all_of(table)
        if table.cursor is None:
            return statement.order_by(*map(sa.column, self.keys.get(table.name, ())))
        cursor: sa.ColumnClause[Any] = sa.column(table.cursor.column)
        if reached is not None:
            low = self.dialect.cursor_value(reached.low, reached.type)
            statement = statement.where(sa.or_(cursor >= low, cursor.is_(None)))
        return statement.order_by(cursor)

    def _chunks(
        self, result: sa.CursorResult[Any], shape: Shape, table: SourceTable
    ) -> Iterator[Chunk]:
        rows = _Rows(shape, table, self.dialect, _named(table, self.place))
        while fetched := result.fetchmany(ROWS_PER_FETCH):
            rows.take(fetched)
            if rows.is_enough:
                yield rows.handed_over()
        yield rows.handed_over()


class _Rows:
    """Rows of one table on their way to a chunk."""

    def __init__(self, shape: Shape, table: SourceTable, dialect: Dialect, where: str) -> None:
        self.shape, self.table, self.dialect, self.where = shape, table, dialect, where
        self.first_no, self.n_signs = 1, 0
        self.rows: list[TextRow] = []
        self.observed: dict[str, set[str]] = {
            name: set() for name, kind in zip(shape.names, shape.types, strict=True) if not kind
        }

    @property
    def is_enough(self) -> bool:
        return len(self.rows) >= ROWS_PER_CHUNK or self.n_signs >= SIGNS_PER_CHUNK

    def take(self, fetched: Sequence[Sequence[Any]]) -> None:
        for row in fetched:
            for name, seen in self.observed.items():
                seen.add(kind_of(row[self.shape.names.index(name)]))
            texts = self.dialect.texts(row, self.shape.types)
            if any(isinstance(text, bytes) for text in texts):
                texts = [
                    self._hex(text, name)
                    for text, name in zip(texts, self.shape.names, strict=True)
                ]
            self.n_signs += sum(len(text) for text in texts if text)
            self.rows.append(tuple(texts))  # type: ignore[arg-type]

    def _hex(self, value: TextOrBytes, name: str) -> str | None:
        if not isinstance(value, bytes):
            return value
        if self.table.binary == "refuse":
            raise LandingRefused(
                f"E_TYPE: {self.where}, column {name} holds bytes; declare binary: hex, or leave "
                "the column out with a query"
            )
        return value.hex()

    def handed_over(self) -> Chunk:
        types = {
            name: kind or "|".join(sorted(self.observed[name] - {"null"})) or "null"
            for name, kind in zip(self.shape.names, self.shape.types, strict=True)
        }
        chunk = text_chunk(list(enumerate(self.rows, self.first_no)), self.shape.names, types)
        self.first_no += len(self.rows)
        self.rows, self.n_signs = [], 0
        numbers = [chunk.rows.column(name) for name in (RECORD_NO, BYTE_OFFSET)]
        rows = in_declared_order(chunk.rows, self.table)  # with NULL for optional ones
        for name, values in zip((RECORD_NO, BYTE_OFFSET), numbers, strict=True):
            rows = rows.append_column(name, values)
        return dataclasses.replace(chunk, rows=rows)


@contextmanager
def snapshot(place: Place, tables: Sequence[SourceTable]) -> Iterator[Snapshot]:
    """Open one moment of a database for reading.

    Raises
    ------
    CrmError
        What the driver reports, in our words: unreachable, refused, no database.
    """
    dialect = DIALECTS[place.database.kind]
    try:
        engine = dialect.engine(place)
        with engine.connect() as connection:
            dialect.begin(connection)
            opened = Snapshot(connection, dialect, place)
            opened.keys = {table.name: opened.key_columns(table) for table in tables}
            dialect.speak_text(connection)
            yield opened
    except sx.SQLAlchemyError as error:
        raise spoken(error, place) from None


def _all_of(table: SourceTable) -> sa.Select[Any]:
    if table.query is not None:
        body: Any = sa.text(f"({_literally(table.query)}) as extracted")
    else:
        schema, name = schema_and_name(str(table.table))
        body = sa.table(name, schema=schema)
    return sa.select(sa.text("*")).select_from(body)


def _few(table: SourceTable, at_most: int) -> sa.Select[Any]:
    return _all_of(table).limit(at_most)


def _literally(query: str) -> str:
    """Return a query whose colons begin no parameter."""
    return query.strip().removesuffix(";").replace(":", "\\:")


def _named(table: SourceTable, place: Place) -> str:
    return f"source {place.source_system}, table {table.name}"

"""A private SQL engine lent to pure functions: in memory, no files, no network."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.warehouse.connection import private_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import duckdb

    from crm_tasks.warehouse.home import Home


@dataclass(frozen=True)
class _DuckDBScratch:
    connection: duckdb.DuckDBPyConnection

    def register(self, name: str, rows: pa.Table) -> None:
        self.connection.register(name, rows)

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> pa.Table:
        relation = self.connection.sql(sql, params=dict(parameters) if parameters else None)
        return relation.to_arrow_table() if relation is not None else pa.table({})


@contextmanager
def scratch(
    home: Home, memory_limit: str, frames: Mapping[str, pa.Table], threads: int = 1
) -> Iterator[_DuckDBScratch]:
    """Lend an engine with ``frames`` readable as tables of their names; it ends with the block.

    More than one thread is for work whose result does not depend on the order of rows.
    """
    with private_engine(home.temporary, memory_limit, threads) as connection:
        lent = _DuckDBScratch(connection)
        for name, rows in frames.items():
            lent.register(name, rows)
        yield lent

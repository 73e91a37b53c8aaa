"""Where a source is: the one place all its tables are read from."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from crm_tasks.profiles.base import Name, Strict
from crm_tasks.profiles.databases import Database
from crm_tasks.profiles.tables import SourceTable
from crm_tasks.profiles.web import Web


class KnownAt(Strict):
    """When a fact counts as known: with its event (plus a lag), or when it was first landed.

    A live source often begins with its history: what landed before the day it went live counts as
    known with its event, whatever lands from then on with its landing.
    """

    rule: Literal["event", "landing"]
    lag_days: Annotated[int, Field(ge=0, le=3650)] = 0
    live_since: Annotated[
        dt.date | None, Field(description="With rule landing: files landed before are history")
    ] = None

    @model_validator(mode="after")
    def _goes_live_by_landing(self) -> Self:
        if self.live_since is not None and self.rule != "landing":
            raise ValueError("live_since: only with rule landing")
        return self


#: By the place of a source: what each of its tables must name, and how they can be written.
FILE_FORMATS = ("csv", "json", "jsonl", "parquet", "xlsx", "html")
WEB_FORMATS = ("json", "html")


class Source(Strict):
    """One source system, in exactly one place.

    ``package`` reads files shipped inside an installed Python package, ``root`` those below a
    folder, relative to the profile's own file; ``database`` and ``web`` are asked.
    """

    source_system: Name
    package: str | None = None
    root: str | None = None
    database: Database | None = None
    web: Web | None = None
    known_at: KnownAt
    trust: Annotated[
        int, Field(ge=1, le=5, description="Which source is believed where several disagree")
    ] = 3
    tables: Annotated[tuple[SourceTable, ...], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _formats_follow_the_place(cls, given: Any) -> Any:
        """Tables of a database are written in no format a person could choose."""
        if not isinstance(given, dict) or not isinstance(given.get("tables"), list | tuple):
            return given
        implied = _implied_format(given)
        tables = [
            {"format": implied, **table} if implied and isinstance(table, dict) else table
            for table in given["tables"]
        ]
        return {**given, "tables": tables}

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        places = (self.package, self.root, self.database, self.web)
        if sum(place is not None for place in places) != 1:
            raise ValueError("give exactly one of package, root, database and web")
        return self

    @model_validator(mode="after")
    def _tables_fit_the_place(self) -> Self:
        for table in self.tables:
            given = {
                name
                for name in ("files", "table", "query", "request")
                if getattr(table, name) is not None
            }
            wanted, formats = self._asks_of_tables
            if len(given) != 1 or not given <= set(wanted):
                raise ValueError(
                    f"table {table.name}: in this source a table names {' or '.join(wanted)}, "
                    "and nothing else of files, table, query and request"
                )
            if table.format not in formats:
                raise ValueError(f"table {table.name}: format here is one of {', '.join(formats)}")
            if table.cursor is not None and self.database is None:
                raise ValueError(f"table {table.name}: only a database has a cursor")
            if table.cursor is not None and table.load == "full":
                raise ValueError(
                    f"table {table.name}: by cursor no extract is the whole table; take out cursor "
                    "or load: full"
                )
        return self

    @property
    def _asks_of_tables(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What each table must name one of, and the formats that can be."""
        if self.web is not None:
            return ("request",), WEB_FORMATS
        if self.database is None:
            return ("files",), FILE_FORMATS
        if self.database.kind == "mongodb":
            return ("table",), ("documents",)
        return ("table", "query"), ("rows",)


def _implied_format(source: dict[str, Any]) -> str | None:
    if isinstance(source.get("web"), dict):
        return "json"
    database = source.get("database")
    if not isinstance(database, dict):
        return None
    return "documents" if str(database.get("url", "")).startswith("mongodb") else "rows"

"""Shell: databases. All tables of one source are read as one moment, or nothing is."""

from __future__ import annotations

import dataclasses
from contextlib import ExitStack
from typing import TYPE_CHECKING

from crm_tasks.connectors.databases.dialect import Place
from crm_tasks.connectors.databases.mongodb import collections
from crm_tasks.connectors.databases.reading import snapshot
from crm_tasks.connectors.extracts import Extract, Extraction
from crm_tasks.connectors.patience import Patience
from crm_tasks.errors import ProfileError
from crm_tasks.settings import source_secret

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from crm_tasks.connectors.databases.mongodb import Collections
    from crm_tasks.connectors.databases.reading import Snapshot
    from crm_tasks.landing.cursors import Reached
    from crm_tasks.profiles import Source, SourceTable

__all__ = ["extract_database", "opened", "place_of"]


def place_of(source: Source, base: Path) -> Place:
    """Return where a source's database is, with what lets in.

    Raises
    ------
    ProfileError
        The source is no database.
    SettingsError
        The setting that the profile names for the password is not set.
    """
    if source.database is None:
        raise ProfileError(f"source {source.source_system} is no database")
    name = source.database.password
    password = source_secret(name) if name else None
    return Place(source.source_system, source.database, base, password)


def opened(
    place: Place, tables: Sequence[SourceTable]
) -> AbstractContextManager[Snapshot | Collections]:
    """Open one moment of a database for reading these tables."""
    return collections(place) if place.database.kind == "mongodb" else snapshot(place, tables)


def extract_database(
    source: Source,
    base: Path,
    reached: Mapping[str, Reached],
    key: bytes,
    folder: Path,
    patience: Patience | None = None,
) -> list[Extract]:
    """Return all tables of a source, read as one moment; begun anew when the source breaks off.

    Parameters
    ----------
    base : Path
        Folder that a SQLite path counts from.
    reached : mapping
        By table name, where the last extract of a table with a cursor ended.
    key : bytes
        Of the digests that compare contents.
    folder : Path
        Where the content waits, sealed, until it is landed.

    Raises
    ------
    SourceUnavailable
        Still failing after the last attempt.
    LandingRefused
        A table is not what the profile says.
    """
    place = place_of(source, base)
    for attempt in (patience or Patience()).retrying():
        with attempt, ExitStack() as until_done:
            extracts = _extract_once(place, source, reached, key, folder, until_done)
            until_done.pop_all()
            return extracts
    raise AssertionError("a retry ends in an answer or an error")


def _extract_once(
    place: Place,
    source: Source,
    reached: Mapping[str, Reached],
    key: bytes,
    folder: Path,
    until_done: ExitStack,
) -> list[Extract]:
    extracts = []
    with opened(place, source.tables) as moment:
        for table in source.tables:
            extraction = Extraction(table, key, folder, reached.get(table.name))
            until_done.callback(extraction.spool.close)
            notes = moment.notes(table)
            for chunk in moment.chunks(table, reached.get(table.name)):
                extraction.add(dataclasses.replace(chunk, notes=chunk.notes | notes))
            extracts.append(extraction.finish())
    return extracts

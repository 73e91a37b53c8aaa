"""Whether a source can be read as its profile says: reached, asked for a sample, nothing kept."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from crm_tasks.connectors.files import read_chunks, source_files, source_root
from crm_tasks.connectors.patience import Patience
from crm_tasks.errors import CrmError, listed
from crm_tasks.settings import USER_AGENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from crm_tasks.landing.rows import Chunk
    from crm_tasks.profiles import Source, SourceTable

#: Documents asked for; of everything else the first block of rows is.
SAMPLE = 200
#: A check is somebody waiting: one attempt, and a few seconds at most.
ONCE = Patience(attempts=1)
SECONDS_AT_MOST = 10


@dataclass(frozen=True)
class Finding:
    """One thing a check found; without a table it is about the whole source."""

    source_system: str
    table: str | None
    level: Literal["error", "warning", "ok"]
    message: str


def check_source(source: Source, base: Path, user_agent: str = USER_AGENT) -> list[Finding]:
    """Return what is to be said of a source and each of its tables; nothing of it is kept.

    Parameters
    ----------
    base : Path
        Folder that ``root`` and SQLite files count from.
    user_agent : str
        What a web server is told.

    Notes
    -----
    Errors, and the absence of errors, are findings; no value of the data stands in them. A packed
    file is unpacked once, to see that it is whole.
    """
    return [_checked(source, table, base, user_agent) for table in source.tables]


def _checked(source: Source, table: SourceTable, base: Path, user_agent: str) -> Finding:
    try:
        chunk = next(sample_of(source, base, user_agent)(table), None)
    except CrmError as error:
        return Finding(source.source_system, table.name, "error", str(error))
    level, message = _judged(chunk, table)
    return Finding(source.source_system, table.name, level, message)


def _judged(
    chunk: Chunk | None, table: SourceTable
) -> tuple[Literal["error", "warning", "ok"], str]:
    if chunk is None or not (chunk.rows.num_rows or chunk.refused):
        if table.may_be_empty:
            return "ok", "no record, which may be"
        return "warning", "no record found; may_be_empty: true if that is no fault"
    asked = {name for name in table.columns if table.request and name.startswith("request.")}
    unseen = set(table.columns) - set(chunk.columns) - asked
    n_read = chunk.rows.num_rows + len(chunk.refused)
    if chunk.refused:
        reasons = listed({record.reason for record in chunk.refused})
        return "warning", f"{len(chunk.refused)} of {n_read} records do not fit: {reasons}"
    if unseen:  # of JSON and documents: what is not seen in a sample may still come
        return "warning", f"columns not seen in {n_read} records: {listed(unseen)}"
    return "ok", f"{n_read} records read, all fit"


def sample_of(
    source: Source, base: Path, user_agent: str = USER_AGENT
) -> Callable[[SourceTable], Iterator[Chunk]]:
    """Return what yields the first records of a table."""
    if source.database is not None:
        limit = min(source.database.time_limit_seconds, SECONDS_AT_MOST)
        database = source.database.model_copy(update={"time_limit_seconds": limit})
        quick = source.model_copy(update={"database": database})
        return lambda table: _of_database(quick, table, base)
    if source.web is not None:
        return lambda table: _of_web(source, table, user_agent)
    root = source_root(source, base)
    return lambda table: read_chunks(source_files(root, table)[0], table)


def _of_database(source: Source, table: SourceTable, base: Path) -> Iterator[Chunk]:
    from crm_tasks.connectors.databases import opened, place_of

    with opened(place_of(source, base), [table]) as snapshot:
        yield from itertools.islice(snapshot.chunks(table, at_most=SAMPLE), 1)


def _of_web(source: Source, table: SourceTable, user_agent: str) -> Iterator[Chunk]:
    from crm_tasks.connectors.web import Times, fetcher_of, first_page, records_of

    times = Times(now=lambda: dt.datetime.fromtimestamp(0, dt.UTC))  # nothing of it is kept
    with fetcher_of(source, user_agent, times, ONCE) as fetcher:
        page, given = first_page(fetcher, table, user_agent)
        yield from records_of(table, page, given, page.body)

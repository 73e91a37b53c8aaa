"""Shell: the web. All pages of all tables of one source are fetched, or nothing of it lands."""

from __future__ import annotations

import dataclasses
import io
import itertools
from contextlib import ExitStack
from typing import TYPE_CHECKING

from crm_tasks.connectors.extracts import Extract, Extraction
from crm_tasks.connectors.json_files import found_at, read_json
from crm_tasks.connectors.spool import Spool
from crm_tasks.connectors.web.fetching import Fetcher, Page, Times
from crm_tasks.connectors.web.html_tables import read_html
from crm_tasks.connectors.web.paging import document_of, first_url, next_url
from crm_tasks.connectors.web.robots import ask_robots
from crm_tasks.errors import LandingRefused, ProfileError
from crm_tasks.landing.records import RefusedRecord
from crm_tasks.landing.rows import RECORD_NO, Chunk
from crm_tasks.profiles.base import FETCHED
from crm_tasks.settings import source_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import httpx

    from crm_tasks.connectors.patience import Patience
    from crm_tasks.profiles import Source, SourceTable

__all__ = ["Times", "extract_web", "fetcher_of", "first_page", "records_of"]


@dataclasses.dataclass(frozen=True)
class Fetched:
    """The pages of one request: what is said of each, and their bytes, sealed."""

    pages: list[tuple[Page, dict[str, str | None]]]
    bodies: Spool


def fetcher_of(
    source: Source, user_agent: str, times: Times, patience: Patience | None = None
) -> Fetcher:
    """Return what fetches from a source's server, with what lets in.

    Raises
    ------
    ProfileError
        The source is no web server.
    SettingsError
        The setting that the profile names for the credentials is not set.
    """
    if source.web is None:
        raise ProfileError(f"source {source.source_system} is no web server")
    credentials = source.web.credentials
    secret = source_secret(credentials.secret) if credentials else None
    return Fetcher(
        source.source_system, source.web, user_agent, times, secret=secret, patience=patience
    )


def extract_web(
    source: Source,
    user_agent: str,
    key: bytes,
    folder: Path,
    times: Times,
    patience: Patience | None = None,
) -> list[Extract]:
    """Return all tables of a web source; tables with the same request share its pages.

    Raises
    ------
    SourceUnavailable
        The server did not answer; what it had answered before is forgotten.
    LandingRefused
        An answer is not what the profile says, robots.txt forbids it, or a limit was reached.
    """
    with ExitStack() as pages_open, ExitStack() as until_done:
        fetcher = pages_open.enter_context(fetcher_of(source, user_agent, times, patience))
        walk = _Walk(fetcher, user_agent)
        requests: dict[str, Fetched] = {}
        for table in source.tables:
            if _same_pages(table) not in requests:
                bodies = pages_open.enter_context(Spool(folder))
                requests[_same_pages(table)] = walk.fetched(table, bodies)
        extracts = []
        for table in source.tables:
            extraction = Extraction(table, key, folder)
            until_done.callback(extraction.spool.close)
            for chunk in _chunks(table, requests[_same_pages(table)]):
                extraction.add(chunk)
            extracts.append(extraction.finish())
        until_done.pop_all()
        return extracts


def first_page(
    fetcher: Fetcher, table: SourceTable, user_agent: str
) -> tuple[Page, dict[str, str | None]]:
    """Return the first page of a table's request, for a look, and what the request says of it."""
    return next(_Walk(fetcher, user_agent).pages(table))


class _Walk:
    """Goes through the pages of requests, one after the other, by the rules of the server."""

    def __init__(self, fetcher: Fetcher, user_agent: str) -> None:
        self.fetcher, self.web = fetcher, fetcher.web
        self.robots = ask_robots(fetcher, user_agent) if self.web.robots == "honour" else None
        if self.robots is not None:
            fetcher.delay_s = max(fetcher.delay_s, self.robots.delay_s)
        self.n_pages = 0

    def fetched(self, table: SourceTable, bodies: Spool) -> Fetched:
        """Return all pages of a table's request."""
        fetched = Fetched([], bodies)
        for page, given in self.pages(table):
            bodies.put(page.body)
            fetched.pages.append((dataclasses.replace(page, body=b""), given))
        return fetched

    def pages(self, table: SourceTable) -> Iterator[tuple[Page, dict[str, str | None]]]:
        """Yield the pages of a table's request and what the request says of each."""
        request = table.request
        if request is None:
            raise ProfileError(f"table {table.name} names no request")
        for values in _each(request.each):
            given: dict[str, str | None] = {f"request.{name}": v for name, v in values.items()}
            for page in self._follow(table, first_url(self.web, request, values)):
                yield page, given

    def _follow(self, table: SourceTable, url: httpx.URL) -> Iterator[Page]:
        paging = table.request.paging if table.request else None
        asked: set[str] = set()
        while True:
            if str(url) in asked:
                raise LandingRefused(f"E_PAGING: table {table.name}: the pages lead in a circle")
            asked.add(str(url))
            page = self._page(table, url)
            yield page
            link = next_url(page, table, paging, _n_records(page, table))
            if link is None:
                return
            url = self.fetcher.same_origin(page.url, link, "E_PAGING")

    def _page(self, table: SourceTable, url: httpx.URL) -> Page:
        self.n_pages += 1
        if self.n_pages > self.web.pages_at_most:
            raise LandingRefused(
                f"E_PAGES: table {table.name}: more than {self.web.pages_at_most} pages; a part of "
                "them lands as little as none (pages_at_most)"
            )
        if self.robots is not None:
            self.robots.refuse_forbidden(url)
        page = self.fetcher.get(url)
        kind = page.headers.get("content-type", "").lower()
        if table.format == "json" and "html" in kind:
            raise LandingRefused(
                f"E_TYPE: table {table.name}: {url.path} is an HTML page, perhaps a login form; "
                "the profile says json"
            )
        return page


def _each(each: Mapping[str, Sequence[str]]) -> Iterator[dict[str, str]]:
    """Yield all combinations of the values that a request is repeated with."""
    for values in itertools.product(*each.values()):
        yield dict(zip(each, values, strict=True))


def _n_records(page: Page, table: SourceTable) -> int:
    """Return how many records a page holds, where paging must know."""
    paging = table.request.paging if table.request else None
    if paging is None or paging.by not in ("page_number", "offset"):
        return 1
    if table.format == "html":
        content_type = page.headers.get("content-type")
        chunks = read_html(page.body, table, table.name, _given(page, {}), content_type)
        return sum(chunk.rows.num_rows + len(chunk.refused) + chunk.n_blank for chunk in chunks)
    document = document_of(page, table)
    records = found_at(document, table.outer_path.split(".")) if table.outer_path else document
    return len(records) if isinstance(records, list) else 0


def _given(page: Page, values: Mapping[str, str | None]) -> dict[str, str | None]:
    moment = page.fetched_at.isoformat(sep=" ", timespec="seconds") + "Z"
    return {**values, **dict(zip(FETCHED, (str(page.url), moment), strict=True))}


def _same_pages(table: SourceTable) -> str:
    """Return what tables have in common that are read from the same pages."""
    return f"{table.format} {table.request.model_dump_json() if table.request else ''}"


def records_of(
    table: SourceTable, page: Page, values: Mapping[str, str | None], body: bytes
) -> Iterator[Chunk]:
    """Yield the records of one page, numbered from 1."""
    given, name = _given(page, values), f"table {table.name}, {page.url.path}"
    if table.format == "html":
        return read_html(body, table, name, given, page.headers.get("content-type"))
    return read_json(io.BytesIO(body), table, name, given)


def _chunks(table: SourceTable, fetched: Fetched) -> Iterator[Chunk]:
    """Yield the records of all pages, numbered on and on."""
    n_before = 0
    for (page, values), body in zip(fetched.pages, fetched.bodies.blocks(), strict=True):
        n_here = 0
        for chunk in records_of(table, page, values, body):
            n_here += chunk.rows.num_rows + len(chunk.refused) + chunk.n_blank
            yield _moved(chunk, n_before)
        n_before += n_here


def _moved(chunk: Chunk, by: int) -> Chunk:
    import pyarrow.compute as pc

    at = chunk.rows.schema.get_field_index(RECORD_NO)
    rows = chunk.rows.set_column(at, RECORD_NO, pc.add(chunk.rows.column(RECORD_NO), by))
    refused = tuple(
        RefusedRecord(r.record_no + by, r.byte_offset, r.raw, r.reason) for r in chunk.refused
    )
    return dataclasses.replace(chunk, rows=rows, refused=refused)

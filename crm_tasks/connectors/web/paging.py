"""From one page to the next: pure, and sure to end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx

from crm_tasks.connectors.json_files import MISSING, found_at
from crm_tasks.errors import LandingRefused
from crm_tasks.profiles.web import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_tasks.connectors.web.fetching import Page
    from crm_tasks.profiles import SourceTable
    from crm_tasks.profiles.web import Paging, Request, Web


def first_url(web: Web, request: Request, values: Mapping[str, str]) -> httpx.URL:
    """Return where a request begins, its placeholders filled.

    >>> from crm_tasks.profiles.web import Request, Web
    >>> request = Request(path="/a/{n}", parameters={"limit": "2"}, each={"n": ("x@y",)})
    >>> str(first_url(Web(url="http://h/api/"), request, {"n": "x@y"}))
    'http://h/api/a/x@y?limit=2'
    """
    path = PLACEHOLDER.sub(lambda found: values[found[1]], request.path)
    url = httpx.URL(web.url.rstrip("/") + path)
    paging = request.paging
    url = url.copy_merge_params(request.parameters) if request.parameters else url
    if paging is not None and paging.by in ("page_number", "offset"):
        first = paging.first if paging.by == "page_number" else 0
        url = url.copy_set_param(str(paging.parameter), first)
    return url


def next_url(page: Page, table: SourceTable, paging: Paging | None, n_records: int) -> str | None:
    """Return the address of the next page, relative or whole; None after the last.

    ``n_records`` is what this page holds: counting goes on until there is nothing.

    Raises
    ------
    LandingRefused
        ``E_PAGING``: the page keeps something else where the next address should be.
    """
    if paging is None:
        return None
    if paging.by == "link_header":
        return _linked(page)
    if paging.by in ("page_number", "offset"):
        return _counted(page, paging, n_records)
    found = _at(page, table, str(paging.at))
    if found in (None, "", False):
        return None
    if not isinstance(found, str | int):
        raise LandingRefused(f"E_PAGING: table {table.name}: no address or token at {paging.at}")
    if paging.by == "next_link":
        return str(found)
    return str(page.url.copy_set_param(str(paging.parameter), str(found)))


def _linked(page: Page) -> str | None:
    response = httpx.Response(200, headers=page.headers)
    return response.links.get("next", {}).get("url")


def _counted(page: Page, paging: Paging, n_records: int) -> str | None:
    if n_records == 0:
        return None
    name = str(paging.parameter)
    step = 1 if paging.by == "page_number" else n_records
    return str(page.url.copy_set_param(name, int(page.url.params[name]) + step))


def _at(page: Page, table: SourceTable, path: str) -> Any:
    if table.format == "html":
        from crm_tasks.connectors.web.html_tables import parsed

        link = parsed(page.body, page.headers.get("content-type"), table.name).select_one(path)
        return link.get("href") if link is not None else None
    value = found_at(document_of(page, table), path.split("."))
    return None if value is MISSING else value


def document_of(page: Page, table: SourceTable) -> Any:
    """Return a page's JSON.

    Raises
    ------
    LandingRefused
        ``E_JSON``
    """
    try:
        return json.loads(page.body)
    except (ValueError, RecursionError):
        raise LandingRefused(f"E_JSON: table {table.name}: {page.url.path} is not JSON") from None

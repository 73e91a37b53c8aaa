"""One table of an HTML page as text, row by row.

A page is decoded strictly: by its byte order mark, by what the server says, by what it says itself.
Where the two last differ and both could be true, nobody knows what the letters are.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup, Tag

from crm_tasks.connectors.columns import check_columns
from crm_tasks.connectors.text_rows import TextRow, text_chunk
from crm_tasks.errors import LandingRefused
from crm_tasks.landing.records import RefusedRecord
from crm_tasks.landing.rows import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crm_tasks.profiles import SourceTable

ROWS_PER_CHUNK = 8_192
PAGE_BYTES_AT_MOST = 32 << 20
META_BYTES = 1_024
META = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
HEADER = re.compile(r"""charset\s*=\s*["']?([^\s"';]{1,40})""", re.IGNORECASE)
MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
#: Browsers read these names as the larger sets that pages mean by them (WHATWG Encoding).
MEANT = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252",
         "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs"}  # fmt: skip


def read_html(
    body: bytes,
    table: SourceTable,
    name: str,
    given: Mapping[str, str | None] | None = None,
    content_type: str | None = None,
) -> Iterator[Chunk]:
    """Yield the rows of the table that the profile's selector finds.

    Raises
    ------
    LandingRefused
        ``E_TYPE``: no such table, perhaps a login form; ``E_ENCODING``; ``E_HEADER``.
    """
    page = parsed(body, content_type, name)
    found = page.select(table.selector)
    tables = [tag for tag in found if tag.name == "table"]
    if len(tables) != 1:
        what = "is a login form" if not tables and _is_login(page) else f"has {len(tables)} tables"
        raise LandingRefused(
            f"E_TYPE: {name} {what} where one was expected ({table.selector}); declare credentials "
            "or a narrower selector"
        )
    rows = [row for row in tables[0].select("tr") if row.find_parent("table") is tables[0]]
    header = _texts(rows[0]) if rows else []
    fixed = given or {}
    wanted = table.model_copy(
        update={"columns": {c: k for c, k in table.columns.items() if c not in fixed}}
    )
    check_columns(header, wanted, name)
    body_rows = rows[1:]
    for begin in range(0, max(len(body_rows), 1), ROWS_PER_CHUNK):
        yield _chunk(body_rows[begin : begin + ROWS_PER_CHUNK], begin + 1, header, table, fixed)


def _chunk(
    rows: list[Tag],
    first_no: int,
    header: list[str],
    table: SourceTable,
    fixed: Mapping[str, str | None],
) -> Chunk:
    kept: list[tuple[int, TextRow]] = []
    refused: list[RefusedRecord] = []
    n_blank = 0
    for number, row in enumerate(rows, first_no):
        texts = _texts(row)
        if not any(texts):
            n_blank += 1
        elif len(texts) != len(header) or _spans(row):
            reason = "E_SPAN" if _spans(row) else "E_FIELD_COUNT"
            refused.append(RefusedRecord(number, 0, str(row).encode(), reason))
        else:
            record = {**dict(zip(header, texts, strict=True)), **fixed}
            kept.append((number, tuple(record.get(name) for name in table.text_columns)))
    types = dict.fromkeys(header, "cell")
    chunk = text_chunk(kept, table.text_columns, types)
    together = sorted((*chunk.refused, *refused), key=lambda record: record.record_no)
    return Chunk(chunk.rows, tuple(together), n_blank, types)


def _texts(row: Tag) -> list[str]:
    """Return the text of a row's own cells, spaces as a reader sees them."""
    cells = row.find_all(["td", "th"], recursive=False)
    return [" ".join(cell.get_text(" ").split()) for cell in cells]


def _spans(row: Tag) -> bool:
    """Return whether a cell reaches over others: which row or column it belongs to is a guess."""
    cells = row.find_all(["td", "th"], recursive=False)
    return any(str(cell.get(name, "1")) != "1" for cell in cells for name in ("colspan", "rowspan"))


def _is_login(page: BeautifulSoup) -> bool:
    return page.select_one("input[type=password i]") is not None


def parsed(body: bytes, content_type: str | None, name: str) -> BeautifulSoup:
    """Return a page's tree.

    Raises
    ------
    LandingRefused
        ``E_TYPE``: no HTML; ``E_ENCODING``: its letters are not what it says.
    """
    kind = (content_type or "text/html").partition(";")[0].strip().lower()
    if kind not in ("text/html", "application/xhtml+xml"):
        raise LandingRefused(f"E_TYPE: {name} is {kind}, the profile says html")
    return BeautifulSoup(decoded_page(body, content_type, name), "lxml")


def decoded_page(body: bytes, content_type: str | None, name: str) -> str:
    """Return a page's text, decoded strictly.

    >>> decoded_page("<meta charset=gbk>价".encode("gbk"), None, "p")
    '<meta charset=gbk>价'

    Raises
    ------
    LandingRefused
        ``E_ENCODING``
    """
    for mark, encoding in MARKS.items():
        if body.startswith(mark):
            return _strictly(body[len(mark) :], encoding, name)
    in_header = HEADER.search(content_type or "")
    in_page = META.search(body[:META_BYTES])
    said = [found[1] for found in (in_header,) if found]
    said += [found[1].decode("ascii") for found in (in_page,) if found]
    texts = {_strictly(body, encoding, name) for encoding in said or ["utf-8"]}
    if len(texts) > 1:
        raise LandingRefused(
            f"E_ENCODING: {name}: the server says {_known(said[0])}, the page {_known(said[1])}, "
            "and it reads differently as each"
        )
    return texts.pop()


def _strictly(body: bytes, encoding: str, name: str) -> str:
    try:
        return body.decode(MEANT.get(encoding.lower(), encoding))
    except UnicodeDecodeError:
        raise LandingRefused(f"E_ENCODING: {name} is not {_known(encoding)}, as it says") from None
    except LookupError:
        raise LandingRefused(f"E_ENCODING: {name} says an encoding nobody knows") from None


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return "an unknown encoding"

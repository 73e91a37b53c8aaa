"""What a file is, by its first bytes rather than its name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_tasks.errors import LandingRefused
from crm_tasks.profiling.decisions import Decision
from crm_tasks.profiling.remarks import remark

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKBOOK_PART = "[Content_Types].xml"
DEPTH_AT_MOST = 3
#: First bytes of what holds data but is not read as a file, with what to do about it.
UNREADABLE = {
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls): save it as .xlsx or CSV",
    b"SQLite format 3": "an SQLite database: declare it as a database source",
    b"%PDF": "a PDF file: export the data as CSV",
    b"BZh": "a bzip2 file: unpack it or pack it with gzip",
    b"\xfd7zXZ": "an xz file: unpack it or pack it with gzip",
    b"\x28\xb5\x2f\xfd": "a zstd file: unpack it or pack it with gzip",
    b"<": "an HTML or XML page: export the data as CSV",
}


@dataclass(frozen=True)
class Container:
    """How a file's records are to be read: a profile's format, and where in JSON they are."""

    format: str
    records: str = ""


def packed_by(head: bytes, members: tuple[str, ...]) -> str:
    r"""Return what a file is packed with: none, gzip or zip; a workbook counts as not packed.

    >>> packed_by(b"PK\x03\x04", ("[Content_Types].xml", "xl/workbook.xml"))
    'none'
    """
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    return "zip" if head.startswith(b"PK") and WORKBOOK_PART not in members else "none"


def propose_container(head: bytes, name: str) -> Decision[Container]:
    """Return what unpacked content is.

    Parameters
    ----------
    head : bytes
        The content's first bytes, JSON that is no array whole.
    name : str
        The file's name, for the message.

    Raises
    ------
    LandingRefused
        ``E_EMPTY``, or ``E_TYPE``: nothing a profile can read; the message says what to do.
    """
    if not head.strip():
        raise LandingRefused(f"E_EMPTY: {name} holds nothing")
    for magic, what in UNREADABLE.items():
        if head.startswith(magic):
            raise LandingRefused(f"E_TYPE: {name} is {what}")
    if head.startswith(b"PAR1"):
        return _sure("parquet")
    if head.startswith(b"PK"):
        return _sure("xlsx")
    begin = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1]
    if begin == b"[":
        return _sure("json")
    if begin == b"{":
        return _json(head)
    return Decision(Container("csv"), 0.9, remark("plain_text"))


def _sure(kind: str) -> Decision[Container]:
    return Decision(Container(kind), 1.0, remark("first_bytes"))


def _json(head: bytes) -> Decision[Container]:
    lines = [line for line in head.splitlines() if line.strip()]
    is_object = _is_object(lines[0])
    if is_object and len(lines) > 1 and lines[1].lstrip().startswith(b"{"):
        return Decision(Container("jsonl"), 0.97, remark("json_lines"))
    try:
        found = sorted(_arrays(json.loads(head)), key=lambda place: -place[1])
    except ValueError:
        found = []
    if not found and is_object and len(lines) == 1:
        return Decision(Container("jsonl"), 0.6, remark("json_lines"))
    if not found:
        return Decision(Container("json"), 0.3, remark("json_nowhere"))
    path, n = found[0]
    confidence = 0.9 if len(found) == 1 else 0.7
    return Decision(Container("json", path), confidence, remark("json_array", n=n))


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _arrays(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, int]]:
    """Yield path and length of each array of objects in a document."""
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        yield ".".join(path), len(value)
    if isinstance(value, dict) and len(path) < DEPTH_AT_MOST:
        for key, inner in value.items():
            yield from _arrays(inner, (*path, key))

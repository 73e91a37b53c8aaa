"""Find a source's files and read them as text, record by record, with nothing lost.

A file is refused as a whole when it is not what the profile says (type, encoding, header); a record
is refused alone, with its bytes and a reason, when only it does not fit.
"""

from __future__ import annotations

import io
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from crm_tasks.connectors.delimited import read_delimited
from crm_tasks.connectors.excel import read_excel
from crm_tasks.connectors.generated import lies_in_answer_key
from crm_tasks.connectors.json_files import read_json
from crm_tasks.connectors.parquet import read_parquet
from crm_tasks.connectors.preflight import Limits, opened
from crm_tasks.errors import LandingRefused, ProfileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from crm_tasks.landing.rows import Chunk
    from crm_tasks.profiles import Source, SourceTable

#: A packed workbook or Parquet file is unpacked into memory: both are read from their end.
PACKED_BYTES_AT_MOST = 256 << 20


def source_root(source: Source, profile_folder: Path) -> Path:
    """Return the folder that a source's file patterns count from.

    Raises
    ------
    ProfileError
        The package is not installed, or the folder does not exist.
    """
    if source.package is not None:
        spec = find_spec(source.package)
        if spec is None or not spec.submodule_search_locations:
            raise ProfileError(
                f"source {source.source_system}: package {source.package} is not installed"
            )
        return Path(next(iter(spec.submodule_search_locations)))
    root = (profile_folder / str(source.root)).resolve()
    if not root.is_dir():
        raise ProfileError(f"source {source.source_system}: no folder {root}")
    return root


def source_files(root: Path, table: SourceTable) -> list[Path]:
    """Return a table's files by name.

    Raises
    ------
    ProfileError
        The pattern leaves the source's folder or finds no file.
    LandingRefused
        Something found is not a regular file of its own (a link, a pipe, a folder).
    """
    pattern = table.files or ""
    if ".." in Path(pattern).parts or Path(pattern).is_absolute() or not pattern:
        raise ProfileError(f"table {table.name}: files must stay inside the source's folder")
    found = sorted(root.glob(pattern))
    if not found:
        raise ProfileError(f"table {table.name}: no file matches {table.files} in {root}")
    for path in found:
        if path.is_symlink() or not path.is_file() or not path.resolve().is_relative_to(root):
            raise LandingRefused(f"E_TYPE: {path.name} is not a regular file")
        if lies_in_answer_key(path):
            raise LandingRefused(f"E_ANSWER_KEY: {path.name} belongs to an answer key")
    return found


def read_chunks(path: Path, table: SourceTable, limits: Limits | None = None) -> Iterator[Chunk]:
    """Yield a file's records as text in bounded chunks.

    Raises
    ------
    LandingRefused
        The file as a whole is not what the profile says; the message begins with a reason code.
    """
    within = limits or Limits()
    with opened(path, table.compressed_by, within) as file:
        if table.format == "csv":
            yield from read_delimited(file, table, path.name)
        elif table.format in ("json", "jsonl"):
            yield from read_json(file, table, path.name)
        elif table.format == "html":
            from crm_tasks.connectors.web.html_tables import PAGE_BYTES_AT_MOST, read_html

            yield from read_html(_at_most(file, PAGE_BYTES_AT_MOST, path), table, path.name)
        else:
            content = file
            if table.compressed_by != "none":
                content = io.BytesIO(_at_most(file, PACKED_BYTES_AT_MOST, path))
            if table.format == "parquet":
                yield from read_parquet(content, table, path.name)
            else:
                yield from read_excel(content, table, path.name, within)


def _at_most(file: BinaryIO, n_bytes: int, path: Path) -> bytes:
    """Return the whole content of what must be read into memory."""
    content = file.read(n_bytes + 1)
    if len(content) > n_bytes:
        raise LandingRefused(f"E_SIZE: {path.name} unpacks to more than {n_bytes >> 20} MiB")
    return content

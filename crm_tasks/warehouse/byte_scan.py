"""Search every file of a home, as it lies on disk and as it reads, for texts that must be gone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from crm_tasks.contracts.sql_text import quoted
from crm_tasks.errors import RunStateError
from crm_tasks.warehouse.connection import sandboxed_reader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from crm_tasks.privacy.vault import Vault
    from crm_tasks.warehouse.home import Home

BLOCK_BYTES = 8 << 20
CHARACTER_SETS = ("utf-8", "utf-16-le", "gb18030")


@dataclass
class Scan:
    """What was searched and where something was found, by file below the home."""

    n_files: int = 0
    n_bytes: int = 0
    hits: Counter[str] = field(default_factory=Counter)

    @property
    def is_clean(self) -> bool:
        return not self.hits


def scan_home(home: Home, needles: Collection[str], vaults: Collection[Vault]) -> Scan:
    """Search all that a home holds; sources that a generator made there are no part of it.

    Parameters
    ----------
    needles : collection of str
        Texts to look for, never shown.
    vaults : collection of Vault
        The vault under each key that may open its chunks.
    """
    scan = Scan()
    sought = _encoded(needles)
    if not sought:
        return scan
    for path in sorted(home.root.rglob("*")):
        if not path.is_file() or path.is_symlink() or home.generated in path.parents:
            continue
        scan.n_files += 1
        where = str(path.relative_to(home.root))
        for content in (*_blocks(path, max(map(len, sought))), *_decoded(path, home, vaults)):
            scan.n_bytes += len(content)
            scan.hits[where] += sum(1 for needle in sought if needle in content)
    scan.hits = +scan.hits
    return scan


def _encoded(needles: Collection[str]) -> list[bytes]:
    found = set()
    for needle in needles:
        for name in CHARACTER_SETS:
            found.add(needle.encode(name, errors="ignore"))
    return sorted(found - {b""})


def _blocks(path: Path, overlap: int) -> Iterator[bytes]:
    tail = b""
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield tail + block
            tail = block[-overlap:]


def _decoded(path: Path, home: Home, vaults: Collection[Vault]) -> Iterator[bytes]:
    """Yield the texts of a file that is compressed or encrypted."""
    if path.suffix == ".parquet":
        for batch in pq.ParquetFile(path).iter_batches():
            yield from _texts(pa.Table.from_batches([batch]))
    elif path.suffix == ".duckdb":
        yield from _tables(path)
    elif home.vault in path.parents:
        yield from _texts(_opened(path, vaults))


def _tables(path: Path) -> Iterator[bytes]:
    with sandboxed_reader(path) as connection:
        names = connection.execute(
            "select schema_name, table_name from duckdb_tables() where not internal order by all"
        ).fetchall()
        for schema, name in names:
            reader = connection.sql(f"from {quoted(schema)}.{quoted(name)}").to_arrow_reader()
            for batch in reader:
                yield from _texts(pa.Table.from_batches([batch]))


def _opened(path: Path, vaults: Collection[Vault]) -> pa.Table:
    for vault in vaults:
        if vault.opens(path):
            return vault.open(path)
    raise RunStateError(f"vault chunk {path.name} opens under no key of this home: not searched")


def _texts(rows: pa.Table) -> Iterator[bytes]:
    for column in rows.columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            texts = column.unique().drop_null().to_pylist()
            yield "\n".join(texts).encode(errors="replace")
        elif pa.types.is_binary(column.type):
            yield b"\n".join(column.unique().drop_null().to_pylist())

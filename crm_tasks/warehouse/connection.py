"""The one factory of DuckDB connections: what each kind of connection may do is decided here."""

from __future__ import annotations

from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import duckdb

from crm_tasks.errors import RunStateError, WarehouseBusy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Config = dict[str, str | bool | int | float | list[str]]

#: Nothing is ever fetched or loaded on its own account.
NO_EXTENSIONS: Config = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}
SANDBOX: Config = {**NO_EXTENSIONS, "enable_external_access": "false"}


@contextmanager
def sandboxed_reader(file: Path, threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB file read-only with no way out: no files, no network, no settings.

    ``read_only`` alone is no sandbox (COPY TO and read_text still work), hence external access
    off and the configuration locked: as it opens, since readers in one process share the engine
    of a file, and a second reader could not lock it once more.

    Raises
    ------
    RunStateError
        The file does not exist.
    WarehouseBusy
        A writer holds it.
    """
    if not file.exists():
        raise RunStateError(f"no warehouse at {file}; `crm run` makes one")
    try:
        connection = duckdb.connect(
            str(file.resolve()),
            read_only=True,
            config={**SANDBOX, "threads": str(threads), "lock_configuration": "true"},
        )
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise WarehouseBusy(f"another process is writing {file.name}; try again") from None
        raise RunStateError(f"{file.name} cannot be opened: {_first_line(error)}") from None
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def private_engine(
    temporary: Path, memory_limit: str, threads: int = 1
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an in-memory engine for computing: no external access, spills into ``temporary``."""
    with _engine_in_memory(SANDBOX, temporary, memory_limit, threads) as connection:
        connection.execute("set lock_configuration = true")
        yield connection


@contextmanager
def file_engine(
    temporary: Path, memory_limit: str, threads: int
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an in-memory engine that may attach and write files: for publishing only."""
    with _engine_in_memory(NO_EXTENSIONS, temporary, memory_limit, threads) as connection:
        yield connection


@contextmanager
def _engine_in_memory(
    allowed: Config, temporary: Path, memory_limit: str, threads: int
) -> Iterator[duckdb.DuckDBPyConnection]:
    temporary.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A folder of its own: the engines of steps side by side name their spill files alike.
    with TemporaryDirectory(prefix="spill-", dir=temporary) as spill:
        config: Config = {
            **allowed,
            "threads": str(threads),
            "memory_limit": memory_limit,
            "temp_directory": spill,
        }
        connection = duckdb.connect(":memory:", config=config)
        try:
            yield connection
        finally:
            connection.close()


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]

"""Versions of the served file: names, the switch readers follow, what is kept."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

from crm_tasks.warehouse.files import fsync_path

if TYPE_CHECKING:
    from pathlib import Path

    from crm_tasks.warehouse.home import Home
    from crm_tasks.warehouse.ledger import Ledger

VERSIONS_KEPT = 3
VERSION_FILE = re.compile(r"crm_(\d{6})_[0-9a-f]+\.duckdb")


def version_file_name(version: int, run_id: str) -> str:
    """Return the file name of a version; a version number, and so a path, is never used twice.

    >>> version_file_name(7, "0123abcd")
    'crm_000007_0123abcd.duckdb'
    """
    return f"crm_{version:06d}_{run_id}.duckdb"


def next_version(home: Home, ledger: Ledger) -> int:
    """Return a number larger than any published or left behind by a killed attempt."""
    published = [row["version"] for row in ledger.store.rows("select version from publications")]
    on_disk = [number for number, _ in _version_files(home)]
    return int(max([0, *published, *on_disk])) + 1


def served_file(home: Home) -> Path | None:
    """Return the file readers are sent to, or None before the first publication."""
    link = home.served_link
    return link.resolve() if link.is_symlink() and link.exists() else None


def served_run(home: Home, ledger: Ledger) -> dict[str, Any] | None:
    """Return the run whose version readers see, or None before the first publication."""
    file = served_file(home)
    found = ledger.store.rows(
        "select runs.* from publications join runs using (run_id) where file_name = ?",
        (file.name if file else "",),
    )
    return found[0] if found else None


def is_served(home: Home, ledger: Ledger, run_id: str) -> bool:
    """Return whether the version readers see is the one this run published."""
    latest = ledger.store.rows("select run_id, file_name from publications order by version desc")
    file = served_file(home)
    if not latest or file is None:
        return False
    return (latest[0]["run_id"], latest[0]["file_name"]) == (run_id, file.name)


def switch_link(link: Path, target: str) -> None:
    """Point a link to another file in its folder; a reader sees the old or the new one."""
    aside = link.with_name(f".{link.name}.next")
    aside.unlink(missing_ok=True)
    aside.symlink_to(target)
    aside.replace(link)
    fsync_path(link.parent)


def remove_old_versions(home: Home) -> None:
    """Keep the newest three versions and their exports; sweep what killed attempts left."""
    current = served_file(home)
    files = sorted(_version_files(home), reverse=True)
    for _, path in files[VERSIONS_KEPT:]:
        if path != current:
            path.unlink(missing_ok=True)
            shutil.rmtree(path.with_suffix(".parquet"), ignore_errors=True)
    for leftover in home.serve.glob(".try-*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _version_files(home: Home) -> list[tuple[int, Path]]:
    if not home.serve.is_dir():
        return []
    found = ((VERSION_FILE.fullmatch(path.name), path) for path in home.serve.iterdir())
    return [(int(match.group(1)), path) for match, path in found if match]

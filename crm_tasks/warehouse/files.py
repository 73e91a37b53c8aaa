"""Files that are either wholly there or not at all: write aside, fsync, rename."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = 1 << 20


def sha256_of(path: Path) -> str:
    """Return the hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fsync_path(path: Path) -> None:
    """Make a file's bytes, or a folder's entries, survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def folder_aside(final: Path, token: int) -> Iterator[Path]:
    """Yield a fresh folder beside ``final``; on success the caller renames it by :func:`reveal`.

    The name holds the attempt's token, so that two attempts never share a folder; whatever a
    killed attempt left is swept by the next one that succeeds.
    """
    aside = final.with_name(f".{final.name}.try-{token}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def reveal(aside: Path, final: Path) -> None:
    """Make a finished folder visible under its final name, atomically and durably."""
    for path in sorted(aside.rglob("*")):
        fsync_path(path)
    fsync_path(aside)
    if final.exists():
        shutil.rmtree(final)
    aside.rename(final)
    fsync_path(final.parent)
    for leftover in final.parent.glob(f".{final.name}.try-*"):
        shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def file_aside(path: Path) -> Iterator[BinaryIO]:
    """Lend a file to write that takes the place of ``path`` once all is written, or else is gone.

    It lies beside ``path`` under a hidden name until then.
    """
    aside = path.with_name(f".{path.name}.tmp")
    try:
        with aside.open("wb") as out:
            yield out
        fsync_path(aside)
        aside.rename(path)
        fsync_path(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def write_text_atomically(path: Path, text: str) -> None:
    """Write a small file so that readers see the old or the new text, nothing between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.tmp")
    aside.write_text(text, encoding="utf-8")
    fsync_path(aside)
    aside.rename(path)
    fsync_path(path.parent)

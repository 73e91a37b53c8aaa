"""What is looked at before a file is read: what it is, how large, whether it is whole, its digest.

A file that changes while it is read would become rows that no version of it ever held; its
fingerprint is therefore taken before and compared after.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import stat
import time
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

from crm_tasks.errors import LandingRefused, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = 1 << 20
#: A change within the file system's own tick shows in neither size nor time: look at the bytes.
TICK_NS = 2_000_000_000
#: What a file may turn out to be, by its first bytes.
MAGIC = {
    b"PK\x03\x04": "a zip archive or Excel file",
    b"PK\x05\x06": "an empty zip archive",
    b"\xd0\xcf\x11\xe0": "an old Office file (.xls, .doc)",
    b"\x1f\x8b": "a gzip file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "an SQLite database",
    b"%PDF": "a PDF file",
}


@dataclass(frozen=True)
class Limits:
    """How large a file may be, packed and unpacked, and how far it may unpack."""

    file_bytes: int = 2 << 30
    ratio: int = 100


@dataclass(frozen=True)
class Fingerprint:
    """A file as it was before reading."""

    size: int
    modified_ns: int
    changed_ns: int
    inode: int
    taken_ns: int
    sha256: str


def fingerprint(path: Path, limits: Limits) -> Fingerprint:
    """Return what identifies a file's content now.

    Raises
    ------
    LandingRefused
        ``E_TYPE``: not a regular file; ``E_UNREADABLE``; ``E_SIZE``.
    """
    with opened_raw(path) as file:
        status = os.fstat(file.fileno())
        if status.st_size > limits.file_bytes:
            raise LandingRefused(f"E_SIZE: {path.name} is larger than {limits.file_bytes} bytes")
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Fingerprint(
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino,
        time.time_ns(),
        digest,
    )


def refuse_changed(path: Path, before: Fingerprint) -> None:
    """Raise if the file is no longer what it was.

    Raises
    ------
    SourceUnavailable
        ``E_CHANGED``: somebody still writes it; the next attempt may find it whole.
    """
    with opened_raw(path) as file:
        now = os.fstat(file.fileno())
        is_same = (now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino) == (
            before.size,
            before.modified_ns,
            before.changed_ns,
            before.inode,
        )
        if is_same and before.taken_ns - before.changed_ns < TICK_NS:
            is_same = hashlib.file_digest(file, "sha256").hexdigest() == before.sha256
    if not is_same:
        raise SourceUnavailable(f"E_CHANGED: {path.name} changed while it was read; land it again")


@contextmanager
def opened_raw(path: Path) -> Iterator[io.BufferedReader]:
    """Open a regular file, never a link, a pipe or a device."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise LandingRefused(f"E_UNREADABLE: {path.name}: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise LandingRefused(f"E_TYPE: {path.name} is not a regular file")
    with os.fdopen(handle, "rb") as file:
        yield file


@contextmanager
def opened(path: Path, compressed_by: str, limits: Limits) -> Iterator[BinaryIO]:
    """Open a file's content, unpacked; what is packed is unpacked once before to check it whole.

    Raises
    ------
    LandingRefused
        ``E_ARCHIVE``: not what the profile says, cut off, or its checksum is wrong; ``E_RATIO``;
        ``E_SIZE``.
    """
    with opened_raw(path) as file:
        if compressed_by == "none":
            yield file
            return
        _check_whole(file, path, compressed_by, limits)
        file.seek(0)
        with _unpacked(file, path, compressed_by) as content:
            yield content


def _check_whole(file: BinaryIO, path: Path, compressed_by: str, limits: Limits) -> None:
    packed = os.fstat(file.fileno()).st_size
    size = 0
    try:
        with _unpacked(file, path, compressed_by) as content:
            while block := content.read(BLOCK):
                size += len(block)
                _check_size(size, packed, path, limits)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        raise LandingRefused(
            f"E_ARCHIVE: {path.name} is not a whole {compressed_by} file"
        ) from None


def _check_size(size: int, packed: int, path: Path, limits: Limits) -> None:
    if size > limits.file_bytes:
        raise LandingRefused(f"E_SIZE: {path.name} unpacks to over {limits.file_bytes} bytes")
    if size > BLOCK and size > limits.ratio * packed:
        raise LandingRefused(f"E_RATIO: {path.name} unpacks to over {limits.ratio} times its size")


@contextmanager
def _unpacked(file: BinaryIO, path: Path, compressed_by: str) -> Iterator[Any]:
    if compressed_by == "gzip":
        with gzip.GzipFile(fileobj=file, mode="rb") as content:
            yield io.BufferedReader(content, BLOCK)
        return
    with zipfile.ZipFile(file) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) != 1:
            raise LandingRefused(f"E_ARCHIVE: {path.name} holds {len(members)} files, expected one")
        name = members[0].filename
        if ".." in PurePosixPath(name).parts or name.startswith(("/", "\\")) or ":" in name:
            raise LandingRefused(f"E_ARCHIVE: {path.name}: its file would leave the folder")
        with archive.open(members[0]) as content:
            yield content


def found_instead(head: bytes) -> str | None:
    """Return what a file that should be text is instead, by its first bytes, or None.

    >>> found_instead(b"PAR1...")
    'a Parquet file'
    """
    return next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)

"""Encodings a source may declare: strict, and with a way back to the original bytes.

Encodings that are supersets of ASCII are scanned as they stand. UTF-16 is not: it is read as UTF-8
through :class:`Utf16AsUtf8`, and offsets and raw bytes are reckoned back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from crm_tasks.contracts.encodings import UTF16
from crm_tasks.errors import LandingRefused

if TYPE_CHECKING:
    from typing import Protocol

    class _Stream(Protocol):
        def read(self, size: int, /) -> bytes: ...


#: Bits of UTF-8: a byte inside a character, and the first of a character that takes four bytes.
CONTINUES, LEADS_FOUR = 0b1000_0000, 0b1111_0000
#: High bytes at which the first and the second unit of a pair begin in UTF-16.
FIRST_HALF, SECOND_HALF = 0xD8, 0xDC

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Encoding:
    """One declared encoding, as scanners use it.

    ``name`` of UTF-16 names its byte order: a scanner sees UTF-8 then.
    """

    name: str = "utf-8"

    @property
    def is_utf16(self) -> bool:
        return self.name in UTF16

    def is_valid(self, data: bytes) -> bool:
        """Return whether the bytes are whole and valid text."""
        if self.name in ("utf-8", *UTF16) and data.isascii():
            return True
        try:
            data.decode("utf-8" if self.is_utf16 else self.name)
        except UnicodeDecodeError:
            return False
        return True

    def as_utf8(self, valid: bytes) -> bytes:
        """Return valid text as UTF-8."""
        if self.name == "utf-8" or self.is_utf16:
            return valid
        return valid.decode(self.name).encode()

    def original(self, seen: bytes) -> bytes:
        """Return the bytes of the file behind the bytes a scanner saw."""
        if not self.is_utf16:
            return seen
        return seen.decode("utf-8", "surrogatepass").encode(self.name, "surrogatepass")

    def original_length(self, seen: bytes) -> int:
        """Return how many bytes of the file stand behind the bytes a scanner saw."""
        return int(2 * _utf16_units(seen).sum()) if self.is_utf16 else len(seen)

    def original_offsets(self, seen: bytes, starts: Positions) -> Positions:
        """Return where in the original bytes each of ``starts`` lies."""
        if not self.is_utf16:
            return starts
        before = np.concatenate(([0], np.cumsum(_utf16_units(seen), dtype=np.int64)))
        return np.asarray(2 * before[starts], dtype=np.int64)


def _utf16_units(utf8: bytes) -> npt.NDArray[np.uint8]:
    """Return per byte how many UTF-16 units the character beginning there takes."""
    text = np.frombuffer(utf8, dtype=np.uint8)
    is_lead = (text & 0b1100_0000) != CONTINUES
    units: npt.NDArray[np.uint8] = is_lead.astype(np.uint8) + (text >= LEADS_FOUR)
    return units


class Utf16AsUtf8:
    """A UTF-16 stream read as UTF-8; lone surrogates stay visible as invalid UTF-8."""

    def __init__(self, file: _Stream, name: str) -> None:
        self.file, self.name, self.kept = file, name, b""

    def read(self, size: int, /) -> bytes:
        """Return the text of about ``size`` more bytes, b'' at the end."""
        read = self.file.read(size + (size & 1))
        data = self.kept + read
        if not read:
            self.kept = b""
            if len(data) % 2:
                raise LandingRefused("E_ENCODING: the file ends in the middle of a character")
            return data.decode(self.name, "surrogatepass").encode("utf-8", "surrogatepass")
        whole = len(data) - len(data) % 2
        high = data[whole - 1] if self.name.endswith("le") else data[whole - 2]
        if FIRST_HALF <= high < SECOND_HALF:  # the first half of a pair waits for its second
            whole -= 2
        self.kept = data[whole:]
        text = data[:whole].decode(self.name, "surrogatepass").encode("utf-8", "surrogatepass")
        return text or self.read(size)

"""A bounded sample of a file's bytes: its beginning, middle and end, cut at line ends."""

from __future__ import annotations

from dataclasses import dataclass

#: Marks a file may begin with, and what they say of it.
BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}


@dataclass(frozen=True)
class RawSample:
    """Parts of a file, unpacked.

    ``parts`` begin with the file's first bytes; if the file is larger than the sample, one part
    from its middle and its last bytes follow, beginning anywhere, even inside a character.
    """

    parts: tuple[bytes, ...]
    size: int

    @property
    def is_whole(self) -> bool:
        return sum(map(len, self.parts)) >= self.size

    @property
    def mark(self) -> bytes:
        """The byte order mark the file begins with, or nothing."""
        return next((mark for mark in BYTE_ORDER_MARKS if self.parts[0].startswith(mark)), b"")


def whole_lines(sample: RawSample, line_end: bytes = b"\n") -> tuple[bytes, ...]:
    """Return the parts without the byte order mark and without lines that were cut.

    Parameters
    ----------
    line_end : bytes
        As the encoding writes it: two bytes in UTF-16, where it begins at even places only. In a
        file without any of them a carriage return counts.
    """
    width = len(line_end)
    if sample.parts[0].count(line_end) == 0:
        line_end = line_end.replace(b"\n", b"\r")
    cut = []
    for number, part in enumerate(sample.parts):
        begin = len(sample.mark) if number == 0 else _after(part, line_end, width)
        is_last = number == len(sample.parts) - 1
        end = len(part) if is_last else _after_last(part, line_end, width)
        if begin < end:
            cut.append(part[begin:end])
    return tuple(cut) or (sample.parts[0][len(sample.mark) :],)


def _after(part: bytes, line_end: bytes, width: int) -> int:
    at = part.find(line_end)
    while at >= 0 and at % width:
        at = part.find(line_end, at + 1)
    return at + width if at >= 0 else len(part)


def _after_last(part: bytes, line_end: bytes, width: int) -> int:
    at = part.rfind(line_end)
    while at >= 0 and at % width:
        at = part.rfind(line_end, 0, at + width - 1)
    return at + width if at >= 0 else 0

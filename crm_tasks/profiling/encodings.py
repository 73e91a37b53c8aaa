"""Which encoding a sample of text is in: strict decoding, then what the text looks like."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from crm_tasks.profiling.decisions import Decision
from crm_tasks.profiling.remarks import remark
from crm_tasks.profiling.samples import BYTE_ORDER_MARKS, RawSample, whole_lines
from crm_tasks.profiling.scripts import plausibility

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_tasks.profiling.decisions import Remark

#: In the order in which a tie is decided: the commoner one first.
CANDIDATES = (
    "gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1252", "mac_roman", "cp1250", "cp1251",
    "koi8-r", "cp1253", "cp1254", "cp850",
)  # fmt: skip
#: As much text beyond ASCII as is judged, in bytes; the whole sample is decoded strictly.
JUDGED_BYTES = 1 << 16
SECOND_OPINION_BYTES = 1 << 14
#: In UTF-16 pairs of a zero byte and an ASCII sign have one order; the other is a rare accident.
ONE_ORDER = 0.8
TEXT_SIGNS = frozenset(b"\t\r\n" + bytes(range(32, 127)))
AGREES, SURE_AT_MOST, FEW_SIGNS = 0.1, 0.95, 5


@dataclass(frozen=True)
class _Read:
    """A sample read in one encoding, and how much that looks like text."""

    encoding: str
    text: str
    score: float


def propose_encoding(sample: RawSample) -> Decision[str]:
    """Return the encoding that decodes the whole sample and makes the most sense of it.

    A byte order mark, ASCII and valid UTF-8 decide alone. Otherwise each candidate that decodes
    every byte is judged by whether letters stand where letters can; charset-normalizer gives a
    second opinion, and what comes next is named.
    """
    sure = _by_mark(sample) or _as_utf16(sample)
    if sure is not None:
        return sure
    parts = whole_lines(sample)
    if all(part.isascii() for part in parts):
        return Decision("utf-8", 0.95, remark("only_ascii"))
    if _decoded(parts, "utf-8") is not None:
        return Decision("utf-8", 0.99, remark("valid_utf8"))
    return _by_plausibility(parts)


def _by_mark(sample: RawSample) -> Decision[str] | None:
    if not sample.mark:
        return None
    return Decision(BYTE_ORDER_MARKS[sample.mark], 1.0, remark("by_mark"))


def _as_utf16(sample: RawSample) -> Decision[str] | None:
    head = sample.parts[0][:JUDGED_BYTES]
    head = head[: len(head) // 2 * 2]
    pairs = list(zip(head[0::2], head[1::2], strict=True))
    n_little = sum(high == 0 and low in TEXT_SIGNS for low, high in pairs)
    n_big = sum(high == 0 and low in TEXT_SIGNS for high, low in pairs)
    if max(n_little, n_big) <= ONE_ORDER * (n_little + n_big):
        return None
    encoding = "utf-16-le" if n_little > n_big else "utf-16-be"
    if _decoded(whole_lines(sample, "\n".encode(encoding)), encoding) is not None:
        return Decision(encoding, 0.95, remark("utf16_pairs"))
    return None


def _by_plausibility(parts: tuple[bytes, ...]) -> Decision[str]:
    found = sorted(_read(parts), key=lambda read: -read.score)
    if not found:
        return Decision("utf-8", 0.2, remark("no_encoding"))
    best = found[0]
    # Two encodings that give the same text are no two opinions.
    other = next((read for read in found[1:] if read.text != best.text), None)
    margin = best.score - (other.score if other else 0.0)
    n_signs = sum(not sign.isascii() for sign in best.text)
    confidence = (0.55 + margin) * best.score * min(1.0, 0.5 + n_signs / (2 * FEW_SIGNS))
    opinion = _second_opinion(_judged(parts), [read.encoding for read in found])
    confidence += AGREES if opinion == best.encoding else -AGREES
    said = remark("plausible", share=best.score, n=n_signs)
    if other is not None:
        said += remark("next_best", name=other.encoding, share=other.score)
    said += _opinion(opinion, best.encoding)
    return Decision(_shortest(best, parts), min(max(confidence, 0.2), SURE_AT_MOST), said)


def _opinion(opinion: str | None, ours: str) -> Remark:
    if opinion is None:
        return remark("second_silent")
    same = opinion == ours
    return remark("second_agrees") if same else remark("second_differs", name=opinion)


def _shortest(best: _Read, parts: tuple[bytes, ...]) -> str:
    """Return gbk for what needs no more than that of gb18030."""
    is_gbk = best.encoding == "gb18030" and _decoded(parts, "gbk") is not None
    return "gbk" if is_gbk else best.encoding


def _read(parts: tuple[bytes, ...]) -> Iterable[_Read]:
    for encoding in CANDIDATES:
        if _decoded(parts, encoding) is not None:
            text = _judged(parts).decode(encoding)
            yield _Read(encoding, text, plausibility(text, encoding))


def _decoded(parts: tuple[bytes, ...], encoding: str) -> str | None:
    try:
        return "".join(map(partial(bytes.decode, encoding=encoding), parts))
    except UnicodeDecodeError:
        return None


def _judged(parts: tuple[bytes, ...]) -> bytes:
    """Return lines that hold more than ASCII, from all parts, up to a bound."""
    lines: list[bytes] = []
    share = JUDGED_BYTES // len(parts)
    for part in parts:
        size = 0
        for line in part.replace(b"\r", b"\n").split(b"\n"):
            if size >= share:
                break
            if not line.isascii():
                lines.append(line)
                size += len(line)
    return b"\n".join(lines)


def _second_opinion(text: bytes, encodings: list[str]) -> str | None:
    from charset_normalizer import from_bytes

    known = [name for name in encodings if name != "cp850"]
    best = from_bytes(text[:SECOND_OPINION_BYTES], cp_isolation=known).best() if known else None
    if best is None:
        return None
    return next((name for name in known if _same(name, best.encoding)), best.encoding)


def _same(ours: str, theirs: str) -> bool:
    import codecs

    return codecs.lookup(ours).name == codecs.lookup(theirs).name

"""What was decided about a file or column, how sure that is, and why, in English and Chinese."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")

#: From here on a decision needs no look; below the second mark it is left to the user.
SURE, DOUBTFUL = 0.8, 0.5


@dataclass(frozen=True)
class Remark:
    """A reason in both languages; never holds a value of the data."""

    en: str
    zh: str

    def __str__(self) -> str:
        return f"{self.en} | {self.zh}"

    def __add__(self, other: Remark) -> Remark:
        """Return both remarks, one after the other.

        >>> str(Remark("a", "甲") + Remark("b", "乙"))
        'a; b | 甲；乙'
        """
        if not self.en or not other.en:
            return other if not self.en else self
        return Remark(f"{self.en}; {other.en}", f"{self.zh}；{other.zh}")


NOTHING = Remark("", "")


@dataclass(frozen=True)
class Decision(Generic[Value]):
    """A decided value, a confidence from 0 to 1, and the reason."""

    value: Value
    confidence: float
    remark: Remark

    @property
    def comment(self) -> str:
        """The decision as a comment beside it in a profile.

        >>> Decision("utf-8", 1, Remark("only ASCII", "只有 ASCII")).comment
        '1.00 only ASCII | 只有 ASCII'
        """
        return f"{self.confidence:.2f} {self.remark}"

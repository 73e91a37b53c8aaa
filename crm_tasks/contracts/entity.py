"""What a canonical entity is declared with: its fields, their kinds and what a value must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: How a field is typed. ``word`` is a text of a closed vocabulary in lower case, ``token`` what the
#: lake carries in place of an identifying value, ``list`` a JSON array of texts, ``decimal`` money
#: of two places, ``decimal4`` of four, ``number`` a DOUBLE that is finite. A ``currency`` is a code
#: of ISO 4217; ``own_currency`` has to be the company's, since amounts beside it are added up.
Kind = Literal[
    "text", "word", "token", "list", "currency", "own_currency", "timestamp", "date",
    "integer", "decimal", "decimal4", "number", "boolean",
]  # fmt: skip


@dataclass(frozen=True)
class Field:
    """One field of a canonical entity.

    ``is_required``: a row without it is rejected in staging. ``is_event_time``: the moment the
    fact happened; the as-of cut reads it. ``is_mapped``: rows may lack it, but a profile has to
    say where it stands. ``words`` are the values of a closed vocabulary; ``least`` and ``most``
    the limits of a number, both included.
    """

    name: str
    kind: Kind
    meaning: str
    is_required: bool = False
    is_event_time: bool = False
    is_mapped: bool = False
    words: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None

    @property
    def demand(self) -> str:
        """What staging demands of it, as the macro ``reject_reason`` reads it.

        >>> Field("score", "integer", "Score", is_required=True, least=1, most=5).demand
        'required integer from 1 to 5'
        >>> Field("status", "word", "Status", words=("granted", "denied")).demand
        'word in granted|denied'
        """
        parts = ["required"] if self.is_required else []
        parts.append(self.kind)
        parts += [f"in {'|'.join(self.words)}"] if self.words else []
        parts += [f"from {self.least}"] if self.least is not None else []
        parts += [f"to {self.most}"] if self.most is not None else []
        return " ".join(parts)

    @property
    def explained(self) -> str:
        """The meaning with what a value must be."""
        limits = ["required"] if self.is_required else []
        limits += [f"one of {', '.join(self.words)}"] if self.words else []
        limits += [f"at least {self.least}"] if self.least is not None else []
        limits += [f"at most {self.most}"] if self.most is not None else []
        limits += ["the token of an identifying column"] if self.kind == "token" else []
        limits += ["a JSON array of texts"] if self.kind == "list" else []
        limits += ["ISO 4217"] if self.kind.endswith("currency") else []
        return f"{self.meaning} ({', '.join(limits)})" if limits else self.meaning


@dataclass(frozen=True)
class Entity:
    """One canonical entity: its grain, natural key within a source system, and fields."""

    name: str
    grain: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]

    @property
    def field_names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    @property
    def event_time(self) -> Field | None:
        """The field that says when the fact happened, if the entity has one.

        A timestamp is the moment of something that happened; a date may be a plan (a campaign's
        first day) and lie ahead.
        """
        return next((field for field in self.fields if field.is_event_time), None)


def text(name: str, meaning: str, *, is_required: bool = False) -> Field:
    """Return a field of free text."""
    return Field(name, "text", meaning, is_required)


def key(name: str, meaning: str) -> Field:
    """Return a text that no row can do without."""
    return Field(name, "text", meaning, is_required=True)


def word(name: str, meaning: str, words: tuple[str, ...], *, is_required: bool = False) -> Field:
    """Return a field of a closed vocabulary."""
    return Field(name, "word", meaning, is_required, words=words)


def token(name: str, meaning: str) -> Field:
    """Return a field that only ever carries the token of an identifying value."""
    return Field(name, "token", meaning)

"""How people call tables and columns: the bilingual synonyms of ``synonyms.yml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.profiling.names import best_likeness, words_of
from crm_tasks.profiling.words import read_words

#: A table called olist_orders_dataset holds orders, as far as its name goes.
NAME_AMONG_OTHERS = 0.9
SYNONYMS = Path(__file__).with_name("synonyms.yml")


@dataclass(frozen=True)
class FieldWords:
    """Names of a field: those that mean it anywhere, those that do in its own table only."""

    any: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


@dataclass(frozen=True)
class Variant:
    """What words in the name of a table or of its columns say of all its rows."""

    words: frozenset[str]
    constants: dict[str, str]


@dataclass(frozen=True)
class EntityWords:
    """How an entity is called and recognised; the top of synonyms.yml explains each part."""

    name: str
    tables: tuple[str, ...]
    rank: int
    signature: tuple[tuple[str, ...], ...]
    key_from: tuple[str, ...]
    makes: tuple[str, ...]
    fields: dict[str, FieldWords]
    parts: dict[str, FieldWords]
    own_key: str | None
    values: dict[str, dict[str, tuple[str, ...]]]
    variants: tuple[Variant, ...]

    def likeness_of_table(self, table: str) -> float:
        """Return how surely a table's name says that it holds this entity."""
        words = words_of(table)
        plain = tuple(_singular(word) for word in words)
        whole = best_likeness(" ".join(plain), self.tables)
        inside = (
            plain[begin:end]
            for begin in range(len(plain))
            for end in range(begin + 1, len(plain) + 1)
        )
        is_inside = any(best_likeness(" ".join(part), self.tables) == 1.0 for part in inside)
        return max(whole, NAME_AMONG_OTHERS if is_inside else 0.0)


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word.removesuffix("ies") + "y"
    return word.removesuffix("s") if len(word) > len("gas") else word


@lru_cache(maxsize=1)
def vocabulary() -> dict[str, EntityWords]:
    """Return the words of every entity that staging reads, the finest grain first."""
    told = read_words(SYNONYMS)
    known = {name: _entity(name, words) for name, words in told.items() if name in ENTITIES}
    return dict(sorted(known.items(), key=lambda item: -item[1].rank))


def _entity(name: str, told: dict[str, Any]) -> EntityWords:
    key = ENTITIES[name].key
    return EntityWords(
        name=name,
        tables=tuple(told["tables"]),
        rank=int(told["rank"]),
        signature=tuple(
            (part,) if isinstance(part, str) else tuple(part) for part in told["signature"]
        ),
        key_from=tuple(told.get("key_from", ())),
        makes=tuple(told.get("makes", ())),
        fields=_fields(told["fields"]),
        parts=_fields(told.get("parts", {})),
        own_key=told.get("key") or (key[0] if len(key) == 1 else None),
        values={
            field: {word: tuple(names) for word, names in words.items()}
            for field, words in told.get("values", {}).items()
        },
        variants=tuple(
            Variant(frozenset(one["words"]), dict(one["set"])) for one in told.get("variants", ())
        ),
    )


def _fields(told: dict[str, dict[str, list[str]]]) -> dict[str, FieldWords]:
    return {
        name: FieldWords(tuple(words.get("any", ())), tuple(words.get("own", ())))
        for name, words in told.items()
    }

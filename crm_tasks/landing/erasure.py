"""What a landed row says of persons who were erased, and what is left of it without them.

A profile says which columns refer to customers. What is about the person (the record itself, what
was said or looked at, whatever cannot be without its customer) goes; the sale stays in the books,
nobody's: without the reference and without whatever identifies. The same rule holds for rows that
were landed before and for those that a source delivers afterwards.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.landing.rows import RECORD_NO
from crm_tasks.privacy.keys import keyed_digest
from crm_tasks.profiles.mappings import Concat, Constant, Translated, columns_read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from crm_tasks.profiles import Feed, SourceTable
    from crm_tasks.profiles.mappings import Mapping

Flags = npt.NDArray[np.bool_]

#: Fields that name a customer of the same source -> the field that says whether it is one.
REFERENCES = {
    "customer_source_id": None, "actor_source_id": None, "target_source_id": None,
    "from_source_id": "from_type", "to_source_id": "to_type",
}  # fmt: skip
LISTED = "mentioned_source_ids"
OWNER = "customer_source_id"
#: Entities whose rows speak of the person and of nothing else.
PERSONAL = frozenset({"customers", "messages", "reviews", "page_views"})
CUSTOMER = "customer"


@dataclass(frozen=True)
class Erased:
    """Who is to be left out: keyed digests of source records, so that no name is kept.

    ``key`` outlives rotations of the home's key.
    """

    key: bytes = field(repr=False)
    digests: frozenset[str] = frozenset()

    def names(self, source_system: str, record: str) -> bool:
        """Return whether a source record is one of an erased person."""
        return record_digest(self.key, source_system, record) in self.digests


def record_digest(key: bytes, source_system: str, record: str) -> str:
    """Return what stands for an erased source record.

    >>> record_digest(b"k", "shop", " 7 ") == record_digest(b"k", "shop", "7")
    True
    """
    return keyed_digest(key, "erased", source_system, record.strip())


@dataclass(frozen=True)
class Remainder:
    """What is left of landed rows: ``gone`` and ``blanked`` are their record numbers."""

    rows: pa.Table
    gone: frozenset[int]
    blanked: frozenset[int]


def without_erased(
    rows: pa.Table, table: SourceTable, source_system: str, erased: Erased
) -> Remainder:
    """Return landed rows without the persons who were erased.

    Parameters
    ----------
    rows : pyarrow.Table
        Rows as the lake holds them: plain columns, tokens, metadata.
    """
    if not erased.digests or not rows.num_rows:
        return Remainder(rows, frozenset(), frozenset())
    is_erased = _known_once(lambda record: erased.names(source_system, record))
    goes = np.zeros(rows.num_rows, dtype=bool)
    blanks: dict[str, Flags] = {}
    kept = rows
    for feed in table.feeds:
        for name, hit in _hits(rows, feed, is_erased):
            columns = columns_read(feed.map[name])
            if _cannot_be_without(feed, name) or _is_needed(table, (*columns, *_tokens(table))):
                goes |= hit
                continue
            for column in (*columns, *(_tokens(table) if name == OWNER else ())):
                blanks[column] = blanks.get(column, np.zeros(len(hit), dtype=bool)) | hit
        kept = _without_mentions(kept, feed, is_erased)
    for column, hit in blanks.items():
        kept = _blanked(kept, column, hit)
    numbers = rows[RECORD_NO].to_numpy()
    is_blanked = np.logical_or.reduce([*blanks.values(), np.zeros(len(goes), dtype=bool)]) & ~goes
    return Remainder(
        kept.filter(pa.array(~goes)),
        frozenset(numbers[goes].tolist()),
        frozenset(numbers[is_blanked].tolist()),
    )


def _known_once(asked: Callable[[str], bool]) -> Callable[[str | None], bool]:
    known: dict[str | None, bool] = {None: False}

    def answer(record: str | None) -> bool:
        if record not in known:
            known[record] = asked(record) if record and record.strip() else False
        return known[record]

    return answer


def _hits(
    rows: pa.Table, feed: Feed, is_erased: Callable[[str | None], bool]
) -> Iterator[tuple[str, Flags]]:
    """Yield each field that refers to an erased person, with the rows in which it does."""
    for name, told_by in REFERENCES.items():
        texts = _texts(rows, feed.map.get(name))
        if texts is None:
            continue
        hit = np.fromiter(map(is_erased, texts), dtype=bool, count=rows.num_rows)
        kinds = _texts(rows, feed.map.get(told_by)) if told_by is not None else None
        if kinds is not None:
            hit &= np.array([(kind or CUSTOMER).strip().lower() == CUSTOMER for kind in kinds])
        if hit.any():
            yield name, hit


def _texts(rows: pa.Table, mapping: Mapping | None) -> list[str | None] | None:
    """Return the texts of a field that may be a key; None where the mapping is no key."""
    if isinstance(mapping, str):
        return _column(rows, mapping)
    if isinstance(mapping, Constant):
        return [mapping.constant] * rows.num_rows
    if isinstance(mapping, Translated):
        words = mapping.words
        return [words.get(t.strip(), t) if t else t for t in _column(rows, mapping.column)]
    if isinstance(mapping, Concat):
        parts = zip(*(_column(rows, name) for name in mapping.concat), strict=True)
        return [_joined(part) for part in parts]
    return None


def _column(rows: pa.Table, name: str) -> list[str | None]:
    if name not in rows.column_names:
        return [None] * rows.num_rows
    found: list[str | None] = rows[name].cast(pa.string()).to_pylist()
    return found


def _joined(parts: Iterable[str | None]) -> str | None:
    """Return a joined key as landing/views.py writes it."""
    told = list(parts)
    if any(part is None for part in told):
        return None
    return "-".join(str(part).replace("~", "~~").replace("-", "~-") for part in told)


def _cannot_be_without(feed: Feed, name: str) -> bool:
    entity = ENTITIES[feed.entity]
    required = {f.name for f in entity.fields if f.is_required}
    return (feed.entity in PERSONAL and name == OWNER) or name in required or name in entity.key


def _is_needed(table: SourceTable, columns: tuple[str, ...]) -> bool:
    """Return whether a row is refused, or grouped with others, without these columns."""
    for feed in table.feeds:
        required = {f.name for f in ENTITIES[feed.entity].fields if f.is_required}
        for name, mapping in feed.map.items():
            if name in required and set(columns_read(mapping)) & set(columns):
                return True
    return False


def _tokens(table: SourceTable) -> tuple[str, ...]:
    return tuple(f"{name}_token" for name in table.identifying)


def _blanked(rows: pa.Table, column: str, hit: Flags) -> pa.Table:
    for name, nothing in ((column, None), (f"{column.removesuffix('_token')}_status", "empty")):
        if name in rows.column_names and (nothing is None or column.endswith("_token")):
            place = rows.column_names.index(name)
            type_ = rows.schema.field(name).type
            fresh = pc.if_else(pa.array(hit), pa.scalar(nothing, type_), rows[name])
            rows = rows.set_column(place, rows.schema.field(name), fresh)
    return rows


def _without_mentions(
    rows: pa.Table, feed: Feed, is_erased: Callable[[str | None], bool]
) -> pa.Table:
    """Return the rows without erased persons among those that a text names."""
    column = feed.map.get(LISTED)
    if not isinstance(column, str) or column not in rows.column_names:
        return rows
    texts = [_without_elements(text, is_erased) for text in rows[column].to_pylist()]
    place = rows.column_names.index(column)
    return rows.set_column(place, rows.schema.field(column), pa.array(texts, pa.string()))


def _without_elements(text: str | None, is_erased: Callable[[str | None], bool]) -> str | None:
    try:
        named = json.loads(text or "")
    except ValueError:
        return text
    if not isinstance(named, list) or not any(is_erased(str(one)) for one in named):
        return text
    return json.dumps([one for one in named if not is_erased(str(one))], separators=(",", ":"))

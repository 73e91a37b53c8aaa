"""Which columns refer to which table, by the values they share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.profiling.keys import overlap
from crm_tasks.profiling.matching import Match
from crm_tasks.profiling.names import words_of
from crm_tasks.profiling.remarks import remark
from crm_tasks.profiling.vocabulary import vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from crm_tasks.profiling.mapping import Fit, Table

#: So much of a column stands in a key: it refers to it, if it could.
REFERS_AT_LEAST, HARDLY_REFERS = 0.9, 0.5
BY_VALUES = 0.85
#: Small whole numbers are alike everywhere: there the name must speak too.
IDENTIFIER_WORDS = frozenset({"id", "no", "code", "ref", "number"})


@dataclass(frozen=True)
class Master:
    """The table that holds an entity's own rows, and its key."""

    table: str
    column: str
    values: pa.ChunkedArray
    is_whole: bool


Masters = dict[str, Master]


def masters_of(tables: Sequence[Table], fits: Sequence[Fit | None]) -> Masters:
    """Return, per entity with a key of its own, the table whose rows it is."""
    found: Masters = {}
    for table, fitted in zip(tables, fits, strict=True):
        if fitted is None:
            continue
        entity = fitted.words.name
        key = fitted.found.get(fitted.words.own_key or "")
        if key is not None and entity not in found:
            values = table.rows.column(key.column)
            found[entity] = Master(table.name, key.column, values, table.is_whole)
    return found


def known_references(table: Table, fitted: Fit | None, masters: Masters) -> dict[str, Match]:
    """Return the reference fields of a table that the values of other tables settle."""
    known: dict[str, Match] = {}
    for entity, master in masters.items():
        field = str(vocabulary()[entity].own_key)
        if master.table == table.name or not _refers(fitted, entity):
            continue
        named = fitted.found.get(field) if fitted else None
        best = _best(table, master, named)
        if best is not None:
            known[field] = best
    return known


def _refers(fitted: Fit | None, entity: str) -> bool:
    """Return whether a table can have a reference to an entity: not to the one it is itself."""
    entities = [fitted.words.name] if fitted else list(vocabulary())
    field = vocabulary()[entity].own_key
    return any(field in ENTITIES[name].field_names for name in entities if name != entity)


def _best(table: Table, master: Master, named: Match | None) -> Match | None:
    """Return the named column with what its values say, or a better one that values point at."""
    shares = {
        name: overlap(table.rows.column(name), master.values)
        for name, facts in table.facts.items()
        if facts.kind in ("integer", "code", "words")
    }
    if named is not None and shares.get(named.column, 0.0) >= HARDLY_REFERS:
        share = shares[named.column]
        said = remark("match_reference", share=share, table=master.table, column=master.column)
        return Match(named.column, min(0.99, named.confidence + 0.05), named.remark + said)
    able = {name: share for name, share in shares.items() if _may_refer(table, name)}
    name = max(able, key=lambda one: able[one], default=None)
    if name is not None and able[name] >= REFERS_AT_LEAST:
        said = remark("match_reference", share=able[name], table=master.table, column=master.column)
        return Match(name, BY_VALUES, said)
    if named is not None and master.is_whole and named.column in shares:
        share = shares[named.column]
        said = remark("match_orphans", share=share, table=master.table, column=master.column)
        return Match(named.column, named.confidence * 0.8, named.remark + said)
    return None


def _may_refer(table: Table, name: str) -> bool:
    is_number = table.facts[name].kind == "integer"
    return not is_number or bool(IDENTIFIER_WORDS & set(words_of(name)))

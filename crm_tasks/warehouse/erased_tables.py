"""What is left of any table without a person: told by pseudonyms and by source records."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from crm_tasks.contracts import all_tables
from crm_tasks.privacy.rekey import DIGEST

if TYPE_CHECKING:
    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]

#: Sales and results stay, without the customer; whatever else is of the person goes.
BOOKS = frozenset(
    {"core.fct_orders", "core.fct_order_items", "core.fct_opportunities", "core.fct_outcomes",
     "core.fct_surveys"}
)  # fmt: skip
OWNER = "customer_id"
RECORD = re.compile(r"[a-z][a-z0-9_]*:.+", re.DOTALL)


@dataclass
class Person:
    """A person as the tables know one, and what was done about it.

    Parameters
    ----------
    ids : frozenset of str
        Customer ids and tokens that are nobody else's.
    records : frozenset of str
        Source records as ``source_system:source_record_id``.
    """

    ids: frozenset[str] = field(repr=False)
    records: frozenset[str] = field(repr=False)
    deleted: Counter[str] = field(default_factory=Counter)
    pseudonymised: Counter[str] = field(default_factory=Counter)

    def taken_out(self, name: str, rows: pa.Table) -> pa.Table | None:
        """Return a table without the person, or None where nothing is said of one."""
        hits = self._hits(rows)
        if not hits:
            return None
        optional = _optional_columns(name) & hits.keys()
        goes = np.zeros(rows.num_rows, dtype=bool)
        kept = rows
        for column, hit in hits.items():
            if column not in optional:
                goes |= hit
        for column in sorted(optional):
            kept = _without_values(kept, column, hits[column])
        is_blanked = np.logical_or.reduce([*(hits[c] for c in optional), goes & False]) & ~goes
        self.deleted[name] += int(goes.sum())
        self.pseudonymised[name] += int(is_blanked.sum())
        return kept.filter(pa.array(~goes))

    def _hits(self, rows: pa.Table) -> dict[str, Flags]:
        """Return, by column that speaks of the person, in which rows it does."""
        found: dict[str, Flags] = {}
        for name, column in zip(rows.column_names, rows.columns, strict=True):
            if pa.types.is_string(column.type) and rows.num_rows:
                hit = _where(column, self._is_told)
                if hit.any():
                    found[name] = hit
        if {"source_system", "source_record_id"} <= set(rows.column_names):
            pairs = zip(
                rows["source_system"].to_pylist(), rows["source_record_id"].to_pylist(), strict=True
            )
            told = np.array([f"{a}:{b}" in self.records for a, b in pairs], dtype=bool)
            if told.any():
                found["source_record_id"] = told | found.get("source_record_id", told)
        return found

    def _is_told(self, text: str) -> bool:
        if text in self.records:
            return True
        return len(text) >= 32 and any(one in self.ids for one in DIGEST.findall(text))  # noqa: PLR2004 (a digest's length)


def _where(column: pa.ChunkedArray, asked: object) -> Flags:
    encoded = column.combine_chunks().dictionary_encode()
    told = [asked(text) for text in encoded.dictionary.to_pylist()]  # type: ignore[operator]
    if not any(told):
        return np.zeros(len(column), dtype=bool)
    flags = pa.array(told, pa.bool_()).take(encoded.indices).fill_null(False)
    return np.asarray(flags.to_numpy(zero_copy_only=False), dtype=bool)


def _optional_columns(name: str) -> set[str]:
    """Return the columns of a table that may be emptied while the row stays."""
    table = next((one for one in all_tables() if one.full_name == name), None)
    if table is None:
        return set()
    empty = {column.name for column in table.columns if column.is_nullable} - set(table.key)
    personal = {OWNER, "actor_customer_id", "source_record_id"}
    return empty - (set() if name in BOOKS else personal)


def _without_values(rows: pa.Table, column: str, hit: Flags) -> pa.Table:
    import pyarrow.compute as pc

    place = rows.column_names.index(column)
    type_ = rows.schema.field(column).type
    fresh = pc.if_else(pa.array(hit), pa.scalar(None, type_), rows[column])
    return rows.set_column(place, rows.schema.field(column), fresh)

"""Texts out of the vault become masked texts, each masked once: what is kept, what is read anew."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.contracts.text import MASKED_TEXTS
from crm_tasks.text.cleaning import CHARACTERS_AT_MOST, cleaned
from crm_tasks.text.languages import language_codes
from crm_tasks.text.masking import MASKING_VERSION, masked, personal_spans

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from crm_tasks.text.known_values import KnownValues

#: Memory is bounded by what is read at once.
TEXTS_AT_ONCE = 10_000
#: Columns of the texts there are: which, whose, since when.
LISTED = (
    "text_id", "source_entity", "customer_id", "is_from_customer", "text_token", "written_at",
)  # fmt: skip
_OPEN = pa.schema([field.with_nullable(True) for field in MASKED_TEXTS.arrow_schema])


@dataclass(frozen=True)
class Kept:
    """Masked texts of the predecessor that still hold, and the texts that have to be read.

    Parameters
    ----------
    rows : pyarrow.Table
        Rows of text.masked_texts, whose and when as they are now.
    to_read : pyarrow.Table
        The rows of the list that are new, changed, or name somebody who was not known.
    """

    rows: pa.Table
    to_read: pa.Table = field(repr=False)


def kept_texts(listed: pa.Table, previous: pa.Table | None, known: KnownValues) -> Kept:
    """Return which masked texts of the predecessor hold: same text, same rules, nobody new in it.

    Parameters
    ----------
    listed : pyarrow.Table
        The texts there are now, with the columns ``LISTED`` and possibly others.
    previous : pyarrow.Table or None
        text.masked_texts of the predecessor.
    """
    if previous is None or not previous.num_rows or not listed.num_rows:
        return Kept(MASKED_TEXTS.arrow_schema.empty_table(), listed)
    held = previous.filter(pc.equal(previous["masking_version"], MASKING_VERSION))
    place = pc.index_in(_keys(listed), value_set=_keys(held))
    is_held = pc.is_valid(place).to_numpy(zero_copy_only=False)
    held = held.take(place.drop_null())
    is_same = np.fromiter(
        (not known.spans(text) for text in _texts(held["masked_text"])), bool, held.num_rows
    )
    stands = is_held.copy()
    stands[is_held] = is_same
    rows = listed.select(list(LISTED)).filter(pa.array(stands))
    held = held.filter(pa.array(is_same))
    columns = [
        (rows if field.name in LISTED else held)[field.name].cast(field.type)
        if field.name != "as_of_date"
        else pa.nulls(rows.num_rows, field.type)
        for field in _OPEN
    ]
    return Kept(pa.table(columns, schema=_OPEN), listed.filter(pa.array(~stands)))


def _keys(rows: pa.Table) -> pa.Array:
    """Return what a text is known by: a text that changed has another token."""
    joined = pc.binary_join_element_wise(rows["text_id"], rows["text_token"], "\x1f")
    return joined.combine_chunks()


def _texts(column: pa.ChunkedArray) -> Iterator[str]:
    for at in range(0, len(column), TEXTS_AT_ONCE):
        yield from column.slice(at, TEXTS_AT_ONCE).to_pylist()


def read_texts(
    listed: pa.Table,
    clear: pa.ChunkedArray,
    known: KnownValues,
    own_names: Mapping[str, Sequence[str]],
    regions: Sequence[str],
) -> pa.Table:
    """Return texts masked, in the columns of text.masked_texts but for the date.

    Parameters
    ----------
    listed : pyarrow.Table
        Which texts: the columns ``LISTED``.
    clear : pyarrow.ChunkedArray
        The texts as they came, in the same order; NULL where the vault has nothing any more.
    own_names : mapping
        By customer, the names of whoever wrote or received it.
    """
    parts = [
        _read_part(
            listed.slice(at, TEXTS_AT_ONCE),
            clear.slice(at, TEXTS_AT_ONCE).to_pylist(),
            known,
            own_names,
            regions,
        )
        for at in range(0, listed.num_rows, TEXTS_AT_ONCE)
    ]
    return pa.concat_tables(parts or [_table([])])


def _read_part(
    listed: pa.Table,
    clear: Sequence[str | None],
    known: KnownValues,
    own_names: Mapping[str, Sequence[str]],
    regions: Sequence[str],
) -> pa.Table:
    rows = []
    for row, text in zip(listed.select(list(LISTED)).to_pylist(), clear, strict=True):
        if text is None:
            continue
        seen = cleaned(text)
        spans = personal_spans(seen, known, own_names.get(row["customer_id"] or "", ()), regions)
        kept = masked(seen, spans)
        rows.append(
            row
            | {
                "masked_text": kept,
                "n_masked": len(spans),
                "masking_version": MASKING_VERSION,
                "is_cut": len(text) > CHARACTERS_AT_MOST,
            }
        )
    codes = language_codes([row["masked_text"] for row in rows])
    return _table([{**r, "language_code": code} for r, code in zip(rows, codes, strict=True)])


def dated(parts: Sequence[pa.Table], as_of: dt.date) -> pa.Table:
    """Return the rows of several tables as one, as of a date."""
    whole = [part.select([n for n in part.column_names if n != "as_of_date"]) for part in parts]
    open_schema = pa.schema([one.with_nullable(True) for one in whole[0].schema])
    rows = pa.concat_tables([part.cast(open_schema) for part in whole])
    dates = pa.repeat(pa.scalar(as_of, pa.date32()), rows.num_rows)
    return rows.append_column("as_of_date", dates)


def _table(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    return pa.Table.from_pylist([dict(row) for row in rows], schema=_OPEN)

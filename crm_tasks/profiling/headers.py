"""Whether the first record of delimited text names the columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crm_tasks.profiling.decisions import Decision
from crm_tasks.profiling.moments import propose_moments
from crm_tasks.profiling.names import likeness
from crm_tasks.profiling.numbers import propose_numbers
from crm_tasks.profiling.recognisers import rules
from crm_tasks.profiling.remarks import remark
from crm_tasks.profiling.vocabulary import vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from crm_tasks.profiling.columns import ColumnFacts

KNOWN_AT_LEAST = 0.9
NAMED_SHARE = 0.25
TYPED = ("integer", "decimal", "date", "timestamp", "boolean")
#: What the model of a profile accepts as the name of a column.
COLUMN_NAME = re.compile(r"[^\x00-\x1f\x7f\"'`;\\]{1,128}")


def propose_header(
    first: Sequence[str | None], below: pa.Table, facts: Mapping[str, ColumnFacts]
) -> Decision[bool]:
    """Return whether the first record is a header.

    Parameters
    ----------
    first : sequence of str
        The fields of the first record.
    below : pyarrow.Table
        All records after it, as text, with their facts.
    """
    names = [(field or "").strip() for field in first]
    if any(name and _is_typed(name) for name in names):
        return Decision(False, 0.9, remark("header_none"))
    n_named = sum(map(is_known_name, names))
    if n_named and n_named >= NAMED_SHARE * len(names):
        return Decision(True, 0.98, remark("header_named", n=n_named))
    n_typed = sum(one.kind in TYPED for one in facts.values())
    if n_typed:
        return Decision(True, 0.95, remark("header_typed", n=n_typed))
    columns = zip(names, below.columns, strict=True)
    is_new = all(name and name not in column.to_pylist() for name, column in columns)
    if is_new and len(set(names)) == len(names):
        return Decision(True, 0.6, remark("header_unique"))
    return Decision(False, 0.6, remark("header_none"))


def is_known_name(name: str) -> bool:
    """Return whether people call columns so."""
    return any(likeness(name, known) >= KNOWN_AT_LEAST for known in _known_names())


def _known_names() -> list[str]:
    words = [field for entity in vocabulary().values() for field in entity.fields.values()]
    known = [name for field in words for name in (*field.any, *field.own)]
    identifying = [name for names in rules()["names"].values() for name in names]
    return [*known, *identifying, *rules()["shared_names"]]


def _is_typed(text: str) -> bool:
    return propose_numbers([text]) is not None or propose_moments([text]) is not None


def name_problem(names: Sequence[str]) -> Decision[str] | None:
    """Return what makes names unfit for a profile, or None."""
    if any(not name for name in names):
        return Decision("empty", 1.0, remark("header_empty_name"))
    if len({name.casefold() for name in names}) < len(names):
        return Decision("twice", 1.0, remark("header_name_twice"))
    if any(not COLUMN_NAME.fullmatch(name) for name in names):
        return Decision("signs", 1.0, remark("header_unfit_name"))
    return None

"""How many persons share a value: a mailbox, a home, a name, a city.

An agreement on a common value says less than one on a rare one. Names, birth dates and places are
counted when a model is trained and stay as they are until the next one; mailboxes, phones and homes
are counted anew each day, since a number that two persons share today is no longer one person's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.identity.comparisons import FROZEN_FREQUENCIES, LIVE_FREQUENCIES
from crm_tasks.identity.model import value_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_tasks.contracts.frames import Scratch

#: What tells persons who share a value apart, by column, without knowing who is who.
TOLD_APART_BY = {
    "name_full": "coalesce(birth, '?')",
    "birth": "coalesce(name_core, '?')",
    "city": "coalesce(name_core, '?') || coalesce(birth, '?')",
    "postal": "coalesce(name_core, '?') || coalesce(birth, '?')",
    "email": "name_core",
    "phone": "name_core",
    "address": "name_core",
}
#: A birth date counts as common (a form's default) from so many persons and so many times the mean.
COMMON_DATE_PERSONS, COMMON_DATE_TIMES = 10, 5


def count_persons(scratch: Scratch, column: str) -> dict[str, int]:
    """Return about how many persons have each value of a column that more than one has."""
    rows = scratch.query(
        f"select {column} as value, cast(count(distinct {TOLD_APART_BY[column]}) as bigint) as n "  # noqa: S608
        f"from records where {column} is not null group by {column} having n > 1"
    )
    return dict(zip(rows["value"].to_pylist(), rows["n"].to_pylist(), strict=True))


def count_all_persons(scratch: Scratch) -> int:
    """Return about how many persons there are: distinct names with birth dates."""
    rows = scratch.query(
        "select cast(count(distinct name_core || coalesce(birth, '?')) as bigint) as n from records"
    )
    return max(1, int(rows["n"][0].as_py()))


def learned_frequencies(scratch: Scratch, key: bytes) -> dict[str, dict[str, int]]:
    """Return what a model keeps: counts by keyed digest of the value, never by the value."""
    found = {}
    for column in FROZEN_FREQUENCIES:
        counts = count_persons(scratch, column)
        if column == "birth" and counts:
            usual = sum(counts.values()) / len(counts)
            least = max(COMMON_DATE_PERSONS, COMMON_DATE_TIMES * usual)
            counts = {value: n for value, n in counts.items() if n >= least}
        found[column] = {value_digest(key, column, value): n for value, n in counts.items()}
    return found


def put_frequencies(
    scratch: Scratch, learned: Mapping[str, Mapping[str, int]], n_persons: int, key: bytes
) -> None:
    """Create the tables ``frequencies_<column>`` that the linker reads.

    A name nobody else was known to have counts as one person's. A place the model does not know may
    be a branch opened since, and a mailbox, phone or home without a second person says nothing of
    how often such are shared: these have no frequency, and the average holds.
    """
    for column in FROZEN_FREQUENCIES:
        values = scratch.query(
            f"select distinct {column} as value from records where {column} is not null"  # noqa: S608
        )["value"].to_pylist()
        known = learned.get(column, {})
        counts = [known.get(value_digest(key, column, value)) for value in values]
        if column == "name_full":
            counts = [n or 1 for n in counts]
        _put(scratch, column, dict(zip(values, counts, strict=True)), n_persons)
    for column in LIVE_FREQUENCIES:
        others = {value: n - 1 for value, n in count_persons(scratch, column).items()}
        _put(scratch, column, others, n_persons)


def _put(scratch: Scratch, column: str, counts: Mapping[str, int | None], n_persons: int) -> None:
    known = {value: n for value, n in counts.items() if n}
    table = pa.table(
        {
            column: pa.array(list(known), pa.string()),
            f"tf_{column}": pa.array([n / n_persons for n in known.values()], pa.float64()),
        }
    )
    scratch.register("counted", table)
    scratch.query(f"create or replace table frequencies_{column} as select * from counted")  # noqa: S608

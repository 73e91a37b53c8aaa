"""What values say about how columns belong together: keys, references, dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A property may be wrong in a few rows and still be one.
DEPENDS_AT_LEAST = 0.95


def n_distinct(rows: pa.Table, columns: Sequence[str]) -> int:
    """Return how many different combinations of values there are."""
    return int(rows.group_by(list(columns)).aggregate([]).num_rows)


def is_key(rows: pa.Table, columns: Sequence[str]) -> bool:
    """Return whether no two rows agree in the columns."""
    n_rows = int(rows.num_rows)
    return n_rows > 0 and n_distinct(rows, columns) == n_rows


def depends_on(rows: pa.Table, column: str, key: str) -> bool:
    """Return whether rows that agree in a key have the same value, a few apart.

    A key none of whose values repeats says nothing about other columns.
    """
    if column == key:
        return False
    # A number of one's own instead of each text: grouping by numbers is cheap.
    coded = pa.table({name: _codes(rows.column(name)) for name in (key, column)}).drop_null()
    n_keys = pc.count_distinct(coded.column(key)).as_py()
    if not n_keys or n_keys == coded.num_rows:
        return False
    groups = coded.group_by(key).aggregate([(column, "count_distinct")])
    single = pc.sum(pc.equal(groups.column(f"{column}_count_distinct"), 1)).as_py() or 0
    return bool(single >= DEPENDS_AT_LEAST * n_keys)


def overlap(child: pa.ChunkedArray, parent: pa.ChunkedArray) -> float:
    """Return the share of a column's distinct values that another column has too."""
    mine = pc.unique(child.drop_null())
    mine = mine.filter(pc.not_equal(mine, ""))
    if not len(mine):
        return 0.0
    return float(pc.sum(pc.is_in(mine, value_set=pc.unique(parent))).as_py() or 0) / len(mine)


def multiplies(rows: pa.Table, factors: tuple[str, str], product: str) -> float:
    """Return the share of rows in which two columns of plain numbers multiply to a third."""
    numbers = [_number(rows.column(name)) for name in (*factors, product)]
    expected = pc.multiply(numbers[0], numbers[1])
    close = pc.less(pc.abs(pc.subtract(expected, numbers[2])), 0.006)
    counted = pc.count(close).as_py()
    return float(pc.sum(close).as_py() or 0) / counted if counted else 0.0


def _number(values: pa.ChunkedArray) -> pa.ChunkedArray:
    plain = pc.match_substring_regex(values, r"^[+-]?\d+(\.\d+)?$")
    return pc.cast(pc.if_else(plain, values, pa.scalar(None, pa.string())), pa.float64())


def _codes(values: pa.ChunkedArray) -> pa.Array:
    return pc.dictionary_encode(values).combine_chunks().indices

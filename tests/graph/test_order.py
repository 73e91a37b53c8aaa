"""Rows that name nodes are sorted as a sort of their texts sorts them."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from crm_tasks.graph.order import in_order

#: Few of each, so that many are equal; characters of one to four bytes.
IDS = st.sampled_from(["", "a", "B", "ab", "é", "关", "系", "😀", "a\x00"])
ROWS = st.lists(st.tuples(IDS, IDS, st.integers(-3, 3)), max_size=60)


@given(ROWS)
def test_ranks_order_rows_as_their_texts_do(rows):
    columns = {name: [row[at] for row in rows] for at, name in enumerate(("src", "dst", "n"))}
    types = {"src": pa.string(), "dst": pa.string(), "n": pa.int64()}
    table = pa.table({name: pa.array(columns[name], types[name]) for name in types})
    expected = table.sort_by([(name, "ascending") for name in types])
    assert in_order(table, ["src", "dst"], ["n"]).equals(expected)
    # Rows that came in several parts are the same rows.
    parts = pa.concat_tables([table.slice(0, 7), table.slice(7)])
    assert in_order(parts, ["src", "dst"], ["n"]).equals(expected)

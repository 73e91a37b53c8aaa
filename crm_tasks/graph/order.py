"""The order of rows that name nodes: ids that repeat are ranked once and compared as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence


def in_order(rows: pa.Table, repeated: Sequence[str], then: Sequence[str] = ()) -> pa.Table:
    """Return rows sorted by texts that repeat, and where these are equal by other columns.

    >>> rows = pa.table({"src_id": ["b", "a", "b"], "ref": ["1", "2", "0"]})
    >>> in_order(rows, ["src_id"], ["ref"]).column("ref").to_pylist()
    ['2', '0', '1']
    """
    whole = rows.combine_chunks()  # of many chunks each row is looked for
    ranks = {name: _ranks(whole.column(name).combine_chunks()) for name in repeated}
    keys = pa.table({**ranks, **{name: whole.column(name) for name in then}})
    return whole.take(pc.sort_indices(keys, [(name, "ascending") for name in keys.column_names]))


def _ranks(texts: pa.Array) -> pa.Int32Array:
    encoded = texts.dictionary_encode()
    order = pc.array_sort_indices(encoded.dictionary).to_numpy()
    ranks = np.empty(len(order), dtype=np.int32)
    ranks[order] = np.arange(len(order), dtype=np.int32)
    return pa.array(ranks[encoded.indices.to_numpy()])

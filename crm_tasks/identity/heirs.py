"""Who a customer of an earlier day is today: merges go on in the history of decisions."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def heirs(ids: pa.ChunkedArray, known: pa.Array, events: pa.Table) -> pa.ChunkedArray:
    """Return whom each id names today; an id that nobody took up stays as it is.

    Parameters
    ----------
    ids : ChunkedArray of string
        Customers as decisions of earlier days name them.
    known : Array of string
        The customers of today.
    events : Table
        identity.events (event_type, customer_id, other_customer_id), oldest first.
    """
    merged = events.filter(pc.equal(events["event_type"], "merged"))
    # Of several merges of one customer the last counts: index_in takes the first it finds.
    merged = merged.take(pa.array(range(merged.num_rows - 1, -1, -1), pa.int64()))
    gone = merged["other_customer_id"].combine_chunks()
    for _ in range(merged.num_rows):
        is_gone = pc.invert(pc.is_in(ids, value_set=known))
        place = pc.if_else(is_gone, pc.index_in(ids, value_set=gone), pa.scalar(None, pa.int32()))
        if place.null_count == len(place):
            break
        ids = pc.coalesce(merged["customer_id"].take(place), ids)
    return ids

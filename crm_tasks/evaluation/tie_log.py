"""The ties of customers with the day each was first seen: only older ones can carry a campaign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.evaluation.exposure import Company
from crm_tasks.graph.params import COMBINED, PURCHASE_SIMILARITY
from crm_tasks.graph.ties import standing

if TYPE_CHECKING:
    from crm_tasks.graph.engine.network import Floats, Ints

#: Layers that stand for acquaintance, the first that has any tie is taken.
LAYERS = (COMBINED, PURCHASE_SIMILARITY)
MICROSECONDS_PER_DAY = 86_400_000_000.0


@dataclass(frozen=True, eq=False)
class TieLog:
    """Undirected ties between customers by number; ``since`` in days since 1970, NaN undated."""

    layer: str | None
    n_customers: int
    a: Ints
    b: Ints
    strength: Floats
    since: Floats

    @classmethod
    def of(cls, edges: pa.Table, ids: pa.Array) -> TieLog:
        """Return the ties of the first layer that has any, from rows of graph.edges."""
        for layer in LAYERS:
            rows = standing(edges.filter(pc.equal(edges["edge_type"], layer)))
            ends = [pc.index_in(rows[end], value_set=ids) for end in ("src_id", "dst_id")]
            rows = rows.append_column("a", ends[0]).append_column("b", ends[1])
            rows = rows.filter(pc.and_(pc.is_valid(rows["a"]), pc.is_valid(rows["b"])))
            if rows.num_rows:
                return cls._of(layer, rows, len(ids))
        nobody = np.empty(0, dtype=np.int64)
        return cls(None, len(ids), nobody, nobody, np.empty(0), np.empty(0))

    @classmethod
    def _of(cls, layer: str, rows: pa.Table, n_customers: int) -> TieLog:
        seen = rows["first_evidence_at"].cast(pa.timestamp("us")).cast(pa.int64())
        days = pc.divide(seen.cast(pa.float64()), MICROSECONDS_PER_DAY).fill_null(float("nan"))
        a, b = (rows[end].to_numpy().astype(np.int64) for end in ("a", "b"))
        order = np.lexsort((np.maximum(a, b), np.minimum(a, b)))
        strength = rows["strength"].to_numpy().astype(np.float64)
        return cls(layer, n_customers, a[order], b[order], strength[order], days.to_numpy()[order])

    def before(self, day: float) -> Company:
        """Return who was tied to whom before a day; undated ties have always been."""
        known = ~(self.since >= day)
        return Company.of(self.a[known], self.b[known], self.strength[known], self.n_customers)

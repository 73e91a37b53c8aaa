"""Layers between customers as they were known before an earlier date.

Evidence that came later counts for nothing. Similar purchases are projected anew from what had been
bought by then: today's ties of that layer are a choice of the strongest, made with what came since,
and would betray it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.graph.engine import Network
from crm_tasks.graph.params import PURCHASE, PURCHASE_SIMILARITY
from crm_tasks.graph.projection import Purchases, share_products

if TYPE_CHECKING:
    import datetime as dt

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.graph.params import GraphParams

_FACTS_BEFORE = """
with ties as (
    select
        edge_key,
        src_id,
        dst_id
    from edges
    where edge_type = $edge_type
),

summed as (
    select
        evidence.edge_key,
        cast(sum(cast(evidence.contribution as decimal(18, 9))) as double) as weight,
        max(evidence.occurred_at) as last_evidence_at
    from evidence
    inner join ties on evidence.edge_key = ties.edge_key
    where
        evidence.occurred_at
        < (cast(cast($before as date) as timestamp) at time zone $time_zone) at time zone 'UTC'
    group by evidence.edge_key
)

select
    ties.src_id,
    ties.dst_id,
    least(summed.weight, 1.0) as strength,
    summed.last_evidence_at
from summed
inner join ties on summed.edge_key = ties.edge_key
order by ties.src_id, ties.dst_id
"""


class DatedLayers:
    """Layers between customers before any date, out of the evidence of today's ties.

    Parameters
    ----------
    scratch : Scratch
        Holds edges (edge_key, edge_type, src_id, dst_id) and evidence (edge_key, occurred_at,
        contribution). Undated evidence is of no date and counts before none.
    customers : pyarrow.ChunkedArray
        Everybody, the nodes of each network.
    time_zone : str
        Where a date begins.
    """

    def __init__(
        self, scratch: Scratch, customers: pa.ChunkedArray, time_zone: str, params: GraphParams
    ) -> None:
        self._scratch, self._customers, self._time_zone = scratch, customers, time_zone
        self._params = params

    def before(self, layer: str, date: dt.date) -> Network:
        """Return a layer as known before ``date``."""
        is_directed = self._params.layers[layer].is_directed
        ties = self._similar(date) if layer == PURCHASE_SIMILARITY else self._facts(layer, date)
        return Network.from_ties(self._customers, ties, is_directed=is_directed)

    def _facts(self, layer: str, date: dt.date) -> pa.Table:
        given = {"edge_type": layer, "before": date, "time_zone": self._time_zone}
        return self._scratch.query(_FACTS_BEFORE, given)

    def _similar(self, date: dt.date) -> pa.Table:
        bought = self._facts(PURCHASE, date)
        evidence = share_products(Purchases.from_ties(bought), date, self._params)
        pairs = evidence.group_by(["src_id", "dst_id"]).aggregate([("contribution", "sum")])
        # Rounded, since the sum of doubles depends on their order.
        strength = pc.min_element_wise(pc.round(pairs.column("contribution_sum"), 9), 1.0)
        return pairs.select(["src_id", "dst_id"]).append_column("strength", strength)

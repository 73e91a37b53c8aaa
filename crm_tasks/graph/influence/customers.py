"""What one customer's activation is worth in further customers: the spread of a seed alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from crm_tasks.contracts.graph_influence import CUSTOMER_INFLUENCE
from crm_tasks.graph.influence.kernels import count_reached

if TYPE_CHECKING:
    import datetime as dt

    from crm_tasks.graph.engine.network import Floats
    from crm_tasks.graph.influence.arcs import SpreadArcs
    from crm_tasks.graph.influence.params import InfluenceParams

DECIMALS = 6


def influence_values(arcs: SpreadArcs, worlds: int, seed: int) -> tuple[Floats, Floats]:
    """Return each node's expected number of others it activates if it alone is active, and s.e.

    Each other node is asked in ``worlds`` worlds who reaches it, so that a value is a sum of
    independent shares, and its standard error at most the square root of the count behind it.
    """
    counts = count_reached(arcs.incoming, worlds, seed).astype(np.float64)
    return counts / worlds, np.sqrt(counts) / worlds


def influence_rows(arcs: SpreadArcs, params: InfluenceParams, as_of: dt.date) -> pa.Table:
    """Return the rows of graph.customer_influence: every customer with an arc of its own."""
    in_reach = max(params.walks_at_most // max(arcs.n_nodes, 1), 1)
    worlds = min(params.worlds_per_customer, in_reach)
    value, error = influence_values(arcs, worlds, params.seed + 3)
    is_tied = (arcs.count_out() > 0) | (np.diff(arcs.incoming.starts) > 0)
    here = np.flatnonzero(is_tied)
    n = len(here)
    return pa.table(
        {
            "customer_id": arcs.ids.take(pa.array(here)),
            "diffusion_model": [arcs.model] * n,
            "influence_value": value[here].round(DECIMALS),
            "standard_error": error[here].round(DECIMALS),
            "as_of_date": pa.array([as_of] * n, pa.date32()),
        },
        schema=CUSTOMER_INFLUENCE.arrow_schema,
    )

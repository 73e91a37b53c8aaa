"""Do these ties belong to these customers? Who is tied buys alike, more than chance has it.

Files of ties come from elsewhere; their identifiers may be those of other people although all of
them are known here: numbers from 1 upwards fit any list of customers. So for each stated layer the
products that tied pairs both bought are compared with those of pairs whose second ends are shuffled
among the ties: every customer keeps the number of ties and the purchases. If the ties are those of
these customers, homophily makes the ratio exceed one (McPherson, Smith-Lovin, Cook 2001,
https://doi.org/10.1146/annurev.soc.27.1.415); ties of strangers give one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.graph.engine.rows import count_shared
from crm_tasks.graph.projection import buyers_at_most

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from crm_tasks.graph.engine.network import Floats, Ints
    from crm_tasks.graph.params import GraphParams
    from crm_tasks.graph.projection import Purchases

BELONGS, FOREIGN, TOO_FEW = "belongs", "foreign", "too_few"
#: Standard deviations between tied and shuffled pairs that are no accident.
CLEAR = 3.0


@dataclass(frozen=True)
class Check:
    """What was found for one layer; means are products shared per pair."""

    n_pairs: int
    of_tied: float | None
    of_shuffled: float | None
    deviation: float | None
    verdict: str

    @property
    def ratio(self) -> float | None:
        """How many times more tied pairs share; None if shuffled pairs share nothing."""
        if self.of_tied is None or not self.of_shuffled:
            return None
        return self.of_tied / self.of_shuffled


def check_layers(
    purchases: Purchases, stated: Mapping[str, pa.Table], as_of: dt.date, params: GraphParams
) -> pa.Table:
    """Return the rows of graph.layer_checks, one per layer of ``stated`` that has ties."""
    rows = []
    for layer, ties in sorted(stated.items()):
        if ties.num_rows:
            check = check_ties(purchases, ties, params)
            rows.append(
                {
                    "layer": layer,
                    "n_ties": ties.num_rows,
                    "n_pairs": check.n_pairs,
                    "shared_products_tied": _rounded(check.of_tied),
                    "shared_products_shuffled": _rounded(check.of_shuffled),
                    "shared_products_ratio": _rounded(check.ratio),
                    "deviation": _rounded(check.deviation),
                    "verdict": check.verdict,
                    "as_of_date": as_of,
                }
            )
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def check_ties(purchases: Purchases, ties: pa.Table, params: GraphParams) -> Check:
    """Return whether ties (src_id, dst_id) belong to the customers who made these purchases.

    Only pairs of which both ends bought something count. They belong if tied pairs clearly share
    more than shuffled ones; they are foreign if not, and if they clearly share less than
    ``belongs_from_ratio`` times as much; in between they are too few to tell.
    """
    first, second = (
        pc.fill_null(pc.index_in(ties.column(end), value_set=purchases.customers), -1)
        .to_numpy()
        .astype(np.int64)
        for end in ("src_id", "dst_id")
    )
    both_buy = (first >= 0) & (second >= 0) & (first != second)
    first, second = first[both_buy], second[both_buy]
    if len(first) < params.belongs_from_ties:
        return Check(len(first), None, None, None, TOO_FEW)
    shuffled = _shuffled_means(purchases, first, second, params)
    tied = float(_shared(purchases, first, second, params).mean())
    mean, spread = float(shuffled.mean()), float(shuffled.std())
    deviation = (tied - mean) / spread if spread > 0 else None
    is_below = tied < params.belongs_from_ratio * mean - CLEAR * spread
    doubted = FOREIGN if is_below else TOO_FEW
    verdict = BELONGS if tied > mean + CLEAR * spread else doubted
    return Check(len(first), tied, mean, deviation, verdict)


def _shuffled_means(purchases: Purchases, first: Ints, second: Ints, params: GraphParams) -> Floats:
    random = np.random.default_rng(params.seed)
    order = np.lexsort((second, first))  # the same draw whatever the order of the ties
    first, second = first[order], second[order]
    means = np.zeros(params.shuffles)
    for turn in range(params.shuffles):
        other = random.permutation(second)
        is_pair = other != first
        means[turn] = _shared(purchases, first[is_pair], other[is_pair], params).mean()
    return means


def _shared(purchases: Purchases, first: Ints, second: Ints, params: GraphParams) -> Ints:
    """Return the products each pair shares, without those that nearly everybody buys."""
    counts = purchases.buyers <= buyers_at_most(len(purchases.customers), params)
    keep = counts[purchases.product]
    per_customer = np.bincount(purchases.customer[keep], minlength=len(purchases.customers))
    starts = np.concatenate(([0], np.cumsum(per_customer))).astype(np.int32)
    return count_shared(starts, purchases.product[keep].astype(np.int32), first, second)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


_SCHEMA = pa.schema(
    {
        "layer": pa.string(),
        "n_ties": pa.int64(),
        "n_pairs": pa.int64(),
        "shared_products_tied": pa.float64(),
        "shared_products_shuffled": pa.float64(),
        "shared_products_ratio": pa.float64(),
        "deviation": pa.float64(),
        "verdict": pa.string(),
        "as_of_date": pa.date32(),
    }
)

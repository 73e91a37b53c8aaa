"""Customers who buy the same uncommon things: the one-mode projection of purchases.

Follows Newman (2001) and the cosine of collaborative filtering, with three departures. A product
bought by n of N customers weighs ``ln(1 + N / n)``, and not at all if too many buy it (each such
product is listed). A purchase ages by its last date. And a customer's norm holds the weights as if
never aged, plus a few unique products (``damping_products``), so that neither age nor a single
purchase makes anybody look alike. For a product p shared by i and j

    contribution = weight(p)^2 * sqrt(age_factor(i, p) * age_factor(j, p)) / (norm(i) * norm(j))

and the tie's strength is the sum of its contributions: drop one and the tie falls by just that.
Each customer names the k strongest; the products of sparse rows are made in blocks, so memory
stays bounded whatever the number of customers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from crm_tasks.graph.params import DECIMALS, FLOOR, PURCHASE_SIMILARITY

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from crm_tasks.graph.engine.network import Floats, Ints
    from crm_tasks.graph.params import GraphParams

ENTRIES_AT_ONCE = 4_000_000
SCORE_BITS = 30  # a similarity in steps of 1e-9 fits into 30 bits
KEY_BITS = 63
SCALE = 10**DECIMALS


@dataclass(frozen=True, eq=False)
class Purchases:
    """Who bought what, and when last: one entry per pair, ordered by customer, then product."""

    customers: pa.StringArray
    products: pa.StringArray
    customer: Ints
    product: Ints
    last_at: Ints

    @classmethod
    def from_ties(cls, ties: pa.Table) -> Purchases:
        """Return the purchases behind purchase ties (src_id, dst_id, last_evidence_at)."""
        customers, products = (_sorted_distinct(ties.column(c)) for c in ("src_id", "dst_id"))
        customer = _codes(customers, ties.column("src_id"))
        product = _codes(products, ties.column("dst_id"))
        last_at = ties.column("last_evidence_at").cast(pa.timestamp("us")).cast(pa.int64())
        order = np.lexsort((product, customer))
        return cls(customers, products, customer[order], product[order], last_at.to_numpy()[order])

    @property
    def buyers(self) -> Ints:
        """Number of customers per product."""
        return np.bincount(self.product, minlength=len(self.products))

    def last_of(self, customer: Ints, product: Ints) -> Ints:
        """Return when these customers last bought these products; each pair must be a purchase."""
        width = len(self.products)
        place = np.searchsorted(self.customer * width + self.product, customer * width + product)
        return self.last_at[place]


def buyers_at_most(n_customers: int, params: GraphParams) -> int:
    """Return how many customers may buy a product before it says too little to count.

    >>> from crm_tasks.graph.params import GraphParams
    >>> [buyers_at_most(n, GraphParams()) for n in (10, 2_000, 1_000_000)]
    [20, 100, 500]
    """
    by_share = int(params.max_customer_share * n_customers)
    return max(params.never_dropped_below, min(by_share, params.max_customers))


def drop_common_products(purchases: Purchases, as_of: dt.date, params: GraphParams) -> pa.Table:
    """Return the rows of graph.dropped_products: what too many customers buy."""
    limit = buyers_at_most(len(purchases.customers), params)
    dropped = np.flatnonzero(purchases.buyers > limit)
    is_count = limit == params.max_customers
    reason = "bought_by_more_than_max_customers" if is_count else "bought_by_more_than_max_share"
    return pa.table(
        {
            "product_id": purchases.products.take(pa.array(dropped)),
            "n_customers": pa.array(purchases.buyers[dropped], pa.int32()),
            "reason": pa.repeat(reason, len(dropped)),
            "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), len(dropped)),
        }
    )


def share_products(purchases: Purchases, as_of: dt.date, params: GraphParams) -> pa.Table:
    """Return the evidence of purchase similarity: one row per pair of customers and product."""
    profiles = _profiles(purchases, as_of, params)
    first, second = strongest_pairs(profiles, params.neighbours)
    pair, product, contribution = _shared(profiles, first, second)
    left, right = first[pair], second[pair]
    later = np.maximum(purchases.last_of(left, product), purchases.last_of(right, product))
    src_id = purchases.customers.take(pa.array(left))
    dst_id = purchases.customers.take(pa.array(right))
    n = len(pair)
    return pa.table(
        {
            "edge_key": pc.binary_join_element_wise(PURCHASE_SIMILARITY, src_id, dst_id, ":"),
            "src_id": src_id,
            "dst_id": dst_id,
            "evidence_type": pa.repeat("shared_product", n),
            "evidence_ref": purchases.products.take(pa.array(product)),
            "occurred_at": pa.array(later, pa.int64()).cast(pa.timestamp("us")),
            "contribution": pa.array(np.maximum(contribution.round(DECIMALS), FLOOR)),
        }
    )


def _profiles(purchases: Purchases, as_of: dt.date, params: GraphParams) -> sp.csr_matrix:
    """Return customers x products, rows scaled so that a product of rows is a similarity."""
    n_customers, buyers = len(purchases.customers), purchases.buyers
    weight = np.log1p(n_customers / np.maximum(buyers, 1))
    counts = buyers[purchases.product] <= buyers_at_most(n_customers, params)
    customer, product = purchases.customer[counts], purchases.product[counts]
    own = np.bincount(customer, weight[product] ** 2, minlength=n_customers)
    norm = np.sqrt(own + params.damping_products * np.log1p(n_customers) ** 2)
    last_day = purchases.last_at[counts].astype("datetime64[us]").astype("datetime64[D]")
    age_days = np.maximum((np.datetime64(as_of, "D") - last_day).astype(np.int64), 0)
    age_factor = 0.5 ** (age_days / params.half_life_days)
    values = weight[product] * np.sqrt(age_factor) / norm[customer]
    shape = (n_customers, len(purchases.products))
    return sp.csr_matrix((values, (customer, product)), shape=shape)


def strongest_pairs(profiles: sp.csr_matrix, neighbours: int) -> tuple[Ints, Ints]:
    """Return the pairs (first < second) of which either names the other among its strongest.

    Equal similarities (to 1e-9) are ordered by the neighbour's number. The rows are multiplied in
    blocks of bounded size; one integer sort per block ranks all its rows at once: row, descending
    similarity and neighbour packed into one key.
    """
    n = profiles.shape[0]
    across = profiles.T.tocsr()
    met_per_row = np.asarray((profiles != 0) @ np.diff(across.indptr).astype(np.float64))
    names = [
        _strongest_in(profiles[rows] @ across, rows.start, neighbours)
        for rows in _blocks(met_per_row, ENTRIES_AT_ONCE, max_rows=_rows_per_key(n))
    ]
    if not names:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    row = np.concatenate([rows for rows, _ in names])
    other = np.concatenate([others for _, others in names])
    pairs = np.unique(np.minimum(row, other) * n + np.maximum(row, other))
    return pairs // n, pairs % n


def _rows_per_key(n_columns: int) -> int:
    return int(2 ** (KEY_BITS - SCORE_BITS - n_columns.bit_length()))


def _strongest_in(block: sp.csr_matrix, offset: int, neighbours: int) -> tuple[Ints, Ints]:
    column_bits = int(block.shape[1]).bit_length()
    row = np.repeat(np.arange(block.shape[0], dtype=np.int64), np.diff(block.indptr))
    score = np.rint(block.data * SCALE).astype(np.int64)
    counts = (score > 0) & (block.indices != row + offset)
    row, score, column = row[counts], score[counts], block.indices[counts].astype(np.int64)
    rank_key = (row << (SCORE_BITS + column_bits)) | ((SCALE - score) << column_bits) | column
    rank_key.sort()
    row = rank_key >> (SCORE_BITS + column_bits)
    start = np.searchsorted(row, row)
    is_named = np.arange(len(row)) - start < neighbours
    column = rank_key & ((1 << column_bits) - 1)
    return row[is_named] + offset, column[is_named]


def _shared(profiles: sp.csr_matrix, first: Ints, second: Ints) -> tuple[Ints, Ints, Floats]:
    """Return (pair, product, contribution) of every product both ends of a pair count."""
    per_row = np.diff(profiles.indptr)
    pairs, products, values = [], [], []
    for block in _blocks(per_row[first] + per_row[second], ENTRIES_AT_ONCE):
        both = profiles[first[block]].multiply(profiles[second[block]]).tocsr()
        both.sort_indices()
        pairs.append(np.repeat(np.arange(block.start, block.stop), np.diff(both.indptr)))
        products.append(both.indices.astype(np.int64))
        values.append(both.data)
    if not pairs:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    return np.concatenate(pairs), np.concatenate(products), np.concatenate(values)


def _blocks(cost: Floats | Ints, limit: int, max_rows: int | None = None) -> Iterator[slice]:
    """Yield slices of consecutive rows whose costs sum to about ``limit`` at most, at least one."""
    ends = np.cumsum(cost)
    start = 0
    while start < len(cost):
        before = ends[start - 1] if start else 0
        stop = max(int(np.searchsorted(ends, before + limit, side="right")), start + 1)
        stop = min(stop, start + max_rows) if max_rows else stop
        yield slice(start, stop)
        start = stop


def _sorted_distinct(values: pa.ChunkedArray) -> pa.StringArray:
    distinct = pc.unique(values)
    return distinct.take(pc.array_sort_indices(distinct))


def _codes(ids: pa.StringArray, values: pa.ChunkedArray) -> Ints:
    return np.asarray(pc.index_in(values, value_set=ids).to_numpy(), dtype=np.int64)

"""Customers who buy the same uncommon things: the one-mode projection of purchases.

Follows Newman (2001) and the cosine of collaborative filtering, with three departures. A product
bought by n of N customers weighs ``ln(1 + N / n)``, and not at all if too many buy it (each such
product is listed). A purchase ages by its last date. And a customer's norm holds the weights as if
never aged, plus a few unique products (``damping_products``), so that neither age nor a single
purchase makes anybody look alike. For a product p shared by i and j

    contribution = weight(p)^2 * sqrt(age_factor(i, p) * age_factor(j, p)) / (norm(i) * norm(j))

and the tie's strength is the sum of its contributions: drop one and the tie falls by just that.
Each customer names the k strongest, by a product of sparse rows in a compiled kernel that keeps no
more than one row of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from crm_tasks.graph.engine.rows import count_shared, fill_shared, keep_strongest
from crm_tasks.graph.params import DECIMALS, FLOOR, PURCHASE, PURCHASE_SIMILARITY

if TYPE_CHECKING:
    import datetime as dt

    from crm_tasks.graph.engine.network import Floats, Ints
    from crm_tasks.graph.params import GraphParams


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
            "ended_at": pa.nulls(n, pa.timestamp("us")),
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
    age_factor = 0.5 ** (age_days / params.layers[PURCHASE].half_life_days)
    values = weight[product] * np.sqrt(age_factor) / norm[customer]
    shape = (n_customers, len(purchases.products))
    profiles = sp.csr_matrix((values, (customer, product)), shape=shape)
    profiles.sort_indices()
    return profiles


def strongest_pairs(profiles: sp.csr_matrix, neighbours: int) -> tuple[Ints, Ints]:
    """Return the pairs (first < second) of which either names the other among its strongest.

    Equal similarities (to 1e-9) are ordered by the neighbour's number.
    """
    n = profiles.shape[0]
    named = name_strongest(profiles, neighbours)
    row = np.repeat(np.arange(n), neighbours).reshape(named.shape)
    low, high = np.minimum(row, named), np.maximum(row, named)
    pairs = np.unique((low * n + high)[named >= 0])
    return pairs // max(n, 1), pairs % max(n, 1)


def name_strongest(profiles: sp.csr_matrix, neighbours: int) -> Ints:
    """Return per row the rows it is most similar to, shape (n, neighbours), -1 for none.

    The cost is the sum of squared numbers of buyers: the cap on common products is what keeps it
    linear. Memory is two values per customer, whatever is multiplied.
    """
    across = profiles.T.tocsr()
    named = np.full((profiles.shape[0], neighbours), -1, dtype=np.int64)
    keep_strongest(
        profiles.indptr, profiles.indices, profiles.data,
        across.indptr, across.indices, across.data, named,
    )  # fmt: skip
    return named


def _shared(profiles: sp.csr_matrix, first: Ints, second: Ints) -> tuple[Ints, Ints, Floats]:
    """Return (pair, product, contribution) of every product both ends of a pair count."""
    rows = profiles.indptr, profiles.indices, profiles.data
    n_shared = count_shared(rows[0], rows[1], first, second)
    ends = np.cumsum(n_shared)
    total = int(ends[-1]) if len(ends) else 0
    product, contribution = np.empty(total, dtype=np.int64), np.empty(total)
    fill_shared(*rows, first, second, product, contribution)
    return np.repeat(np.arange(len(first)), n_shared), product, contribution


def _sorted_distinct(values: pa.ChunkedArray) -> pa.StringArray:
    distinct = pc.unique(values)
    return distinct.take(pc.array_sort_indices(distinct))


def _codes(ids: pa.StringArray, values: pa.ChunkedArray) -> Ints:
    return np.asarray(pc.index_in(values, value_set=ids).to_numpy(), dtype=np.int64)

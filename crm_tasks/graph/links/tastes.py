"""Categories that two customers both buy more of than others do: a reason people understand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

if TYPE_CHECKING:
    from crm_tasks.graph.links.scores import Pairs

DECIMALS = 9


@dataclass(frozen=True, eq=False)
class Tastes:
    """What sets each customer's purchases apart, by category.

    ``excess`` has a row per customer and a column per category: the customer's share of ties in the
    category times ln(that share / everybody's), where the share is above everybody's.
    """

    categories: tuple[str, ...]
    excess: sp.csr_matrix

    @classmethod
    def from_ties(cls, customers: pa.StringArray, ties: pa.Table, products: pa.Table) -> Tastes:
        """Return tastes from purchase ties (src_id, dst_id, strength) and product_id, category_l2.

        A product without a category counts for nothing.
        """
        known = products.filter(pc.is_valid(products.column("category_l2")))
        place = pc.index_in(ties.column("dst_id"), value_set=known.column("product_id"))
        buyer = pc.index_in(ties.column("src_id"), value_set=customers)
        keep = pc.and_(pc.is_valid(place), pc.is_valid(buyer))
        names = pc.unique(known.column("category_l2"))
        names = names.take(pc.array_sort_indices(names))
        category = pc.index_in(
            known.column("category_l2").take(place.filter(keep)), value_set=names
        )
        rows = buyer.filter(keep).to_numpy().astype(np.int64)
        strength = ties.column("strength").filter(keep).to_numpy()
        shape = (len(customers), len(names))
        # Ordered first, so that sums do not depend on the order of the ties.
        order = np.lexsort((strength, category.to_numpy(), rows))
        ends = (rows[order], category.to_numpy().astype(np.int64)[order])
        summed = sp.csr_matrix((strength[order], ends), shape=shape)
        return cls(tuple(names.to_pylist()), _excess(summed))

    def shared(self, pairs: Pairs, at_most: int) -> list[str | None]:
        """Return, per pair, the categories that set both apart most, or None if none does."""
        both = self.excess[pairs.first].minimum(self.excess[pairs.second]).tocsr()
        both.eliminate_zeros()
        both.sort_indices()
        return [
            self._named(both.indices[begin:end], both.data[begin:end], at_most)
            for begin, end in zip(both.indptr[:-1], both.indptr[1:], strict=True)
        ]

    def _named(self, columns: np.ndarray, values: np.ndarray, at_most: int) -> str | None:
        best = np.argsort(-values, kind="stable")[:at_most]
        return ", ".join(self.categories[columns[place]] for place in best) or None


def _excess(summed: sp.csr_matrix) -> sp.csr_matrix:
    total = np.asarray(summed.sum(axis=1)).ravel()
    overall = np.asarray(summed.sum(axis=0)).ravel() / max(float(summed.sum()), 1e-300)
    rows = np.repeat(np.arange(summed.shape[0]), np.diff(summed.indptr))
    share = summed.data / total[rows]
    excess = (share * np.log(share / overall[summed.indices])).round(DECIMALS)
    found = sp.csr_matrix((np.maximum(excess, 0.0), summed.indices, summed.indptr), summed.shape)
    found.eliminate_zeros()
    return found

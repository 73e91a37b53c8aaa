# ruff: noqa: RUF001 (Chinese text has its own punctuation)
"""Who may become tied next, and who is most alike: the best few candidates of every customer."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from crm_tasks.contracts.graph_links import LINK_PREDICTIONS, SIMILAR_CUSTOMERS
from crm_tasks.graph.links.scores import SCORES, Neighbourhood, Pairs

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from crm_tasks.graph.engine.network import Floats, Ints
    from crm_tasks.graph.links.model import LinkModel
    from crm_tasks.graph.links.tastes import Tastes

COMMON = SCORES.index("common_neighbours")


def predict_links(
    layer: str, around: Neighbourhood, model: LinkModel, tastes: Tastes, as_of: dt.date
) -> pa.Table:
    """Return the rows of graph.link_predictions of one layer.

    Each customer names its most probable; a pair stands if either end names it.
    """
    params = around.params
    best, _ = _best(
        around,
        lambda pairs: model.probabilities(around.scores(pairs)),
        params.predictions,
        with_ties=False,
    )
    n = around.network.n_nodes
    keys = np.minimum(best.first, best.second) * n + np.maximum(best.first, best.second)
    keys = np.unique(keys)
    pairs = Pairs(keys // n, keys % n)
    scores = around.scores(pairs)
    categories = tastes.shared(pairs, params.categories)
    common = scores[:, COMMON].astype(np.int32)
    ids = around.network.ids
    return pa.table(
        {
            "src_id": ids.take(pa.array(pairs.first)),
            "dst_id": ids.take(pa.array(pairs.second)),
            "edge_type": [layer] * len(pairs),
            "probability": model.probabilities(scores),
            "horizon_days": pa.array(np.full(len(pairs), params.horizon_days, np.int32)),
            "n_shared_neighbours": common,
            "shared_categories": pa.array(categories, pa.string()),
            "reasons": [_reason(*one) for one in zip(common.tolist(), categories, strict=True)],
            "reasons_zh": [
                _reason_zh(*one) for one in zip(common.tolist(), categories, strict=True)
            ],
            "as_of_date": pa.array([as_of] * len(pairs), pa.date32()),
        },
        schema=LINK_PREDICTIONS.arrow_schema,
    )


def find_similar(around: Neighbourhood, tastes: Tastes, as_of: dt.date) -> pa.Table:
    """Return the rows of graph.similar_customers, out of ties and candidates of each customer."""
    params = around.params
    best, cosine = _best(around, around.cosine, params.similar, with_ties=True)
    rank = np.arange(len(best)) - np.searchsorted(best.first, best.first) + 1
    n = around.network.n_nodes
    arcs = around.network.arcs
    tied = np.repeat(np.arange(n), np.diff(arcs.starts)) * n + arcs.targets
    ids = around.network.ids
    return pa.table(
        {
            "customer_id": ids.take(pa.array(best.first)),
            "rank": pa.array(rank.astype(np.int32)),
            "similar_customer_id": ids.take(pa.array(best.second)),
            "similarity": cosine,
            "is_tied": np.isin(best.first * n + best.second, tied),
            "n_shared_neighbours": around.scores(best)[:, COMMON].astype(np.int32),
            "shared_categories": pa.array(tastes.shared(best, params.categories), pa.string()),
            "as_of_date": pa.array([as_of] * len(best), pa.date32()),
        },
        schema=SIMILAR_CUSTOMERS.arrow_schema,
    )


def _best(
    around: Neighbourhood, score: Callable[[Pairs], Floats], at_most: int, *, with_ties: bool
) -> tuple[Pairs, Floats]:
    """Return each customer's pairs of highest score, best first; of equals the first by id."""
    everybody = np.arange(around.network.n_nodes, dtype=np.int64)
    arcs = around.network.arcs
    tied = np.repeat(everybody, np.diff(arcs.starts))
    ties = [Pairs(tied, arcs.targets.astype(np.int64))] if with_ties else []
    best, scores = Pairs(everybody[:0], everybody[:0]), np.empty(0)
    for block in chain(around.candidates(everybody), ties):
        # Scores are the same both ways: each pair is scored once and stands for both its ends.
        once = block.first < block.second
        half = Pairs(block.first[once], block.second[once])
        found = score(half)
        best = Pairs(
            np.concatenate((best.first, half.first, half.second)),
            np.concatenate((best.second, half.second, half.first)),
        )
        best, scores = _strongest(best, np.concatenate((scores, found, found)), at_most)
    return best, scores


def _strongest(pairs: Pairs, score: Floats, at_most: int) -> tuple[Pairs, Floats]:
    order = np.lexsort((pairs.second, -score, pairs.first))
    first = pairs.first[order]
    rank: Ints = np.arange(len(first)) - np.searchsorted(first, first)
    keep = order[rank < at_most]
    return Pairs(pairs.first[keep], pairs.second[keep]), score[keep]


def _reason(common: int, categories: str | None) -> str:
    tied = f"{common} customer{'' if common == 1 else 's'} tied to both"
    return f"{tied}; both buy more of {categories} than others do" if categories else tied


def _reason_zh(common: int, categories: str | None) -> str:
    tied = f"有 {common} 位客户与双方都有联系"
    return f"{tied}；双方都比其他客户更多购买 {categories}" if categories else tied

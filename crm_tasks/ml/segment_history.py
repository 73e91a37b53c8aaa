"""Who came into a segment and who left it since the run before, and how stable segments are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.contracts.evaluation import SEGMENT_STABILITY
from crm_tasks.contracts.ml import SEGMENTS
from crm_tasks.contracts.ml_segments import SEGMENT_HISTORY
from crm_tasks.ml.interests import INTEREST

if TYPE_CHECKING:
    import datetime as dt

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.ml.interests import Interests

#: A customer who stays keeps the moment he came.
KEPT = """
select
    now.* exclude (assigned_at),
    case when prior.segment_id = now.segment_id then prior.assigned_at else now.assigned_at end
        as assigned_at
from segments as now
left join before as prior
    on now.customer_id = prior.customer_id and now.segmentation = prior.segmentation
"""
MOVED = """
select
    now.customer_id, now.segmentation, now.segment_id, 'entered' as event,
    now.assigned_at as entered_at, cast(null as timestamp) as left_at, $as_of as as_of_date
from segments as now
left join before as prior
    on now.customer_id = prior.customer_id and now.segmentation = prior.segmentation
where prior.segment_id is distinct from now.segment_id
union all
select
    prior.customer_id, prior.segmentation, prior.segment_id, 'left' as event,
    prior.assigned_at as entered_at, cast($as_of as timestamp) as left_at, $as_of as as_of_date
from before as prior
left join segments as now
    on now.customer_id = prior.customer_id and now.segmentation = prior.segmentation
where prior.segment_id is distinct from now.segment_id
"""
BOTH = """
select prior.segmentation, prior.segment_id as old, now.segment_id as new, count(*) as n
from before as prior
inner join segments as now
    on now.customer_id = prior.customer_id and now.segmentation = prior.segmentation
group by all order by all
"""


def carry_over(scratch: Scratch, before: pa.Table | None, as_of: dt.date) -> dict[str, pa.Table]:
    """Return ml.segments with the moments customers came, and the rows of ml.segment_history.

    Parameters
    ----------
    scratch : Scratch
        With this run's ml.segments as ``segments``, all of them assigned at this date.
    before : pyarrow.Table or None
        The predecessor's.
    """
    scratch.register("before", SEGMENTS.arrow_schema.empty_table() if before is None else before)
    kept = scratch.query(KEPT)
    moved = scratch.query(MOVED, {"as_of": as_of})
    schema = SEGMENT_HISTORY.arrow_schema
    return {"segments": kept, "segment_history": moved.select(schema.names).cast(schema)}


def stability_rows(
    scratch: Scratch, found: Interests | None, predecessor: str | None, as_of: dt.date
) -> pa.Table:
    """Return the rows of evaluation.segment_stability, after :func:`carry_over`."""
    rows = []
    if found is not None:
        rows.append(_row(INTEREST, "bootstrap", None, found.stability, as_of))
    both = scratch.query(BOTH)
    for name in pc.unique(both.column("segmentation")).to_pylist():
        counts = both.filter(pc.equal(both.column("segmentation"), name))
        rows.append(_row(name, "predecessor", predecessor, None, as_of) | _agreement(counts))
    return pa.Table.from_pylist(rows, schema=SEGMENT_STABILITY.arrow_schema)


def _row(
    segmentation: str, compared: str, run_id: str | None, ari: float | None, as_of: dt.date
) -> dict[str, object]:
    return {
        "segmentation": segmentation,
        "compared_with": compared,
        "run_id_prev": run_id,
        "ari": ari,
        "nmi": None,
        "jaccard_min": None,
        "share_moved": None,
        "n_customers": None,
        "as_of_date": as_of,
    }


def _agreement(counts: pa.Table) -> dict[str, object]:
    """Return how well two segmentations agree, from the table of old by new segments."""
    old, new = (counts.column(c).combine_chunks().dictionary_encode() for c in ("old", "new"))
    n = counts.column("n").to_numpy()
    table = np.zeros((len(old.dictionary), len(new.dictionary)))
    np.add.at(table, (old.indices.to_numpy(), new.indices.to_numpy()), n)
    same = counts.filter(pc.equal(counts.column("old"), counts.column("new")))
    total = int(n.sum())
    stayed = int(pc.sum(same.column("n")).as_py() or 0)
    return {
        "ari": round(adjusted_rand(table), 6),
        "nmi": round(mutual_information(table), 6),
        "jaccard_min": round(_least_overlap(table), 6),
        "share_moved": round(1 - stayed / total, 6),
        "n_customers": total,
    }


def adjusted_rand(table: np.ndarray) -> float:
    """Return the adjusted Rand index of a contingency table (Hubert & Arabie 1985)."""

    def pairs(x: np.ndarray) -> float:
        return float((x * (x - 1) / 2).sum())

    rows, columns, all_of_them = table.sum(axis=1), table.sum(axis=0), pairs(table.sum()[None])
    expected = pairs(rows) * pairs(columns) / all_of_them if all_of_them else 0.0
    most = (pairs(rows) + pairs(columns)) / 2
    return 1.0 if most == expected else (pairs(table) - expected) / (most - expected)


def mutual_information(table: np.ndarray) -> float:
    """Return mutual information over the mean of both entropies; 1 for two single groups."""
    share = table / table.sum()
    rows, columns = share.sum(axis=1, keepdims=True), share.sum(axis=0, keepdims=True)

    def entropy(p: np.ndarray) -> float:
        return float(-(p[p > 0] * np.log(p[p > 0])).sum())

    mean = (entropy(rows) + entropy(columns)) / 2
    shared = entropy(rows) + entropy(columns) - entropy(share)
    return 1.0 if mean == 0 else shared / mean


def _least_overlap(table: np.ndarray) -> float:
    """Return the smallest, over old segments, of the largest Jaccard overlap with a new one."""
    either = table.sum(axis=1, keepdims=True) + table.sum(axis=0, keepdims=True) - table
    return float((table / either).max(axis=1).min())

"""The draw of campaigns of ours, before anybody is contacted, with what it will be able to see."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from crm_tasks.contracts.evaluation import ASSIGNMENTS, DESIGNS
from crm_tasks.evaluation.design import Design, draw_arms
from crm_tasks.evaluation.effects import Trial
from crm_tasks.evaluation.power import minimal_effects, spread

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from crm_tasks.evaluation.exposure import Company
    from crm_tasks.graph.engine.network import Floats, Ints

DECIMALS = 6


@dataclass(frozen=True, eq=False)
class Population:
    """Who may be drawn: all customers' numbers, and of those eligible what is known before.

    Attributes
    ----------
    ids : pyarrow.Array
        All customers, sorted; numbers are places here.
    eligible : ndarray of int64, shape (n,)
        Numbers of those who may be drawn.
    community_id : list of str or None, length n
        Their communities; whoever has none is one.
    baseline : ndarray of float64, shape (n,)
        Their outcome before, by which they are stratified.
    company : Company
        All customers' ties.
    """

    ids: pa.Array
    eligible: Ints
    community_id: list[str | None]
    baseline: Floats
    company: Company


def seed_of(campaign_id: str) -> int:
    """Return the seed of a campaign's draw: it follows from its name, and nobody chose it.

    >>> seed_of("spring") == seed_of("spring") != seed_of("summer")
    True
    """
    return int(hashlib.sha256(campaign_id.encode()).hexdigest()[:12], 16)


def assign(
    designs: Mapping[str, Design], outcome: str, population: Population, as_of: dt.date
) -> tuple[pa.Table, pa.Table]:
    """Return the rows of evaluation.assignments and evaluation.designs for new campaigns.

    Parameters
    ----------
    designs : mapping of str to Design
        By campaign. The seed is replaced by the campaign's own.
    outcome : str
        Name of the outcome that ``baseline`` is the past of.
    """
    assigned, planned = [], []
    for campaign_id, given in sorted(designs.items()):
        design = replace(given, seed=seed_of(campaign_id))
        rows, power = _one(campaign_id, design, outcome, population, as_of)
        assigned.append(rows)
        planned += power
    empty = ASSIGNMENTS.arrow_schema.empty_table()
    return (
        pa.concat_tables([empty, *assigned]),
        pa.Table.from_pylist(planned, schema=DESIGNS.arrow_schema),
    )


def _one(
    campaign_id: str, design: Design, outcome: str, population: Population, as_of: dt.date
) -> tuple[pa.Table, list[dict[str, Any]]]:
    ids = population.ids.take(pa.array(population.eligible))
    named = [
        community or f"unit:{customer}"
        for community, customer in zip(population.community_id, ids.to_pylist(), strict=True)
    ]
    cluster = np.unique(named, return_inverse=True)[1].astype(np.int64)
    drawn = draw_arms(cluster, population.baseline, design)
    n, is_clustered = len(ids), design.kind == "cluster"
    rows = pa.table(
        {
            "campaign_id": pa.repeat(campaign_id, n),
            "cluster_id": pa.array(named if is_clustered else [None] * n, pa.string()),
            "customer_id": ids,
            "arm": np.where(drawn.is_treated, "treatment", "control").tolist(),
            "saturation": drawn.saturation,
            "assigned_at": pa.repeat(
                pa.scalar(datetime.combine(as_of, time()), pa.timestamp("us")), n
            ),
            "assignment_propensity": np.round(drawn.propensity, DECIMALS),
            "design": pa.repeat(design.kind, n),
            "seed": pa.repeat(pa.scalar(design.seed, pa.int64()), n),
            "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), n),
        }
    ).cast(ASSIGNMENTS.arrow_schema)
    everybody = population.company.shares.shape[0]
    marks = np.zeros((2, everybody), dtype=bool)
    marks[0, population.eligible], marks[1, population.eligible] = drawn.is_treated, True
    treated, possible = (population.company.share(mark)[population.eligible] for mark in marks)
    trial = Trial(
        drawn.is_treated, treated, possible, cluster, drawn.saturation, is_clustered
    )  # fmt: skip
    place = np.full(everybody, -1, dtype=np.int64)
    place[population.eligible] = cluster
    seen = spread(population.baseline, cluster)
    columns, contrasts = trial.regressors()
    least = minimal_effects(columns, contrasts, cluster, seen) if drawn.is_treated.any() else {}
    shared = {
        "campaign_id": campaign_id, "design": design.kind, "outcome": outcome,
        "outcome_sd": _round(seen.sd), "outcome_icc": _round(seen.icc),
        "cut_share": _round(population.company.cut_share(place)), "n_units": n,
        "n_clusters": trial.n_clusters, "n_treated": int(drawn.is_treated.sum()),
        "seed": design.seed, "as_of_date": as_of,
    }  # fmt: skip
    if design.kind == "none":
        least = {}
    estimands: dict[str, float | None] = {**least} or {"direct": None}
    return rows, [
        {**shared, "estimand": name, "mde": _round(value)} for name, value in estimands.items()
    ]


def _round(value: float | None) -> float | None:
    if value is None or not np.isfinite(value):
        return None
    return round(float(value), DECIMALS) + 0.0

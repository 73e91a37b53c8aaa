"""Whom to start with: seeds by reverse-reachable sets beside the baselines, judged by simulation.

The sets' own figure is optimistic, since they were chosen to fit it. So every choice is simulated
anew, all in the same worlds, and the one with the largest simulated spread is marked as chosen,
be it a baseline. What it is chosen by is what is published: of choices that hardly differ the
winner's lead is luck, and the intervals say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from crm_tasks.contracts.graph_influence import (
    DIFFUSION_CURVES,
    INFLUENCE_COMPARISONS,
    INFLUENCE_SEEDS,
)
from crm_tasks.graph import engine
from crm_tasks.graph.influence.cascades import Spread, diffuse, simulate
from crm_tasks.graph.influence.reach_sets import COST_UNIT, Chosen, Limits, choose_seeds

if TYPE_CHECKING:
    import datetime as dt

    from crm_tasks.graph.engine.network import Ints
    from crm_tasks.graph.influence.arcs import SpreadArcs
    from crm_tasks.graph.influence.params import InfluenceParams

BY_SETS = "reach_sets"
BASELINES = ("out_degree", "weighted_strength", "pagerank", "random")
DECIMALS = 6


@dataclass(frozen=True, eq=False)
class Choice:
    """One way of choosing seeds, what it chose, and its simulated spread."""

    method: str
    seeds: Ints
    spread: Spread
    sets: Chosen | None = None


@dataclass(frozen=True, eq=False)
class Judged:
    """All choices under one model, the chosen one first."""

    arcs: SpreadArcs
    limits: Limits
    choices: tuple[Choice, ...]

    @property
    def chosen(self) -> Choice:
        return self.choices[0]


def judge_seeds(arcs: SpreadArcs, limits: Limits, params: InfluenceParams) -> Judged:
    """Return seeds by every method within the same limits, the best by simulation first.

    Of equals the earlier in ``(reach_sets, out_degree, weighted_strength, pagerank, random)``.
    """
    sets = choose_seeds(arcs, limits, params)
    orders = baselines(arcs, params.seed)
    found = {BY_SETS: sets.seeds, **{name: limits.take(orders[name]) for name in BASELINES}}
    choices = [
        Choice(
            method,
            seeds,
            simulate(arcs, seeds, params.worlds, params.seed + 2),
            sets if method == BY_SETS else None,
        )
        for method, seeds in found.items()
    ]
    best = max(choices, key=lambda choice: choice.spread.total)
    return Judged(arcs, limits, (best, *(choice for choice in choices if choice is not best)))


def baselines(arcs: SpreadArcs, seed: int) -> dict[str, Ints]:
    """Return all nodes in the order of each baseline; of equals the first by id.

    PageRank runs against the arcs, so that it flows to those who activate others.
    """
    reversed_arcs = engine.Network.from_ties(
        pa.chunked_array([arcs.ids]),
        pa.table(
            {
                "src_id": arcs.ids.take(pa.array(arcs.targets)),
                "dst_id": arcs.ids.take(pa.array(arcs.sources)),
                "strength": np.maximum(arcs.probabilities, np.finfo(float).tiny),
            }
        ),
        is_directed=True,
    )
    scores = {
        "out_degree": arcs.count_out().astype(np.float64),
        "weighted_strength": arcs.summed_out(),
        # Rounded, so that equals stay equal whatever the last digit of a sum.
        "pagerank": np.round(engine.pagerank(reversed_arcs), 12),
    }
    found = {name: np.argsort(-score, kind="stable") for name, score in scores.items()}
    return {**found, "random": np.random.default_rng(seed).permutation(arcs.n_nodes)}


def seed_rows(judged: Judged, campaign_id: str, as_of: dt.date) -> pa.Table:
    """Return the rows of graph.influence_seeds."""
    parts = [_seeds_of(judged, choice, campaign_id, as_of) for choice in judged.choices]
    return pa.concat_tables(parts)


def _seeds_of(judged: Judged, choice: Choice, campaign_id: str, as_of: dt.date) -> pa.Table:
    n = len(choice.seeds)
    low, high = choice.spread.interval()
    return pa.table(
        {
            "campaign_id": [campaign_id] * n,
            "diffusion_model": [judged.arcs.model] * n,
            "method": [choice.method] * n,
            "is_chosen": [choice is judged.chosen] * n,
            "rank": pa.array(np.arange(1, n + 1), pa.int32()),
            "customer_id": judged.arcs.ids.take(pa.array(choice.seeds)),
            "marginal_spread": choice.spread.added.round(DECIMALS),
            "cumulative_spread": choice.spread.active.round(DECIMALS),
            "spread_ci_low": low.round(DECIMALS),
            "spread_ci_high": high.round(DECIMALS),
            "cost": (judged.limits.costs[choice.seeds] * COST_UNIT).round(DECIMALS),
            "as_of_date": pa.array([as_of] * n, pa.date32()),
        },
        schema=INFLUENCE_SEEDS.arrow_schema,
    )


def comparison_rows(judged: Judged, campaign_id: str, as_of: dt.date) -> pa.Table:
    """Return the rows of graph.influence_comparisons."""
    rows = [
        {
            "campaign_id": campaign_id,
            "diffusion_model": judged.arcs.model,
            "method": choice.method,
            "is_chosen": choice is judged.chosen,
            **_compared(judged, choice),
            "as_of_date": as_of,
        }
        for choice in judged.choices
    ]
    return pa.Table.from_pylist(rows, schema=INFLUENCE_COMPARISONS.arrow_schema)


def _compared(judged: Judged, choice: Choice) -> dict[str, object]:
    degree = next(one for one in judged.choices if one.method == "out_degree")
    low, high = choice.spread.interval()
    base, lead = degree.spread.total, choice.spread.lead_over(degree.spread)
    sets = choice.sets
    return {
        "n_seeds": len(choice.seeds),
        "cost": round(judged.limits.cost_of(choice.seeds), DECIMALS),
        "spread": round(choice.spread.total, DECIMALS),
        "spread_ci_low": round(float(low[-1]), DECIMALS) if len(low) else 0.0,
        "spread_ci_high": round(float(high[-1]), DECIMALS) if len(high) else 0.0,
        "ratio_to_out_degree": round(choice.spread.total / base, DECIMALS) if base else None,
        "lead_over_out_degree": round(lead[0], DECIMALS),
        "lead_ci_low": round(lead[1], DECIMALS),
        "lead_ci_high": round(lead[2], DECIMALS),
        "own_estimate": round(sets.estimate, DECIMALS) if sets else None,
        "n_sets": sets.n_sets if sets else None,
        "epsilon": round(sets.epsilon, DECIMALS) if sets else None,
    }


def curve_rows(
    judged: Judged, campaign_id: str, as_of: dt.date, params: InfluenceParams
) -> pa.Table:
    """Return the rows of graph.diffusion_curves: the chosen seeds, and out-degree's beside them."""
    shown = [c for c in judged.choices if c is judged.chosen or c.method == "out_degree"]
    return pa.concat_tables([_curve_of(judged, c, campaign_id, as_of, params) for c in shown])


def _curve_of(
    judged: Judged, choice: Choice, campaign_id: str, as_of: dt.date, params: InfluenceParams
) -> pa.Table:
    steps = params.curve_steps
    curve = diffuse(judged.arcs, choice.seeds, steps, params.worlds, params.seed + 2)
    n = steps + 1
    return pa.table(
        {
            "scenario_id": [f"{campaign_id}:{judged.arcs.model}:{choice.method}"] * n,
            "step": pa.array(range(n), pa.int32()),
            "expected_active": curve.expected.round(DECIMALS),
            "p10": curve.p10,
            "p90": curve.p90,
            "campaign_id": [campaign_id] * n,
            "diffusion_model": [judged.arcs.model] * n,
            "method": [choice.method] * n,
            "is_chosen": [choice is judged.chosen] * n,
            "as_of_date": pa.array([as_of] * n, pa.date32()),
        },
        schema=DIFFUSION_CURVES.arrow_schema,
    )

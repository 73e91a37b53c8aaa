"""Dynamics and seeds of one as-of date: the five tables that rest on activation probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.contracts.graph_influence import (
    CUSTOMER_INFLUENCE,
    DIFFUSION_CURVES,
    INFLUENCE_COMPARISONS,
    INFLUENCE_SEEDS,
)
from crm_tasks.graph.customer_ties import customer_network
from crm_tasks.graph.influence.activation import (
    MODELS,
    Activation,
    activation_rows,
    carried,
    learn_activation,
)
from crm_tasks.graph.influence.arcs import spread_arcs
from crm_tasks.graph.influence.customers import influence_rows
from crm_tasks.graph.influence.exposures import carrying_layer, collect_units
from crm_tasks.graph.influence.reach_sets import Limits
from crm_tasks.graph.influence.seeds import comparison_rows, curve_rows, judge_seeds, seed_rows

if TYPE_CHECKING:
    import datetime as dt

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.graph.influence.params import InfluenceParams


def foresee_influence(
    scratch: Scratch,
    ties: dict[str, pa.Table],
    costs: pa.Table,
    as_of: dt.date,
    time_zone: str,
    params: InfluenceParams,
) -> dict[str, pa.Table]:
    """Return the rows of the five tables of dynamics, by table name.

    Parameters
    ----------
    scratch : Scratch
        Holds campaigns (core.dim_campaigns), contacts (core.fct_contacts) and outcomes
        (core.fct_outcomes).
    ties : dict of str to pyarrow.Table
        Standing ties between customers by layer; layers for which nothing is declared carry no
        influence.
    costs : pyarrow.Table
        Every customer once: customer_id, cost, is_forbidden (as a seed; it may still be reached).
    """
    customers = costs.column("customer_id")
    layers = [
        carrying_layer(name, customer_network(customers, rows), rows, params.declared[name].flow)
        for name, rows in ties.items()
        if name in params.declared
    ]
    if not layers:
        return {**_nothing(), "activation_probabilities": activation_rows([], as_of)}
    units = collect_units(scratch, layers[0].network.ids, as_of, time_zone)
    activations = learn_activation(layers, units, params)
    return {
        "activation_probabilities": activation_rows(activations, as_of),
        **_spread(activations, costs, as_of, params),
    }


def _spread(
    activations: list[Activation], costs: pa.Table, as_of: dt.date, params: InfluenceParams
) -> dict[str, pa.Table]:
    campaign_id = f"standing-{as_of.isoformat()}"
    parts: dict[str, list[pa.Table]] = {name: [rows] for name, rows in _nothing().items()}
    for model in MODELS:
        carriers = carried(activations, model)
        if not carriers:
            continue
        arcs = spread_arcs(carriers, model)
        judged = judge_seeds(arcs, _limits(arcs.ids, costs, params), params)
        parts["influence_seeds"].append(seed_rows(judged, campaign_id, as_of))
        parts["influence_comparisons"].append(comparison_rows(judged, campaign_id, as_of))
        parts["diffusion_curves"].append(curve_rows(judged, campaign_id, as_of, params))
        if model == MODELS[0]:
            parts["customer_influence"].append(influence_rows(arcs, params, as_of))
    return {name: pa.concat_tables(rows) for name, rows in parts.items()}


def _limits(ids: pa.StringArray, costs: pa.Table, params: InfluenceParams) -> Limits:
    order = pc.index_in(ids, value_set=costs.column("customer_id"))
    here = costs.take(order)
    forbidden = here.column("is_forbidden").to_numpy(zero_copy_only=False).astype(bool)
    cost = here.column("cost").to_numpy().astype(np.float64)
    return Limits.of(cost, forbidden, params.budget, params.seeds_at_most)


def _nothing() -> dict[str, pa.Table]:
    tables = (INFLUENCE_SEEDS, INFLUENCE_COMPARISONS, DIFFUSION_CURVES, CUSTOMER_INFLUENCE)
    return {table.name: table.arrow_schema.empty_table() for table in tables}

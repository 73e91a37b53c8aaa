"""The activation probabilities of each layer: learned where an exposure log supports it.

What is learned replaces what is declared only if there were enough exposures in enough campaigns
and the whole interval lies above 0; else the declared rate stands, and the row says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.contracts.graph_influence import ACTIVATION_PROBABILITIES
from crm_tasks.graph import engine
from crm_tasks.graph.influence.arcs import Influence, spread_arcs
from crm_tasks.graph.influence.observed import estimate_observed
from crm_tasks.graph.influence.randomised import Estimate, estimate_randomised

if TYPE_CHECKING:
    import datetime as dt

    from crm_tasks.graph.influence.arcs import Model
    from crm_tasks.graph.influence.exposures import CarryingLayer, Units
    from crm_tasks.graph.influence.params import InfluenceParams

MODELS: tuple[Model, ...] = ("independent_cascade", "linear_threshold")
DECIMALS = 6


@dataclass(frozen=True)
class Activation:
    """What one layer carries under one model, where that comes from, and what the log said."""

    layer: CarryingLayer
    model: Model
    value: float
    is_learned: bool
    reason: str
    estimate: Estimate | None


def learn_activation(
    layers: list[CarryingLayer], units: Units, params: InfluenceParams
) -> list[Activation]:
    """Return what each layer carries under each model."""
    return [
        _judged(layer, model, _estimate(layer, model, units, params), params)
        for layer in layers
        for model in MODELS
    ]


def carried(activations: list[Activation], model: Model) -> list[Influence]:
    """Return the layers as carriers of influence under one model."""
    return [
        Influence(one.layer.network, one.value, one.value, one.layer.flow)
        for one in activations
        if one.model == model and one.value > 0
    ]


def activation_rows(activations: list[Activation], as_of: dt.date) -> pa.Table:
    """Return the rows of graph.activation_probabilities."""
    rows = [{**_row(one), "as_of_date": as_of} for one in activations]
    return pa.Table.from_pylist(rows, schema=ACTIVATION_PROBABILITIES.arrow_schema)


def _estimate(
    layer: CarryingLayer, model: Model, units: Units, params: InfluenceParams
) -> Estimate | None:
    as_share = model == "linear_threshold"
    drawn = units.part(units.is_randomized)
    if len(drawn) and layer.network.n_edges:
        cluster = engine.leiden(layer.network.undirected, 1.0, params.seed)
        return estimate_randomised(drawn, layer, cluster, as_share=as_share, level=params.level)
    if len(units) and layer.network.n_edges:
        return estimate_observed(units, layer, params, as_share=as_share)
    return None


def _judged(
    layer: CarryingLayer, model: Model, found: Estimate | None, params: InfluenceParams
) -> Activation:
    declared = params.declared[layer.name]
    assumed = declared.rate if model == "independent_cascade" else declared.share
    why = _too_little(found, params)
    if found is None or why:
        return Activation(layer, model, assumed, False, why, found)
    if found.low <= 0:
        # Nothing the log rules out is assumed.
        capped = min(assumed, max(found.high, 0.0))
        return Activation(layer, model, capped, False, NO_INFLUENCE, found)
    value = min(found.value, 1.0) if model == "linear_threshold" else found.value
    return Activation(layer, model, value, True, "the exposure log supports it", found)


NO_INFLUENCE = (
    "the exposure log supports no influence: its interval reaches 0; a what-if with the declared "
    "rate, or with the upper end of the interval where that is less"
)


def _too_little(found: Estimate | None, params: InfluenceParams) -> str:
    """Return why the exposure log decides nothing, or '' if it does."""
    if found is None:
        return "no exposure log, or no tie in the layer"
    too_few = found.n_campaigns < params.campaigns_at_least
    if found.evidence == "observational" and too_few:
        return f"fewer than {params.campaigns_at_least} campaigns in the exposure log"
    if found.n_exposed < params.exposures_at_least:
        return f"fewer than {params.exposures_at_least} exposed in the exposure log"
    return ""


def _row(one: Activation) -> dict[str, object]:
    found = one.estimate
    return {
        "layer": one.layer.name,
        "diffusion_model": one.model,
        "flow": one.layer.flow,
        "rate": round(one.value, DECIMALS),
        "mean_probability": _mean_probability(one),
        "source": "learned" if one.is_learned else "declared",
        "reason": one.reason,
        **(_figures(found) if found else NO_LOG),
    }


#: What a row says where there is no exposure log: nothing was counted, nothing was estimated.
NO_LOG: dict[str, object] = {
    "evidence": "none",
    "estimate": None,
    "ci_low": None,
    "ci_high": None,
    "estimate_if_shuffled": None,
    "shuffle_p_value": None,
    "n_campaigns": 0,
    "n_units": 0,
    "n_exposed": 0,
    "n_converted": 0,
    "n_converted_exposed": 0,
}


def _figures(found: Estimate) -> dict[str, object]:
    return {
        "evidence": found.evidence,
        "estimate": _rounded(found.value),
        "ci_low": _rounded(found.low),
        "ci_high": _rounded(found.high),
        "estimate_if_shuffled": _rounded(found.shuffled),
        "shuffle_p_value": _rounded(found.shuffle_p_value),
        "n_campaigns": found.n_campaigns,
        "n_units": found.n_units,
        "n_exposed": found.n_exposed,
        "n_converted": found.n_converted,
        "n_converted_exposed": found.n_converted_exposed,
    }


def _mean_probability(one: Activation) -> float | None:
    """Return the mean probability of the layer's arcs, None without any."""
    if one.layer.network.n_edges == 0:
        return None
    alone = Influence(one.layer.network, one.value, one.value, one.layer.flow)
    arcs = spread_arcs([alone], one.model)
    return round(float(arcs.probabilities.mean()), DECIMALS) if arcs.n_arcs else 0.0


def _rounded(value: float | None) -> float | None:
    return None if value is None or isnan(value) else round(value, DECIMALS)

"""How much a neighbour who converted before adds, where nobody drew who was treated.

Hazards add up: a customer's chance to convert on a day is the campaign's own in that week plus
``value * strength / window`` for every neighbour who converted within the window before. Maximum
likelihood by expectation maximisation shares each conversion out between the two, as Saito, Nakano,
Kimura (2008, https://doi.org/10.1007/978-3-540-85567-5_9) do for single arcs; here all arcs of a
layer have one rate, since no arc alone is seen often enough.

Neighbours are alike, so they convert alike without any influence. What order in time does not
explain is taken off: the same fit with the moments shuffled among those who converted (the test of
Anagnostopoulos, Kumar, Mahdian 2008, https://doi.org/10.1145/1401890.1401897) says how much that
is. Shuffling leaves half of a true effect in place, so the difference errs on the low side.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.graph.influence.randomised import Estimate

if TYPE_CHECKING:
    from crm_tasks.graph.engine.network import Floats, Ints
    from crm_tasks.graph.influence.exposures import CarryingLayer, Units
    from crm_tasks.graph.influence.params import InfluenceParams

WEEK = 7.0
SHUFFLES = 99
ROUNDS, CHANGE = 200, 1e-7


@dataclass(frozen=True, eq=False)
class _Facts:
    """What the likelihood reads.

    Per conversion its campaign, its cell (campaign and week) and its exposure; per cell the
    customer-days at risk; per campaign the exposure of everybody; per unit whether it was exposed.
    """

    campaign: Ints
    cell: Ints
    days_at_risk: Floats
    exposure: Floats
    exposed_days: Floats
    is_exposed: np.ndarray


def estimate_observed(
    units: Units, layer: CarryingLayer, params: InfluenceParams, *, as_share: bool
) -> Estimate:
    """Return the rate that order in time supports, with its interval by campaign resampling."""
    pairs = _pairs(units, _arcs(layer, as_share=as_share), layer.network.n_nodes)
    facts = _collect(units, pairs, params.window_days)
    everything = np.ones(len(units.begins))
    fitted = _fit(facts, everything)
    rng = np.random.default_rng(params.seed)
    orders = (_shuffled(units, rng) for _ in range(SHUFFLES))
    # Who converted stays the same, hence so do the pairs.
    shuffled = np.array(
        [_fit(_collect(one, pairs, params.window_days), everything) for one in orders]
    )
    drawn = [_fit(facts, _resampled(units, rng)) for _ in range(params.resamples)]
    tail = (1 - params.level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail]) - shuffled.mean()
    return Estimate(
        "observational", fitted - float(shuffled.mean()), float(low), float(high),
        units.n_campaigns, len(units), int(facts.is_exposed.sum()), int(units.has_converted.sum()),
        int((facts.exposure > 0).sum()), float(shuffled.mean()),
        (1 + int((shuffled >= fitted).sum())) / (1 + SHUFFLES),
    )  # fmt: skip


def _arcs(layer: CarryingLayer, *, as_share: bool) -> tuple[Ints, Ints, Floats, Floats]:
    source, target, strength, since = layer.arcs()
    if as_share:
        into = np.bincount(target, strength, minlength=layer.network.n_nodes)
        strength = strength / into[target]
    order = np.argsort(source, kind="stable")
    return source[order], target[order], strength[order], since[order]


def _shuffled(units: Units, rng: np.random.Generator) -> Units:
    """Return the units with the moments dealt out anew among those who converted, by campaign."""
    day = units.converted_day.copy()
    for number in np.unique(units.campaign).tolist():
        rows = np.flatnonzero((units.campaign == number) & np.isfinite(day))
        day[rows] = day[rng.permutation(rows)]
    return replace(units, converted_day=day)


def _resampled(units: Units, rng: np.random.Generator) -> Floats:
    there = np.unique(units.campaign)
    drawn = rng.choice(there, len(there))
    return np.bincount(drawn, minlength=len(units.begins)).astype(np.float64)


def _collect(units: Units, pairs: tuple[Ints, Ints, Floats], window: float) -> _Facts:
    """Return what the likelihood reads of these units and moments."""
    leaves = np.fmin(units.converted_day, units.until_day)
    acts = np.flatnonzero(np.isfinite(units.converted_day))
    actor, unit, strength = pairs
    begin = units.converted_day[actor]
    stop = np.minimum(begin + window, leaves[unit])
    lasts = np.maximum(stop - np.maximum(begin, units.from_day[unit]), 0.0)
    exposed = np.bincount(
        units.campaign[unit], strength * lasts / window, minlength=len(units.begins)
    )
    felt = np.isfinite(units.converted_day[unit]) & (begin < units.converted_day[unit])
    felt &= units.converted_day[unit] <= begin + window
    exposure = np.bincount(unit[felt], strength[felt] / window, minlength=len(units))[acts]
    cell, days = _at_risk(units, leaves, acts)
    is_exposed = np.bincount(unit[lasts > 0], minlength=len(units)) > 0
    floats = exposure.astype(np.float64), exposed.astype(np.float64)
    return _Facts(units.campaign[acts], cell, days, *floats, is_exposed)


def _pairs(
    units: Units, arcs: tuple[Ints, Ints, Floats, Floats], n_nodes: int
) -> tuple[Ints, Ints, Floats]:
    """Return (unit that converted, unit it may act on, strength) for all ties within a campaign."""
    source, target, strength, since = arcs
    acts = np.flatnonzero(np.isfinite(units.converted_day))
    starts = np.searchsorted(source, np.arange(n_nodes + 1))
    who = units.customer[acts]
    n_each = starts[who + 1] - starts[who]
    actor = np.repeat(acts, n_each)
    offset = np.arange(len(actor)) - np.repeat(np.cumsum(n_each) - n_each, n_each)
    arc = starts[units.customer[actor]] + offset
    key = units.campaign * n_nodes + units.customer
    wanted = units.campaign[actor] * n_nodes + target[arc]
    place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    keep = (key[place] == wanted) & (since[arc] < units.begins[units.campaign[actor]])
    return actor[keep], place[keep], strength[arc][keep]


def _at_risk(units: Units, leaves: Floats, acts: Ints) -> tuple[Ints, Floats]:
    """Return each conversion's campaign week and the customer-days at risk in every such week."""
    n_weeks = int(np.nanmax(units.until_day, initial=0.0) // WEEK) + 1
    days = np.zeros((len(units.begins), n_weeks))
    for week in range(n_weeks):
        here = np.minimum(leaves, (week + 1) * WEEK) - np.maximum(units.from_day, week * WEEK)
        days[:, week] = np.bincount(
            units.campaign, np.maximum(here, 0.0), minlength=len(units.begins)
        )
    at: Ints = np.clip(units.converted_day[acts] // WEEK, 0, n_weeks - 1).astype(np.int64)
    return units.campaign[acts] * n_weeks + at, days.ravel()


def _fit(facts: _Facts, weights: Floats) -> float:
    """Return the rate of largest likelihood, campaigns counting ``weights`` times."""
    total = float(weights @ facts.exposed_days)
    if total <= 0 or not (facts.exposure > 0).any():
        return 0.0
    weight = weights[facts.campaign]
    at_risk = np.maximum(facts.days_at_risk, 1e-9)
    own = np.bincount(facts.cell, minlength=len(at_risk)) / at_risk
    rate = float(weight @ (facts.exposure > 0)) / total / 2
    for _ in range(ROUNDS):
        by_ties = rate * facts.exposure
        share = by_ties / np.maximum(own[facts.cell] + by_ties, 1e-300)
        before, rate = rate, float(weight @ share) / total
        own = np.bincount(facts.cell, 1.0 - share, minlength=len(at_risk)) / at_risk
        if abs(rate - before) <= CHANGE * max(rate, 1e-12):
            break
    return rate

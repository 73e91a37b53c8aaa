"""Ties to come, customers alike and the judgement of both, of one as-of date."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.contracts.graph_links import LINK_PREDICTIONS, SIMILAR_CUSTOMERS
from crm_tasks.graph.links.judgement import Verdict, judge_layer, judgement_rows
from crm_tasks.graph.links.periods import Period
from crm_tasks.graph.links.predict import find_similar, predict_links
from crm_tasks.graph.links.scores import Neighbourhood
from crm_tasks.graph.params import COMBINED, PURCHASE_SIMILARITY

if TYPE_CHECKING:
    from crm_tasks.graph.engine import Network
    from crm_tasks.graph.links.dated import DatedLayers
    from crm_tasks.graph.links.params import LinkParams
    from crm_tasks.graph.links.tastes import Tastes


def foresee_links(
    today: dict[str, Network],
    dated: DatedLayers,
    tastes: Tastes,
    as_of: dt.date,
    params: LinkParams,
) -> dict[str, pa.Table]:
    """Return the rows of graph.link_predictions, similar_customers, link_prediction_judgements.

    Parameters
    ----------
    today : dict of str to Network
        The layers between customers, by name; ``combined``, made of the others, is passed over.
    dated : DatedLayers
        The same layers before earlier dates.
    tastes : Tastes
        What customers buy, for the reasons.
    """
    predictions: list[pa.Table] = []
    verdicts: list[Verdict] = []
    for name, network in today.items():
        if name == COMBINED:
            continue
        learned, judged = _periods(name, network, dated, as_of, params)
        verdict = judge_layer(name, learned, judged, params, as_of)
        verdicts.append(verdict)
        if verdict.model is not None:
            around = Neighbourhood(network, params)
            predictions.append(predict_links(name, around, verdict.model, tastes, as_of))
    similar = SIMILAR_CUSTOMERS.arrow_schema.empty_table()
    if PURCHASE_SIMILARITY in today:
        similar = find_similar(Neighbourhood(today[PURCHASE_SIMILARITY], params), tastes, as_of)
    nothing = LINK_PREDICTIONS.arrow_schema.empty_table()
    return {
        "link_predictions": pa.concat_tables([nothing, *predictions]),
        "similar_customers": similar,
        "link_prediction_judgements": judgement_rows(verdicts),
    }


def _periods(
    name: str, now: Network, dated: DatedLayers, as_of: dt.date, params: LinkParams
) -> tuple[Period, Period]:
    """Return the period to learn from and, after it, the one that judges."""
    horizon = dt.timedelta(days=params.horizon_days)
    middle, start = as_of - horizon, as_of - 2 * horizon
    then = dated.before(name, middle)
    return Period(start, middle, dated.before(name, start), then), Period(middle, as_of, then, now)

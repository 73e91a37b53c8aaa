"""What policies would have brought in past campaigns, the plan's own before it is sent.

Rewards are as they were with the company everybody had: what a policy changes along ties is not
counted (see strategy_results for that).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.contracts.evaluation import POLICY_VALUES
from crm_tasks.evaluation.learning import DECIMALS, teaching
from crm_tasks.evaluation.policy import Log, policy_values
from crm_tasks.ml.uplift import rank_within

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from crm_tasks.evaluation.campaigns import Campaign
    from crm_tasks.graph.engine.network import Floats


def value_policies(
    campaigns: Sequence[Campaign],
    forecasts: pa.Table,
    actions: pa.Table,
    ids: pa.Array,
    as_of: dt.date,
) -> pa.Table:
    """Return the rows of evaluation.policy_values.

    Parameters
    ----------
    forecasts : pyarrow.Table
        evaluation.uplift_forecasts: of each customer by a model that had not seen the customer.
    actions : pyarrow.Table
        strategy.actions of this run (customer_id, policy_version).
    """
    outcome, able = teaching(campaigns)
    rows = [
        {**row, "outcome": outcome, "as_of_date": as_of}
        for campaign in able
        for row in _campaign(campaign, outcome, forecasts, actions, ids)
    ]
    return pa.Table.from_pylist(rows, schema=POLICY_VALUES.arrow_schema)


def _campaign(
    campaign: Campaign, outcome: str, forecasts: pa.Table, actions: pa.Table, ids: pa.Array
) -> Iterator[dict[str, Any]]:
    keep = np.isfinite(campaign.outcomes[outcome].result)
    chance = np.clip(campaign.treated_chance[keep], 0.0, 1.0)
    log = Log(
        campaign.is_treated[keep].astype(np.int64),
        np.column_stack([1 - chance, chance]),
        campaign.outcomes[outcome].result[keep],
        campaign.cluster[keep],
    )
    customers = ids.take(pa.array(campaign.customer[keep]))
    own = forecasts.filter(pc.equal(forecasts["campaign_id"], campaign.campaign_id))
    place = pc.index_in(customers, value_set=own["customer_id"])
    expected = np.column_stack(
        [own[name].take(place).to_numpy() for name in ("forecast_control", "forecast_treated")]
    )
    rank = rank_within(own["cate"].take(place).to_numpy(), own["fold"].take(place).to_numpy())
    for name, share in _policies(chance, rank, customers, actions):
        policy = np.column_stack([1 - share, share])
        for value in policy_values(log, policy, expected):
            yield {
                "campaign_id": campaign.campaign_id,
                "policy_version": name,
                "estimator": value.estimator,
                "value": _round(value.estimate.value),
                "ci_low": _round(value.estimate.low),
                "ci_high": _round(value.estimate.high),
                "ess": _round(value.ess),
                "share_treated": _round(float(share.mean())),
                "observed_mean": _round(float(log.reward.mean())),
                "n_units": len(share),
            }


def _policies(
    chance: Floats, rank: Floats, customers: pa.Array, actions: pa.Table
) -> Iterator[tuple[str, Floats]]:
    """Yield each policy's name and its probability to treat each customer."""
    n = len(chance)
    yield "logging", chance
    yield "treat_all", np.ones(n)
    yield "treat_none", np.zeros(n)
    yield "random_half", np.full(n, 0.5)
    yield "uplift_half", (rank > 0.5).astype(np.float64)  # noqa: PLR2004 (the better half)
    for version in sorted(pc.unique(actions["policy_version"]).to_pylist()):
        planned = actions.filter(pc.equal(actions["policy_version"], version))["customer_id"]
        chosen = pc.is_in(customers, value_set=pc.unique(planned))
        yield f"plan:{version}", chosen.to_numpy(zero_copy_only=False).astype(np.float64)


def _round(value: float) -> float:
    return round(float(value), DECIMALS) + 0.0

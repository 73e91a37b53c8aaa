"""What every campaign did, by every estimator: the rows of strategy_results and exposures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from crm_tasks.contracts.evaluation import EXPOSURES, STRATEGY_RESULTS
from crm_tasks.evaluation.always_valid import always_valid
from crm_tasks.evaluation.cuped import adjust
from crm_tasks.evaluation.effects import (
    Effect,
    Trial,
    estimate_effects,
    headlines,
    sample_ratio,
)
from crm_tasks.evaluation.exposure import exposure_class
from crm_tasks.evaluation.least_squares import fit, is_identified
from crm_tasks.evaluation.wording import labels

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from crm_tasks.evaluation.campaigns import Campaign, Outcome
    from crm_tasks.evaluation.design import Flags
    from crm_tasks.evaluation.exposure import Company
    from crm_tasks.evaluation.tie_log import TieLog
    from crm_tasks.graph.engine.network import Floats

DECIMALS = 6
#: Smallest group an association is told of.
GROUP_AT_LEAST = 8


@dataclass(frozen=True, eq=False)
class Played:
    """A randomised campaign with its company: who could influence whom when it began."""

    campaign: Campaign
    company: Company
    treated_share: Floats
    possible_share: Floats

    @classmethod
    def of(cls, campaign: Campaign, ties: TieLog) -> Played:
        company = ties.before(campaign.starts_day)
        treated, present = np.zeros((2, ties.n_customers), dtype=bool)
        treated[campaign.customer], present[campaign.customer] = campaign.is_treated, True
        shares = (company.share(mark)[campaign.customer] for mark in (treated, present))
        return cls(campaign, company, *shares)

    def trial(self, keep: Flags) -> Trial:
        """Return some of the units as a trial."""
        one = self.campaign
        return Trial(
            one.is_treated, self.treated_share, self.possible_share, one.cluster, one.saturation,
            one.is_clustered,
        ).part(keep)  # fmt: skip

    def cut_share(self) -> float:
        """Return the share of tie strength between the campaign's units that leaves a cluster."""
        place = np.full(self.company.shares.shape[0], -1, dtype=np.int64)
        place[self.campaign.customer] = self.campaign.cluster
        return self.company.cut_share(place)


def judge_campaigns(campaigns: Sequence[Campaign], ties: TieLog, as_of: dt.date) -> pa.Table:
    """Return the rows of evaluation.strategy_results."""
    rows = []
    for campaign in campaigns:
        judged = _randomised(Played.of(campaign, ties))
        if campaign.evidence == "observational":
            judged = _observational(campaign)
        rows += [{**row, "as_of_date": as_of} for row in judged]
    return pa.Table.from_pylist(rows, schema=STRATEGY_RESULTS.arrow_schema)


def _randomised(played: Played) -> Iterator[dict[str, Any]]:
    campaign = played.campaign
    for arm in campaign.arms:
        compared = (campaign.arm == arm) | (campaign.arm == campaign.baseline_arm)
        whole = played.trial(compared)
        cut = played.cut_share()
        shared = {"srm_p": _round(sample_ratio(whole)), "cut_share": _round(cut)}
        for name, outcome in campaign.outcomes.items():
            keep = compared & np.isfinite(outcome.result)
            trial = played.trial(keep)
            result, ratio = _adjusted(outcome, keep)
            centre = _mean(outcome.result[keep & ~campaign.is_treated])
            effects = estimate_effects(trial, result)
            speaking = headlines(effects, cut)
            for effect in effects:
                judged = effect if campaign.is_final else _so_far(effect)
                yield {
                    **_row(campaign, name, arm, judged, has_ties=trial.has_ties),
                    **shared,
                    "mean_baseline": centre,
                    "cuped_variance_ratio": ratio,
                    "is_headline": (effect.estimand, effect.estimator) in speaking,
                }


def _adjusted(outcome: Outcome, keep: Flags) -> tuple[Floats, float | None]:
    if outcome.before is None:
        return outcome.result[keep], None
    result, ratio = adjust(outcome.result[keep], outcome.before[keep])
    return result, _round(ratio)


def _so_far(effect: Effect) -> Effect:
    """Return the effect with an interval that holds at every look: the campaign still runs."""
    n = float(effect.n_clusters)
    estimate = always_valid(effect.estimate, n, n)
    return Effect(
        effect.estimand, effect.estimator, estimate, effect.n_units, effect.n_clusters, effect.mde
    )


def _observational(campaign: Campaign) -> Iterator[dict[str, Any]]:
    """Yield how outcomes differ between contacted and others who were alike before: no effect."""
    for name, outcome in campaign.outcomes.items():
        keep = np.isfinite(outcome.result)
        contacted = campaign.is_treated[keep]
        result, known = outcome.result[keep], campaign.covariates[keep]
        if min(contacted.sum(), (~contacted).sum()) < GROUP_AT_LEAST or not np.std(result) > 0:
            continue
        columns = np.column_stack([np.ones(len(result)), contacted])
        for column in known.T:
            wider = np.column_stack([columns, column])
            columns = wider if is_identified(wider) else columns
        contrast = np.zeros(columns.shape[1])
        contrast[1] = 1.0
        estimate = fit(columns, result).estimate(contrast)
        n = len(result)
        effect = Effect("association", "adjusted_association", estimate, n, n)
        arm = campaign.arms[0]
        yield {
            **_row(campaign, name, arm, effect, has_ties=False),
            "mean_baseline": _mean(result[~contacted]),
            "is_headline": True,
        }


def _row(
    campaign: Campaign, outcome: str, arm: str, effect: Effect, *, has_ties: bool
) -> dict[str, Any]:
    estimate = effect.estimate
    is_anytime = campaign.evidence == "randomised" and not campaign.is_final
    english, chinese = labels(effect.estimator, is_final=campaign.is_final, has_ties=has_ties)
    return {
        "campaign_id": campaign.campaign_id,
        "outcome": outcome,
        "estimand": effect.estimand,
        "estimator": effect.estimator,
        "arm": arm,
        "baseline_arm": campaign.baseline_arm,
        "effect": _round(estimate.value),
        "se": _round(estimate.se),
        "ci_low": _round(estimate.low),
        "ci_high": _round(estimate.high),
        "p_value": _round(estimate.p_value),
        "interval_kind": "always_valid" if is_anytime else "fixed",
        "n_units": effect.n_units,
        "n_clusters": effect.n_clusters,
        "mde": _round(effect.mde),
        "evidence": campaign.evidence,
        "is_final": campaign.is_final,
        "label": english,
        "label_zh": chinese,
    }


def _round(value: float | None) -> float | None:
    if value is None or not np.isfinite(value):
        return None
    return round(float(value), DECIMALS) + 0.0


def _mean(values: Floats) -> float | None:
    return _round(float(values.mean())) if len(values) else None


def list_exposures(
    campaigns: Sequence[Campaign], ties: TieLog, ids: pa.Array, as_of: dt.date
) -> pa.Table:
    """Return the rows of evaluation.exposures: every unit of every randomised campaign."""
    parts = [_exposures(Played.of(c, ties), ids, ties.layer) for c in campaigns
             if c.evidence == "randomised"]  # fmt: skip
    schema = EXPOSURES.arrow_schema
    if not parts:
        return schema.empty_table()
    rows = pa.concat_tables(parts)
    dated = rows.append_column("as_of_date", pa.repeat(pa.scalar(as_of, pa.date32()), len(rows)))
    return dated.select(schema.names).cast(schema)


def _exposures(played: Played, ids: pa.Array, layer: str | None) -> pa.Table:
    campaign = played.campaign
    n, treated = len(campaign.customer), campaign.is_treated
    return pa.table(
        {
            "campaign_id": pa.repeat(campaign.campaign_id, n),
            "customer_id": ids.take(pa.array(campaign.customer)),
            "arm": pa.array(campaign.arm, pa.string()),
            "cluster_id": pa.array(campaign.cluster_id, pa.string()),
            "saturation": pa.array(campaign.saturation, from_pandas=True),
            "own_treated": treated,
            "neighbor_treated_share": np.round(played.treated_share, DECIMALS),
            "neighbor_possible_share": np.round(played.possible_share, DECIMALS),
            "exposure_class": exposure_class(treated, played.treated_share).tolist(),
            "tie_layer": pa.repeat(pa.scalar(layer, pa.string()), n),
        }
    )

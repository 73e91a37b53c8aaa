"""Acceptance line of issue 7: what customers complain of reaches features, reasons and the plan."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scipy.stats import binomtest

from benchmarks.acceptance import Measured, line
from benchmarks.learning import COMPANY, lend
from benchmarks.planted import planted_home
from benchmarks.planted_learning import PlantedBlocks
from crm_tasks.ml.propensity.params import PropensityParams

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.workshop import Workshop

BLOCKS, SURE = 40, 0.05
DEADLINE_DAYS = 2  # what a profile has that says nothing else
#: Feature of the churn model, the column of features.feat_customers_wide it must equal, and what a
#: reason that names it is counted as.
VOICED = {
    "n_complaints_90d": ("complaints_90d", "complaints"),
    "n_complaints": (None, "complaints"),
    "complaints_per_90d": (None, "complaints"),
    "n_open_issues": ("open_issues", "open issues"),
    "low_score_share": ("low_score_share", "low scores"),
    "mean_score": ("avg_score", "low scores"),
    "csat_last": ("csat_last", "low scores"),
}

CHURN_MODEL = "select features from ml.models where target = 'churn:90d' and status = 'champion'"
#: Whoever wrote or scored, as the core has it beside the features.
FEATURES = """
with day as (select max(as_of_date) as as_of_date from features.feat_customers_wide),
wrote as (
    select
        customer_id,
        count(case when is_complaint and sent_at >= as_of_date - interval 90 day then 1 end)
            as complaints,
        count(case when is_open_issue then 1 end) as issues
    from core.fct_messages cross join day where customer_id is not null group by customer_id
),
scored as (
    select customer_id, avg(case when is_low_score then 1.0 else 0.0 end) as low
    from core.fct_reviews where customer_id is not null and score is not null group by customer_id
)
select
    count(case when complaints_90d > 0 then 1 end) as n_complained,
    count(case when open_issues > 0 then 1 end) as n_waiting,
    count(case when low_score_share > 0 then 1 end) as n_low,
    count(case when coalesce(complaints_90d, 0) <> coalesce(complaints, 0)
        or coalesce(open_issues, 0) <> coalesce(issues, 0)
        or abs(coalesce(low_score_share, -1) - coalesce(low, -1)) > 1e-6 then 1 end) as n_wrong
from features.feat_customers_wide
left join wrote using (customer_id) left join scored using (customer_id)
"""

#: Open complaints: how many wait long enough to be answered, and how many actions each has.
COMPLAINTS = f"""
with day as (select max(as_of_date) as as_of_date from features.feat_customers_wide),
issues as (
    select coalesce(conversation_id, message_id) as issue_id, min(customer_id) as customer_id,
        date_diff('day', cast(min(sent_at) as date), any_value(as_of_date)) >= {DEADLINE_DAYS}
            as is_due
    from core.fct_messages cross join day where is_open_issue
    group by coalesce(conversation_id, message_id) having bool_or(is_complaint)
),
answers as (
    select issue_id, count(*) as n, any_value(consent_basis) as basis
    from strategy.actions where issue_id is not null group by issue_id
),
told as (
    select customer_id from strategy.candidates
    where not is_chosen and why_not is not null group by customer_id
),
others as (
    select customer_id from strategy.actions where issue_id is null group by customer_id
)
select
    count(*) as n_open,
    count(case when issues.customer_id is null then 1 end) as n_of_nobody,
    count(case when not is_due then 1 end) as n_early,
    count(case when is_due and n = 1 then 1 end) as n_once,
    count(case when basis = 'reply' then 1 end) as n_replies,
    count(case when n > 1 then 1 end) as n_twice,
    count(case when is_due and n is null and issues.customer_id is not null
        and told.customer_id is null then 1 end) as n_silent,
    count(case when is_due and n is null and told.customer_id is not null then 1 end) as n_told,
    count(case when n is not null and others.customer_id is not null then 1 end) as n_courted,
    count(distinct issues.customer_id) as n_customers
from issues
left join answers using (issue_id) left join told using (customer_id)
left join others using (customer_id)
"""  # noqa: S608 (a number of our own)

#: Low scores in the plan: who is unhappy by the rule, and vouchers planned for them.
UNHAPPY = """
with unhappy as (
    select customer_id from strategy.rules_fired where rule_id = 'unhappy_gets_no_promotion'
)
select
    (select count(*) from unhappy) as n_unhappy,
    (select count(*) from features.feat_customers_wide where csat_last <= 2
        or (csat_last is null and avg_score <= 2)) as n_meant,
    count(case when content_type = 'promotion' then 1 end) as n_vouchers
from strategy.actions where customer_id in (from unhappy)
"""


def reasons_sql() -> str:
    """Return SQL that counts customers whose reasons of leaving name each of ``VOICED``."""
    names = ", ".join(f"('{name}', '{kind}')" for name, (_, kind) in VOICED.items())
    values = " ".join(
        f"when '{name}' then {column}" for name, (column, _) in VOICED.items() if column
    )
    return f"""
with voiced(feature, kind) as (values {names}),
reasons as (
    select customer_id, kind, contribution, text_en,
        case feature {values} else feature_value end is distinct from feature_value as is_wrong
    from ml.prediction_reasons
    inner join ml.predictions using (prediction_id)
    inner join voiced using (feature)
    inner join features.feat_customers_wide using (customer_id)
    where predictions.target = 'churn' and feature_value is not null
)
select kind, count(distinct customer_id) as n,
    count(distinct case when contribution > 0 then customer_id end) as n_raising,
    count(case when is_wrong then 1 end) as n_wrong,
    min(case when contribution > 0 then text_en end) as said
from reasons group by kind order by kind
"""  # noqa: S608 (our own names)


@line(
    7,
    "Low scores and complaints reach features, churn reasons and strategy; an open complaint "
    "yields exactly one action",
)
def reach(workshop: Workshop) -> Measured:
    """Follow them with SQL through a run of the planted company, size S, without Airflow.

    There complaints are too few for a model to tell what they do: it must read them, and reasons
    that name them must have the right values. What they do is planted, and told by the reasons of
    blocks of size M.
    """
    home = planted_home(workshop)
    told = _one(workshop, home, FEATURES)
    reasons = {row["kind"]: row for row in workshop.query(home, reasons_sql())}
    plan, unhappy = _one(workshop, home, COMPLAINTS), _one(workshop, home, UNHAPPY)
    read = set(json.loads(_one(workshop, home, CHURN_MODEL)["features"]))
    unread = sorted(set(VOICED) - read)
    n, n_raising = complaints_as_reasons()
    named = ", ".join(
        f"{kind} {row['n']} ({row['n_raising']} as a risk)" for kind, row in reasons.items()
    )
    text = (
        f"features: {told['n_complained']} customers with complaints in 90 days, "
        f"{told['n_waiting']} with open issues, {told['n_low']} with low scores, "
        f"{told['n_wrong']} unlike the core; of these the churn model leaves out "
        f"{unread or 'nothing'}; reasons name {named}, "
        f"{sum(row['n_wrong'] for row in reasons.values())} with another value; in {BLOCKS} "
        f"blocks of size M complaints are named of {n} customers, of {n_raising} as a risk; "
        f"{plan['n_open']} open complaints of {plan['n_customers']} customers: {plan['n_once']} "
        f"with one action ({plan['n_replies']} as a reply), {plan['n_twice']} with several, "
        f"{plan['n_early']} younger than {DEADLINE_DAYS} days, {plan['n_of_nobody']} of nobody "
        f"known, {plan['n_told']} left out with a reason, {plan['n_silent']} without; "
        f"{plan['n_courted']} courted meanwhile; {unhappy['n_unhappy']} unhappy by their scores, "
        f"{unhappy['n_vouchers']} vouchers for them"
    )
    is_risk = binomtest(n_raising, n, alternative="greater").pvalue < SURE if n else False
    return Measured(text, _holds(told, reasons, plan, unhappy) and is_risk and not unread)


def complaints_as_reasons() -> tuple[int, int]:
    """Return of how many who complained the reasons name it, and of how many as a risk."""
    params = PropensityParams(targets=PropensityParams().targets[:1])
    found = PlantedBlocks(COMPANY, BLOCKS).predicted(lend, params)
    complaints = [name for name, (_, kind) in VOICED.items() if kind == "complaints"]
    reasons = found.rows("ml.prediction_reasons").to_pandas()
    named = reasons[reasons["feature"].isin(complaints) & (reasons["feature_value"] > 0)]
    weight = named.groupby("prediction_id")["contribution"].sum()
    return len(weight), int((weight > 0).sum())


def _holds(
    told: dict[str, Any], reasons: dict[str, Any], plan: dict[str, Any], unhappy: dict[str, Any]
) -> bool:
    """Return whether nothing is lost on the way, and there was something to lose."""
    is_told = min(told["n_complained"], told["n_waiting"], told["n_low"]) > 0
    is_named = {"complaints", "low scores"} <= set(reasons)
    wrong = told["n_wrong"] + sum(row["n_wrong"] for row in reasons.values())
    wrong += plan["n_twice"] + plan["n_silent"] + plan["n_courted"] + unhappy["n_vouchers"]
    is_unhappy = unhappy["n_unhappy"] == unhappy["n_meant"] > 0
    return is_told and is_named and is_unhappy and plan["n_once"] > 0 and not wrong


def _one(workshop: Workshop, home: Path, sql: str) -> dict[str, Any]:
    (row,) = workshop.query(home, sql)
    return row

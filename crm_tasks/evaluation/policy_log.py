"""What today's plan would have brought where earlier plans were carried out, before it is sent.

Earlier plans kept the probability of every option of every customer (strategy.candidates). A plan
that left for real is a log of decisions; what customers did in the two weeks after it is the
reward. Today's plan is valued on it as a policy: of each customer it does now what it does with
the same probabilities then, as far as nothing blocked the option on that day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from crm_tasks.contracts.evaluation import POLICY_VALUES
from crm_tasks.evaluation.policy import Log, policy_values

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.graph.engine.network import Floats

#: Days after a plan in which an order counts, and before it in which one tells a regular customer.
DAYS_AFTER, DAYS_BEFORE = 14, 28
#: Stands for all plans that were carried out, and for what is counted.
PLANS, OUTCOME = "plans", f"ordered_{DAYS_AFTER}d"
#: Decisions that are valued at most, the latest plans first: each has a number per option.
DECISIONS_AT_MOST = 1_000_000
DECIMALS = 6
FOLDS = 5

#: A decision is one customer in one plan, by the id of then: who has been merged since was decided
#: on twice. An option is a channel with a content, on whichever day.
DECISIONS = """
with closed as (
    select as_of_date from carried_out
    where as_of_date <= cast($as_of as date) - cast($days_after as integer)
),

deciding as (
    select as_of_date, decided_for, customer_id
    from logged
    inner join closed using (as_of_date)
    group by as_of_date, decided_for, customer_id
    order by as_of_date desc, decided_for asc
    limit $at_most
),

ordered as (
    select
        customer_id,
        cast(ordered_at at time zone 'UTC' at time zone $time_zone as date) as ordered_on
    from orders
    where customer_id is not null and ordered_at is not null
),

reacted as (
    select
        deciding.as_of_date,
        deciding.decided_for,
        bool_or(ordered.ordered_on >= deciding.as_of_date) as has_ordered,
        bool_or(ordered.ordered_on < deciding.as_of_date) as is_regular
    from deciding
    inner join ordered
        on
            deciding.customer_id = ordered.customer_id
            and ordered.ordered_on < deciding.as_of_date + cast($days_after as integer)
            and ordered.ordered_on >= deciding.as_of_date - cast($days_before as integer)
    group by deciding.as_of_date, deciding.decided_for
)

select
    deciding.as_of_date,
    deciding.decided_for,
    cast(row_number() over (
        order by deciding.as_of_date asc, deciding.decided_for asc
    ) - 1 as bigint) as decision,
    cast(dense_rank() over (order by deciding.customer_id) - 1 as bigint) as cluster,
    coalesce(reacted.has_ordered, false) as has_ordered,
    coalesce(reacted.is_regular, false) as is_regular
from deciding
left join reacted
    on
        deciding.as_of_date = reacted.as_of_date
        and deciding.decided_for = reacted.decided_for
order by decision
"""

#: Per decision and option its probability then, and today's plan's where nothing blocked it then.
OPTIONS = """
with planned as (
    select customer_id, channel_id, content_id, sum(decision_propensity) as share
    from today
    where channel_id <> 'none'
    group by customer_id, channel_id, content_id
),

options as (
    select
        decisions.decision,
        logged.customer_id,
        logged.channel_id,
        logged.content_id,
        sum(logged.decision_propensity) as propensity,
        bool_or(logged.is_chosen) as is_taken,
        bool_or(logged.is_eligible) as is_eligible
    from logged
    inner join decisions using (as_of_date, decided_for)
    where logged.channel_id <> 'none'
    group by decisions.decision, logged.customer_id, logged.channel_id, logged.content_id
)

select
    options.decision,
    cast(dense_rank() over (order by options.channel_id, options.content_id) as bigint) as number,
    options.propensity,
    options.is_taken,
    case when options.is_eligible then coalesce(planned.share, 0) else 0 end as share
from options
left join planned
    on
        options.customer_id = planned.customer_id
        and options.channel_id = planned.channel_id
        and options.content_id = planned.content_id
order by options.decision, number
"""


def value_plans(scratch: Scratch, policy_version: str, time_zone: str, as_of: dt.date) -> pa.Table:
    """Return the rows of evaluation.policy_values that earlier plans teach; none without any.

    Parameters
    ----------
    scratch : Scratch
        Holds logged (strategy.candidates of earlier runs by the names customers have today, with
        decided_for, the name of then), carried_out (as_of_date of those plans
        that left for real), today (strategy.candidates of this run) and orders (customer_id,
        ordered_at).
    policy_version : str
        Today's plan's.
    """
    bound = {
        "as_of": as_of, "time_zone": time_zone, "days_after": DAYS_AFTER,
        "days_before": DAYS_BEFORE, "at_most": DECISIONS_AT_MOST,
    }  # fmt: skip
    decisions = scratch.query(DECISIONS, bound)
    if not decisions.num_rows:
        return POLICY_VALUES.arrow_schema.empty_table()
    scratch.register("decisions", decisions)
    log, plan = _log(decisions, scratch.query(OPTIONS))
    rows = list(_rows(log, plan, _forecast(log, decisions), policy_version))
    told = [{**row, "as_of_date": as_of} for row in rows]
    return pa.Table.from_pylist(told, schema=POLICY_VALUES.arrow_schema)


def _log(decisions: pa.Table, options: pa.Table) -> tuple[Log, Floats]:
    """Return the log, option 0 being to do nothing, and today's plan's shares on it."""
    decision, number = (options[name].to_numpy() for name in ("decision", "number"))
    n, n_options = decisions.num_rows, int(number.max(initial=0)) + 1
    propensity, plan = np.zeros((n, n_options)), np.zeros((n, n_options))
    propensity[decision, number] = options["propensity"].to_numpy()
    plan[decision, number] = options["share"].to_numpy()
    for shares in (propensity, plan):
        shares[:, 0] = np.maximum(1 - shares.sum(axis=1), 0.0)
    action = np.zeros(n, dtype=np.int64)
    taken = options["is_taken"].to_numpy(zero_copy_only=False)
    action[decision[taken]] = number[taken]
    reward = decisions["has_ordered"].to_numpy(zero_copy_only=False).astype(np.float64)
    return Log(action, propensity, reward, decisions["cluster"].to_numpy()), plan


def _forecast(log: Log, decisions: pa.Table) -> Floats:
    """Return the reward expected of every option, by decisions of other customers.

    The mean of regular and of other customers, with a contact and without; drawn to the mean of all
    by one decision's weight.
    """
    is_regular = decisions["is_regular"].to_numpy(zero_copy_only=False).astype(np.int64)
    kind = 2 * is_regular + (log.action > 0)
    fold = log.cluster % FOLDS
    found = np.zeros_like(log.propensity)
    for number in range(FOLDS):
        others, here = fold != number, fold == number
        mean = float(log.reward[others].mean()) if others.any() else 0.0
        sums = np.bincount(kind[others], log.reward[others], 4)
        rate = (sums + mean) / (np.bincount(kind[others], minlength=4) + 1)
        found[here, 0] = rate[2 * is_regular[here]]
        found[here, 1:] = rate[2 * is_regular[here] + 1][:, None]
    return found


def _rows(
    log: Log, plan: Floats, forecast: Floats, policy_version: str
) -> Iterator[dict[str, Any]]:
    nothing = np.zeros_like(plan)
    nothing[:, 0] = 1
    policies = {
        "logging": log.propensity, "treat_none": nothing, f"plan:{policy_version}": plan,
    }  # fmt: skip
    for name, policy in policies.items():
        for value in policy_values(log, policy, forecast):
            yield {
                "campaign_id": PLANS,
                "outcome": OUTCOME,
                "policy_version": name,
                "estimator": value.estimator,
                "value": _round(value.estimate.value),
                "ci_low": _round(value.estimate.low),
                "ci_high": _round(value.estimate.high),
                "ess": _round(value.ess),
                "share_treated": _round(float(1 - policy[:, 0].mean())),
                "observed_mean": _round(float(log.reward.mean())),
                "n_units": len(policy),
            }


def _round(value: float) -> float:
    return round(float(value), DECIMALS) + 0.0

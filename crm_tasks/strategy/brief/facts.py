"""What the brief speaks of: sums of the plan, what limits it, what past contacts were answered."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crm_tasks.contracts.frames import Scratch

SHOWN = 5
EFFECTS_SHOWN = 8
NORMAL_95 = 1.959964

_TOTAL = """
select
    cast(count(*) as bigint) as n_actions,
    cast(count(distinct customer_id) as bigint) as n_customers,
    cast(count(issue_id) as bigint) as n_duties,
    cast(coalesce(sum(case when is_exploration then 1 else 0 end), 0) as bigint) as n_drawn,
    cast(coalesce(sum(cost), 0) as decimal(18, 4)) as cost,
    cast(count(expected_value) as bigint) as n_measured,
    cast(sum(expected_value) as decimal(18, 2)) as gain,
    cast(sum(expected_value_low) as decimal(18, 2)) as gain_low,
    cast(sum(expected_value_high) as decimal(18, 2)) as gain_high,
    coalesce(sum(cast(round(expected_response * 1000000) as bigint)), 0) / 1000000.0 as answers,
    coalesce(sum(cast(round(
        expected_response * (1 - expected_response) * 1000000
    ) as bigint)), 0) / 1000000.0 as variance
from actions
"""
_CAMPAIGNS = """
select name, name_zh, n_actions, planned_cost from campaigns
order by n_actions desc, campaign_id asc
"""
_DAYS = """
select
    cast(scheduled_at at time zone 'UTC' at time zone $time_zone as date) as day,
    cast(count(*) as bigint) as n_actions
from actions
group by all
order by day asc
"""
#: What a rule says stands in the reasons, with each customer's own figure: the first is shown.
_RULES = """
select
    actions.rule_id,
    actions.channel_id,
    contents.action_name,
    actions.content_type,
    arg_min(reasons.text_en, actions.priority) as text_en,
    arg_min(reasons.text_zh, actions.priority) as text_zh,
    cast(count(*) as bigint) as n_actions
from actions
inner join contents on actions.content_id = contents.content_id
inner join reasons
    on actions.strategy_action_id = reasons.strategy_action_id and reasons.rank = 1
group by actions.rule_id, actions.channel_id, contents.action_name, actions.content_type
order by n_actions desc, actions.rule_id asc, actions.channel_id asc, contents.action_name asc
limit $shown
"""
_FIRST = """
select
    actions.customer_id,
    actions.channel_id,
    contents.action_name,
    actions.scheduled_at at time zone 'UTC' at time zone $time_zone as local_at,
    reasons.text_en,
    reasons.text_zh
from actions
inner join contents on actions.content_id = contents.content_id
inner join reasons
    on actions.strategy_action_id = reasons.strategy_action_id and reasons.rank = 1
order by actions.priority asc
limit $shown
"""
_LIMITS = """
select constraint_name, scope, price, used, at_most from prices
where price > 0
order by price desc, constraint_name asc, scope asc
limit $shown
"""
#: Each customer whom nothing is planned for, once: by what stands before the option ranked highest.
_LEFT = """
with ranked as (
    select
        customer_id,
        why_not,
        row_number() over (
            partition by customer_id
            order by score desc, scheduled_date asc, channel_id asc, content_id asc
        ) as place
    from candidates
    where
        why_not is not null
        and customer_id not in (
            select candidates.customer_id from candidates
            where candidates.is_chosen and candidates.channel_id <> 'none'
        )
)

select why_not, cast(count(*) as bigint) as n_customers
from ranked
where place = 1
group by why_not
order by n_customers desc, why_not asc
limit $shown
"""
#: Campaigns whose figures are new or other than at the last run.
_LEARNED = """
select
    coalesce(known.name, responses.campaign_id) as campaign,
    responses.n_contacted,
    responses.n_responded,
    responses.response_rate,
    responses.ci_low,
    responses.ci_high,
    responses.evidence
from responses
left join known_campaigns as known on responses.campaign_id = known.campaign_id
left join responses_before as before on responses.campaign_id = before.campaign_id
where
    before.campaign_id is null
    or before.n_contacted <> responses.n_contacted
    or before.n_responded <> responses.n_responded
order by responses.n_contacted desc, responses.campaign_id asc
limit $shown
"""
#: What was measured, and is new or other than at the last run: only campaigns drawn at random, and
#: of each figure the estimator that speaks for it. Totals of what is over come first.
_EFFECTS = """
select
    coalesce(known.name, effects.campaign_id) as campaign,
    effects.outcome,
    effects.estimand,
    effects.effect,
    effects.ci_low,
    effects.ci_high,
    effects.n_units,
    effects.is_final
from effects
left join known_campaigns as known on effects.campaign_id = known.campaign_id
left join effects_before as before
    on
        effects.campaign_id = before.campaign_id
        and effects.outcome = before.outcome
        and effects.estimand = before.estimand
        and effects.estimator = before.estimator
        and effects.arm = before.arm
where
    effects.evidence = 'randomised'
    and effects.is_headline
    and (
        before.campaign_id is null
        or before.effect <> effects.effect
        or before.is_final <> effects.is_final
    )
order by
    effects.is_final desc,
    case effects.estimand when 'total' then 1 when 'direct' then 2 else 3 end asc,
    case effects.outcome when 'value' then 1 else 2 end asc,
    effects.campaign_id asc,
    effects.outcome asc,
    effects.arm asc
limit $shown_effects
"""


@dataclass(frozen=True)
class Facts:
    """Everything the brief says, before it is put into words."""

    total: dict[str, Any]
    campaigns: list[dict[str, Any]]
    days: list[dict[str, Any]]
    rules: list[dict[str, Any]]
    first: list[dict[str, Any]]
    limits: list[dict[str, Any]]
    left: list[dict[str, Any]]
    learned: list[dict[str, Any]]
    effects: list[dict[str, Any]]
    solution: dict[str, Any]

    @property
    def is_measured(self) -> bool:
        """Whether any action's gain was measured where contacts were drawn at random."""
        return bool(self.total["n_measured"])

    @property
    def answers_between(self) -> tuple[int, int]:
        """The 95 % interval of the number of answers, if customers answer as they did."""
        half = NORMAL_95 * math.sqrt(float(self.total["variance"]))
        answers = float(self.total["answers"])
        return max(0, math.floor(answers - half)), math.ceil(answers + half)


def collect_facts(scratch: Scratch, time_zone: str) -> Facts:
    """Return the facts of one plan.

    ``scratch`` holds actions, reasons, campaigns, candidates, prices, solution (the strategy tables
    of the run), contents (core.dim_contents), known_campaigns (evaluation.campaigns), responses and
    effects (evaluation.campaign_response and strategy_results of this run) and these two once more,
    called ``_before``, as the run before wrote them; these may be empty.
    """

    def ask(statement: str) -> list[dict[str, Any]]:
        given = {"shown": SHOWN, "shown_effects": EFFECTS_SHOWN, "time_zone": time_zone}
        wanted = set(re.findall(r"\$(\w+)", statement))
        named = {name: value for name, value in given.items() if name in wanted}
        rows: list[dict[str, Any]] = scratch.query(statement, named).to_pylist()
        return rows

    return Facts(
        total=ask(_TOTAL)[0],
        campaigns=ask(_CAMPAIGNS),
        days=ask(_DAYS),
        rules=ask(_RULES),
        first=ask(_FIRST),
        limits=ask(_LIMITS),
        left=ask(_LEFT),
        learned=ask(_LEARNED),
        effects=ask(_EFFECTS),
        solution=ask("select * from solution")[0],
    )

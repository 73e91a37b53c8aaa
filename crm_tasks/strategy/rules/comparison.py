"""Two rule books on the same customers: who would change, rule by rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_tasks.strategy.rules.engine import fire_rules

if TYPE_CHECKING:
    import datetime as dt

    import pyarrow as pa

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.strategy.rules.model import RuleBook

#: A customer changes under a rule if it holds under one book only, or says something else.
_CHANGES = """
with before as (
    select
        customer_id, kind, rule_id, any_value(outcome) as outcome, any_value(score) as score
    from fired_before
    group by customer_id, kind, rule_id
),

after as (
    select
        customer_id, kind, rule_id, any_value(outcome) as outcome, any_value(score) as score
    from fired_after
    group by customer_id, kind, rule_id
)

select
    coalesce(before.kind, after.kind) as kind,
    coalesce(before.rule_id, after.rule_id) as rule_id,
    coalesce(before.customer_id, after.customer_id) as customer_id,
    before.customer_id is not null as is_hit_before,
    after.customer_id is not null as is_hit_after,
    before.customer_id is not null
    and after.customer_id is not null
    and (
        before.outcome is distinct from after.outcome or before.score is distinct from after.score
    ) as says_otherwise
from before
full outer join after
    on before.customer_id = after.customer_id and before.rule_id = after.rule_id
    and before.kind = after.kind
"""
_COUNTS = """
select
    kind,
    rule_id,
    cast(sum(cast(is_hit_before as integer)) as bigint) as n_before,
    cast(sum(cast(is_hit_after as integer)) as bigint) as n_after,
    cast(sum(cast(is_hit_after and not is_hit_before as integer)) as bigint) as n_enter,
    cast(sum(cast(is_hit_before and not is_hit_after as integer)) as bigint) as n_leave,
    cast(sum(cast(says_otherwise as integer)) as bigint) as n_otherwise
from changes
group by kind, rule_id
order by kind, rule_id
"""
_CUSTOMERS = """
select distinct customer_id from changes
where is_hit_before <> is_hit_after or says_otherwise
order by customer_id
"""


@dataclass(frozen=True)
class Comparison:
    """Counts per rule, and the customers for whom anything would change."""

    counts: pa.Table
    customers: pa.Table
    n_customers: int


def compare_rules(
    scratch: Scratch, before: RuleBook, after: RuleBook, as_of: dt.date
) -> Comparison:
    """Return what a second rule book would change for the customers of ``scratch``."""
    for name, book in (("fired_before", before), ("fired_after", after)):
        scratch.register(name, fire_rules(scratch, book, as_of))
    scratch.register("changes", scratch.query(_CHANGES))
    n_customers = scratch.query("select count(*) as n from customers").column(0)[0].as_py()
    return Comparison(scratch.query(_COUNTS), scratch.query(_CUSTOMERS), n_customers)

"""`crm why`: everything that speaks of one customer, down to each option and why it was left."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import pyarrow as pa
import typer

from crm_tasks.cli.console import HomeOption, output, print_table
from crm_tasks.errors import SettingsError
from crm_tasks.settings import load_settings
from crm_tasks.strategy.wording import why_not
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.query import query_served


class Language(StrEnum):
    """Language of the reasons."""

    EN = "en"
    ZH = "zh"


WHO = """
select customers.customer_id, customers.customer_type, customers.n_source_records,
    customers.identity_confidence, customers.first_seen_at, customers.last_seen_at,
    customers.is_active
from core.dim_customers as customers
where customers.customer_id = $customer_id
"""
SEGMENTS = """
select segments.segmentation, definitions.segment_name, definitions.definition
from ml.segments as segments
inner join ml.segment_definitions as definitions on segments.segment_id = definitions.segment_id
where
    segments.customer_id = $customer_id
    and segments.as_of_date = (select max(as_of_date) from ml.segments)
order by segments.segmentation
"""
SCORES = """
select rule_id as score, any_value(score) as value,
    string_agg(term || ' ' || printf('%.3f', score_part), ', ' order by term) as parts
from strategy.rules_fired
where customer_id = $customer_id and kind = 'score'
group by rule_id
order by rule_id
"""
RULES = """
select kind, rule_id, outcome, inputs
from strategy.rules_fired
where customer_id = $customer_id and kind <> 'score'
order by kind, rule_id
"""
GRAPH = """
select community_id, degree, pagerank, core_number, influence_value, neighbor_churn_rate_90d
from features.feat_customers_wide
where
    customer_id = $customer_id
    and as_of_date = (select max(as_of_date) from features.feat_customers_wide)
"""
ACTION = """
select actions.scheduled_at, actions.channel_id, actions.content_id, actions.score, reasons.rank,
    case $language when 'zh' then reasons.text_zh else reasons.text_en end as reason
from strategy.actions as actions
inner join strategy.action_reasons as reasons
    on actions.strategy_action_id = reasons.strategy_action_id
where
    actions.customer_id = $customer_id
    and actions.as_of_date = (select max(as_of_date) from strategy.plan_solutions)
order by actions.priority, reasons.rank
"""
OPTIONS = """
select scheduled_date, channel_id, content_id, rule_id, p, score, net_score,
    decision_propensity as probability, is_chosen, why_not
from strategy.candidates
where
    customer_id = $customer_id
    and as_of_date = (select max(as_of_date) from strategy.plan_solutions)
order by is_chosen desc, score desc, scheduled_date, channel_id, content_id
"""


def why(
    customer_id: Annotated[str, typer.Argument(help="A customer_id of core.dim_customers")],
    language: Annotated[Language, typer.Option("--lang", help="Language of the reasons")] = (
        Language.EN
    ),
    home: HomeOption = None,
) -> None:
    """Tell why a customer is who, where and what it is to the house, and gets what it gets.

    Identity, segments, scores by their parts, the rules that hold, its place in the graph, the
    action planned with its reasons, and every option that was left, each with what stood before it.
    """
    place = Home(load_settings(home=home).home_path)
    given = {"customer_id": customer_id}
    if not query_served(place, WHO, given).num_rows:
        raise SettingsError(
            f"no customer {customer_id!r} in core.dim_customers; "  # noqa: S608 (a hint, not run)
            '`crm sql "select customer_id from core.dim_customers limit 5"` shows some'
        )
    for title, statement in (
        ("who", WHO), ("segments", SEGMENTS), ("scores, and what each part adds", SCORES),
        ("rules that hold", RULES), ("place in the graph", GRAPH),
    ):  # fmt: skip
        _print(title, query_served(place, statement, given))
    actions = query_served(place, ACTION, {**given, "language": language.value})
    _print("what is planned, and why", actions)
    _print("every option", _told(query_served(place, OPTIONS, given), language))


def _told(options: pa.Table, language: Language) -> pa.Table:
    """Return options with their codes in words."""
    at = options.column_names.index("why_not")
    words = [
        None if code is None else why_not(code, language.value)
        for code in options.column(at).to_pylist()
    ]
    return options.set_column(at, "why_not", pa.array(words, pa.string()))


def _print(title: str, rows: pa.Table) -> None:
    output.print(f"\n{title}", style="bold", markup=False)
    if not rows.num_rows:
        output.print("  nothing", style="dim")
        return
    print_table(rows.column_names, (row.values() for row in rows.to_pylist()))

"""Which of our messages left the house, and who their customers are today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.contracts.identity import EVENTS, SENT_MESSAGES
from crm_tasks.contracts.ops import OUTBOX_MESSAGES
from crm_tasks.contracts.strategy import ACTIONS
from crm_tasks.identity.heirs import heirs
from crm_tasks.identity.ids import start_of

if TYPE_CHECKING:
    from crm_tasks.steps.run import Run

ACTION_COLUMNS = ("strategy_action_id", "customer_id", "content_type", "cost")
EVENT_COLUMNS = ("event_type", "customer_id", "other_customer_id")
#: What was handed over, and known to be, before the as-of date began: a later fate changes nothing.
HANDED_OVER = """
select
    messages.idempotency_key,
    messages.strategy_action_id,
    actions.customer_id,
    messages.campaign_id,
    messages.channel,
    messages.content_id,
    actions.content_type,
    messages.state,
    actions.cost,
    messages.handed_at as sent_at,
    cast($as_of as date) as as_of_date
from messages
inner join actions on messages.strategy_action_id = actions.strategy_action_id
where
    messages.state in ('sent', 'in_doubt')
    and messages.handed_at < $before
    and messages.changed_at < $before
order by messages.idempotency_key
"""


def sent_messages(run: Run, records: pa.Table, events: pa.Table) -> pa.Table:
    """Return the rows of identity.sent_messages.

    The outbox names actions, not people: customers come from the plans of earlier runs.

    Parameters
    ----------
    run : Run
    records, events : Table
        identity.records and identity.events of this run.
    """
    messages = run.ledger.store.arrow(OUTBOX_MESSAGES)
    if not messages.num_rows:
        return SENT_MESSAGES.arrow_schema.empty_table()
    known = records["customer_id"].combine_chunks()
    empty = ACTIONS.arrow_schema.empty_table().select(list(ACTION_COLUMNS))
    actions = pa.concat_tables([empty, *run.read_history("strategy.actions", ACTION_COLUMNS)])
    today = heirs(actions["customer_id"], known, all_events(run, events))
    actions = actions.set_column(1, "customer_id", today)
    before = start_of(run.as_of, run.profile.time_zone)
    with run.scratch(messages=messages, actions=actions) as scratch:
        return scratch.query(HANDED_OVER, {"as_of": run.as_of, "before": before})


def all_events(run: Run, own: pa.Table) -> pa.Table:
    """Return what ever happened to identities, oldest first, this run's own events last."""
    empty = EVENTS.arrow_schema.empty_table().select(list(EVENT_COLUMNS))
    before = run.read_history("identity.events", EVENT_COLUMNS)
    return pa.concat_tables([empty, *before, own.select(list(EVENT_COLUMNS)).cast(empty.schema)])

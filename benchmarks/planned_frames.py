"""What a plan reads of customers who differ in worth and effect only."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from crm_tasks.contracts import find_table
from crm_tasks.contracts.strategy import ACTIONS
from crm_tasks.planted.campaigns import CLOSED
from crm_tasks.steps.strategy import HELD_OUT, PREVIOUS
from crm_tasks.strategy.params import PlanParams
from crm_tasks.strategy.rules import RuleBook

if TYPE_CHECKING:
    import datetime as dt

    from crm_tasks.graph.engine.network import Floats, Ints

#: One content of each type that a past campaign tried.
CONTENTS = {f"a_{one.content_type}": one.content_type for one in CLOSED}
COSTS = {one.channel: Decimal(str(one.unit_cost)) for one in CLOSED}
TEXT, MOMENT, MONEY = pa.string(), pa.timestamp("us"), pa.decimal128(18, 4)


def rules_of() -> RuleBook:
    """Return rules that offer everybody every content.

    Their lever says next to nothing for what no campaign tried: it is not worth its cost.
    """
    offer = {
        "id": "anybody", "version": 1, "objective": "value", "contents": tuple(CONTENTS),
        "lever": 1e-6, "when": "frequency >= 1", "figure": "frequency",
        "reason_en": "{value} orders", "reason_zh": "共 {value} 次下单",
    }  # fmt: skip
    return RuleBook.model_validate({"rule_book": "planted", "version": 1, "expansions": (offer,)})


def frames_of(ids: pa.Array, worth: Floats, weekday: Ints, uplift: pa.Table) -> dict[str, pa.Table]:
    """Return what a plan reads, by name: all consent to both channels, nobody was touched lately.

    Parameters
    ----------
    worth : ndarray of float64
        Net amount of an order of each customer.
    weekday : ndarray of int64
        Preferred day of each, 1 to 7.
    uplift : pyarrow.Table
        As :func:`crm_tasks.ml.uplift.by_treatment` returns it.
    """
    n = len(ids)
    known = {
        "customer_id": ids, "frequency": np.ones(n, dtype=np.int64),
        "monetary_value": pa.array(np.round(worth, 2)).cast(pa.decimal128(18, 2)),
        "preferred_iso_weekday": weekday, "consent_email": np.ones(n, dtype=bool),
        "consent_sms": np.ones(n, dtype=bool),
    }  # fmt: skip
    features = find_table("features.feat_customers_wide").arrow_schema
    columns = {
        field.name: pa.array(known[field.name]).cast(field.type)
        if field.name in known
        else pa.nulls(n, field.type)
        for field in features
    }
    return {"customers": pa.table(columns), "uplift": uplift, **_empty(), **_few()}


def _few() -> dict[str, pa.Table]:
    channels = [
        {"channel_id": name, "channel": name, "platform": "any", "unit_cost": cost, "max_per_7d": 1,
         "quiet_start": None, "quiet_end": None}
        for name, cost in COSTS.items()
    ]  # fmt: skip
    schema = pa.schema({
        "channel_id": TEXT, "channel": TEXT, "platform": TEXT, "unit_cost": MONEY,
        "max_per_7d": pa.int32(), "quiet_start": pa.time64("us"), "quiet_end": pa.time64("us"),
    })  # fmt: skip
    names = [*CONTENTS, "issue_reply"]
    return {
        "channels": pa.Table.from_pylist(channels, schema=schema),
        "contents": pa.table({
            "content_id": names,
            "content_type": [*CONTENTS.values(), "education"],
            "value_per_conversion": pa.nulls(len(names), pa.decimal128(18, 2)),
        }),
    }  # fmt: skip


def _empty() -> dict[str, pa.Table]:
    contacts = {
        "customer_id": TEXT, "channel_id": TEXT, "content_type": TEXT, "sent_at": MOMENT,
        "converted_at": MOMENT, "strategy_action_id": TEXT, "cost": MONEY,
    }  # fmt: skip
    messages = {
        "message_id": TEXT, "conversation_id": TEXT, "customer_id": TEXT, "channel": TEXT,
        "intent": TEXT, "agent_intent": TEXT, "is_complaint": pa.bool_(),
        "is_open_issue": pa.bool_(), "sent_at": MOMENT,
    }  # fmt: skip
    return {
        "contacts": pa.schema(contacts).empty_table(),
        "messages": pa.schema(messages).empty_table(),
        "previous_actions": ACTIONS.arrow_schema.empty_table().select(list(PREVIOUS)),
        "held_out": HELD_OUT.empty_table(),
        "drawn": pa.schema({"campaign_id": TEXT, "customer_id": TEXT, "arm": TEXT}).empty_table(),
        "interactions": pa.schema(
            {
                "actor_customer_id": TEXT,
                "platform": TEXT,
                "occurred_at": MOMENT,
            }
        ).empty_table(),
    }


def week_of(as_of: dt.date, n_customers: int, places: float, money_per_place: float) -> PlanParams:
    """Return the limits of a week that has places for a share of the customers."""
    n_places = places * n_customers
    budget = Decimal(str(round(n_places * money_per_place, 2)))
    return PlanParams(
        as_of=as_of, time_zone="UTC", channels=("email", "sms"), consent_when_unknown="deny",
        actions_per_day=max(round(n_places / 7), 1), is_dry_run=True, seed="planted plans",
        budget=budget, exploration_share=0.0, off_day=1.0, off_channel=1.0,
    )  # fmt: skip

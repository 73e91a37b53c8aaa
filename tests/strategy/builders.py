"""Customers, channels, contents, touches and letters of a plan, written by what matters."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa

from crm_tasks.contracts.strategy import ACTIONS
from crm_tasks.steps.strategy import HELD_OUT, PREVIOUS, UPLIFT
from crm_tasks.strategy.params import PlanParams
from crm_tasks.strategy.rules import load_rules
from tests.strategy.rules.books import people

AS_OF = dt.date(2024, 7, 1)  # a Monday

CHANNELS = pa.schema(
    {
        "channel_id": pa.string(),
        "channel": pa.string(),
        "platform": pa.string(),
        "unit_cost": pa.decimal128(18, 4),
        "max_per_7d": pa.int32(),
        "quiet_start": pa.time64("us"),
        "quiet_end": pa.time64("us"),
    }
)
CONTACTS = pa.schema(
    {
        "customer_id": pa.string(),
        "channel_id": pa.string(),
        "content_type": pa.string(),
        "sent_at": pa.timestamp("us"),
        "converted_at": pa.timestamp("us"),
        "strategy_action_id": pa.string(),
        "cost": pa.decimal128(18, 4),
    }
)
MESSAGES = pa.schema(
    {
        "message_id": pa.string(),
        "conversation_id": pa.string(),
        "customer_id": pa.string(),
        "channel": pa.string(),
        "direction": pa.string(),
        "intent": pa.string(),
        "agent_intent": pa.string(),
        "is_complaint": pa.bool_(),
        "is_open_issue": pa.bool_(),
        "sent_at": pa.timestamp("us"),
    }
)
INTERACTIONS = pa.schema(
    {"actor_customer_id": pa.string(), "platform": pa.string(), "occurred_at": pa.timestamp("us")}
)
DRAWN = pa.schema({"campaign_id": pa.string(), "customer_id": pa.string(), "arm": pa.string()})
TYPES = {"voucher": "promotion", "coupon": "promotion", "event": "entertainment",
         "stories": "entertainment"}  # fmt: skip


def customer(name: str, **features: object) -> dict[str, Any]:
    """Return a loyal customer who orders on Wednesdays at ten, unless told otherwise."""
    usual = {
        "rfm_segment": "loyal",
        "recency_days": 5,
        "frequency": 20,
        "avg_order_gap_days": 7.0,
        "monetary_value": Decimal("100.00"),
        "preferred_iso_weekday": 3,
        "preferred_hour": 10,
        "net_revenue_total": Decimal("2000.00"),
        "as_of_date": AS_OF,
    }
    return {"customer_id": name, **usual, **features}


def touch(
    customer_id: str, days_ago: int, channel: str = "email", **more: object
) -> dict[str, Any]:
    """Return a touch sent some days before the as-of date, at noon."""
    at = dt.datetime.combine(AS_OF, dt.time(12)) - dt.timedelta(days=days_ago)
    return {"customer_id": customer_id, "channel_id": channel, "sent_at": at, **more}


def letter(message_id: str, customer_id: str, days_ago: int, **more: object) -> dict[str, Any]:
    """Return an open letter of a customer, some days old."""
    at = dt.datetime.combine(AS_OF, dt.time(9)) - dt.timedelta(days=days_ago)
    return {"message_id": message_id, "customer_id": customer_id, "channel": "email",
            "is_open_issue": True, "sent_at": at, **more}  # fmt: skip


#: Rows a test may give, and the columns they have.
GIVEN = {
    "contacts": CONTACTS, "messages": MESSAGES, "interactions": INTERACTIONS, "uplift": UPLIFT,
    "held_out": HELD_OUT, "drawn": DRAWN,
}  # fmt: skip


def frames(
    *customers: dict[str, Any],
    previous: pa.Table | None = None,
    **given: tuple[dict[str, Any], ...],
) -> dict[str, pa.Table]:
    """Return what a plan reads: channels with quiet hours and without, all contents, rows given."""
    contents = sorted({name for rule in load_rules().expansions for name in rule.contents})
    nine_to_eight = {"quiet_start": dt.time(21), "quiet_end": dt.time(8)}
    channels = [
        {"channel_id": "email", "unit_cost": Decimal("0.0020"), "max_per_7d": 2, **nine_to_eight},
        {"channel_id": "sms", "unit_cost": Decimal("0.0500"), "max_per_7d": 1, **nine_to_eight},
        {"channel_id": "mail", "unit_cost": Decimal("0.6000"), "max_per_7d": 1},
        {"channel_id": "social", "unit_cost": Decimal("0.0100"), "max_per_7d": 2},
    ]
    contents = [*contents, "issue_reply"]
    none = ACTIONS.arrow_schema.empty_table().select(list(PREVIOUS))
    return {
        "customers": people(*customers),
        "channels": pa.Table.from_pylist(
            [
                {**row, "channel": row["channel_id"], "platform": f"{row['channel_id']} house"}
                for row in channels
            ],
            schema=CHANNELS,
        ),
        "contents": pa.table(
            {
                "content_id": contents,
                "content_type": [TYPES.get(c.split("_")[-1], "education") for c in contents],
                "value_per_conversion": pa.array([None] * len(contents), pa.decimal128(18, 2)),
            }
        ),
        **{
            name: pa.Table.from_pylist(list(given.get(name, ())), schema=schema)
            for name, schema in GIVEN.items()
        },
        "previous_actions": none if previous is None else previous.select(list(PREVIOUS)),
    }


def params(**changed: object) -> PlanParams:
    """Return parameters that allow mail and e-mail, assume consent and draw nobody."""
    usual: dict[str, object] = {
        "as_of": AS_OF,
        "time_zone": "UTC",
        "channels": ("mail", "email"),
        "consent_when_unknown": "assume",
        "actions_per_day": 50,
        "is_dry_run": True,
        "seed": "a seed",
        "exploration_share": 0.0,
    }
    return PlanParams(**{**usual, **changed})  # type: ignore[arg-type]

"""Customers, channels and contents of a plan, written by what matters."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa

from crm_tasks.contracts.strategy import ACTIONS
from crm_tasks.strategy.plan import PlanParams
from crm_tasks.strategy.rules import load_rules
from tests.strategy.rules.books import people

AS_OF = dt.date(2024, 7, 1)  # a Monday


def customer(name: str, **features: object) -> dict[str, object]:
    """Return a loyal customer who orders on Wednesdays at ten, unless told otherwise."""
    usual = {
        "rfm_segment": "loyal",
        "recency_days": 5,
        "frequency": 20,
        "avg_order_gap_days": 7.0,
        "preferred_iso_weekday": 3,
        "preferred_hour": 10,
        "net_revenue_total": Decimal("100.00"),
    }
    return {"customer_id": name, **usual, **features}


def frames(*customers: dict[str, object], previous: pa.Table | None = None) -> dict[str, pa.Table]:
    """Return what a plan reads: two channels with quiet hours, one without, all contents."""
    contents = sorted({name for rule in load_rules().expansions for name in rule.contents})
    nine_to_eight = {"quiet_start": dt.time(21), "quiet_end": dt.time(8)}
    channels = [
        {"channel_id": "email", "unit_cost": Decimal("0.0020"), "max_per_7d": 2, **nine_to_eight},
        {"channel_id": "sms", "unit_cost": Decimal("0.0500"), "max_per_7d": 1, **nine_to_eight},
        {"channel_id": "mail", "unit_cost": Decimal("0.6000"), "max_per_7d": 1},
    ]
    return {
        "customers": people(*customers),
        "channels": pa.Table.from_pylist(
            [{**row, "channel": row["channel_id"]} for row in channels], schema=_CHANNELS
        ),
        "contents": pa.table(
            {"content_id": contents, "content_type": ["promotion"] * len(contents)}
        ),
        "previous_actions": ACTIONS.arrow_schema.empty_table() if previous is None else previous,
    }


def params(**changed: object) -> PlanParams:
    """Return parameters that allow mail and e-mail and assume consent."""
    usual: dict[str, object] = {
        "as_of": AS_OF,
        "time_zone": "UTC",
        "channels": ("mail", "email"),
        "consent_when_unknown": "assume",
        "actions_per_day": 50,
        "is_dry_run": True,
    }
    return PlanParams(**{**usual, **changed})  # type: ignore[arg-type]


_CHANNELS = pa.schema(
    {
        "channel_id": pa.string(),
        "channel": pa.string(),
        "unit_cost": pa.decimal128(18, 4),
        "max_per_7d": pa.int32(),
        "quiet_start": pa.time64("us"),
        "quiet_end": pa.time64("us"),
    }
)

"""A landing small enough to read: what lies in it is said by the names of its identifiers.

The rows are given by the columns that matter; every other field is NULL, as in a source that does
not have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_tasks.contracts.entities import ENTITIES, METADATA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

AS_OF = "2024-03-01"

Row = dict[str, Any]


def line(number: str, customer: str | None, product: str, at: str, **other: object) -> Row:
    """Return an order line of quantity 1 and amount 2.50, of the order ``o<number>``."""
    return {
        "order_item_source_id": f"i{number}",
        "order_source_id": f"o{number}",
        "customer_source_id": customer,
        "product_source_id": product,
        "ordered_at": at,
        "quantity": "1",
        "net_amount": "2.50",
        **other,
    }


def order(number: str, customer: str | None, at: str, **other: object) -> Row:
    """Return the order ``o<number>``."""
    key = {"order_source_id": f"o{number}", "customer_source_id": customer}
    return {**key, "ordered_at": at, "channel": "store", **other}


LINES: list[Row] = [
    line("1", "ann", "tea", "2024-01-05 10:00:00", retail_discount_amount="0.50"),
    line("2", "ann", "fuel", "2024-02-05 10:00:00", quantity="20000"),
    line("3", "bob", "unknown", "2024-02-06 11:00:00"),
    line("4", None, "tea", "2024-02-07 12:00:00", quantity="0", net_amount="0"),
    line("5", "bob", "tea", "2024-02-08 12:00:00", net_amount="two"),
    line("6", "ann", "tea", "2024-02-29 23:59:59"),
    line("7", "ann", "tea", "2024-03-01 00:00:00"),
    line("8", "future", "future", "2024-04-01 10:00:00"),
    # Landed again in a later batch, corrected.
    line("6", "ann", "tea", "2024-02-29 23:59:59", net_amount="7.50", batch_id="b2"),
]

LANDING: dict[str, list[Row]] = {
    "order_items": LINES,
    "orders": [
        order("1", "ann", "2024-01-05 10:00:00"),
        order("2", "ann", "2024-02-05 10:00:00"),
        order("3", "bob", "2024-02-06 11:00:00"),
        order("4", None, "2024-02-07 12:00:00"),
        order("5", "bob", "2024-02-08 12:00:00"),
        order("6", "ann", "2024-02-29 23:59:59"),
        order("7", "ann", "2024-03-01 00:00:00"),
        order("8", "future", "2024-04-01 10:00:00"),
    ],
    "customers": [
        {"customer_source_id": "ann", "age_band": "25-34"},
        {"customer_source_id": "ann", "age_band": "35-44", "batch_id": "b2"},
        {"customer_source_id": "silent", "age_band": "65+"},
    ],
    "products": [
        {"product_source_id": "tea", "name": "Tea", "category_l2": "DRINKS"},
        {"product_source_id": "fuel", "name": "Fuel", "is_countable": "false"},
    ],
    "campaigns": [
        {"campaign_source_id": "spring", "start_date": "2024-02-01", "end_date": "2024-04-30"},
        {"campaign_source_id": "summer", "start_date": "2024-06-01"},
    ],
    "contacts": [
        {
            "contact_source_id": "spring-ann",
            "customer_source_id": "ann",
            "campaign_source_id": "spring",
            "channel": "mail",
        },
        {
            "contact_source_id": "summer-only",
            "customer_source_id": "only_in_summer",
            "campaign_source_id": "summer",
        },
        {
            "contact_source_id": "nowhere",
            "customer_source_id": "ann",
            "campaign_source_id": "of_no_campaign",
        },
    ],
    "coupons": [
        {
            "coupon_source_id": "c1",
            "product_source_id": "tea",
            "campaign_source_id": campaign,
        }
        for campaign in ("spring", "spring", "summer")
    ],
    "redemptions": [
        {
            "redemption_source_id": "r1",
            "customer_source_id": "ann",
            "campaign_source_id": "spring",
            "coupon_source_id": "c1",
            "redeemed_at": "2024-02-10",
        },
        {
            "redemption_source_id": "r2",
            "customer_source_id": "ann",
            "campaign_source_id": "spring",
            "coupon_source_id": "c1",
            "redeemed_at": "2024-03-02",
        },
    ],
}

TODAY, FUTURE = "2024-02-10 10:00:00", "2024-03-01 00:00:00"
LANDING |= {
    "page_views": [
        {"page_view_source_id": "v1", "anonymous_token": "d1", "viewed_at": "2024-02-10 09:50:00"},
        {
            "page_view_source_id": "v2",
            "anonymous_token": "d1",
            "customer_source_id": "ann",
            "viewed_at": TODAY,
            "engaged_seconds": "12.5",
            "url": "/tea?mail=ann@mail.example",
            "product_source_id": "tea",
            "event_type": "add_to_cart",
        },
        {"page_view_source_id": "future", "customer_source_id": "ann", "viewed_at": FUTURE},
    ],
    "reviews": [
        {
            "review_source_id": f"r{score}",
            "customer_source_id": "ann",
            "product_source_id": product,
            "score": score,
            "content_token": "t1",
            "reviewed_at": at,
        }
        for score, product, at in (
            ("1", "tea", TODAY),
            ("5", "unheard_of", TODAY),
            ("6", "tea", TODAY),
            ("3", "tea", FUTURE),
        )
    ],
    "messages": [
        {
            "message_source_id": name,
            "conversation_source_id": "c1",
            "customer_source_id": "bob",
            "direction": direction,
            "sent_at": at,
            "text_token": "t2",
        }
        for name, direction, at in (("m1", "in", TODAY), ("future", "out", FUTURE))
    ],
    "message_tags": [{"message_source_id": "m1", "intent": "refund"}],
    "social_interactions": [
        {
            "interaction_source_id": name,
            "actor_source_id": "ann",
            "target_source_id": "bob",
            "mentioned_source_ids": '["stranger"]',
            "occurred_at": at,
        }
        for name, at in (("p1", TODAY), ("future", FUTURE))
    ],
    "consents": [
        {
            "consent_source_id": f"{customer}-{channel}-{status}",
            "customer_source_id": customer,
            "channel": channel,
            "status": status,
            "occurred_at": at,
        }
        for customer, channel, status, at in (
            ("ann", "email", "granted", TODAY),
            ("ann", "email", "withdrawn", FUTURE),
            ("ann", "sms", "granted", TODAY),
            ("ann", "sms", "denied", "2999-01-01"),
            ("future", "email", "granted", FUTURE),
        )
    ],
    "surveys": [
        {
            "survey_source_id": f"q-{customer}",
            "customer_source_id": customer,
            "survey_at": at,
            "csat": "4",
            "nps": "9",
        }
        for customer, at in (("ann", TODAY), ("future", FUTURE))
    ],
    "organizations": [
        {"organization_source_id": "acme", "name": "Acme", "owner_source_id": "w1"},
    ],
    "owners": [{"owner_source_id": "w1", "name": "North desk", "team": "north"}],
    "ties": [
        {
            "tie_source_id": f"{one}-{other}",
            "tie_type": "trust" if kind == "customer" else "works_for",
            "from_type": "customer",
            "from_source_id": one,
            "to_type": kind,
            "to_source_id": other,
            "strength": strength,
            "tied_at": at,
        }
        for one, kind, other, strength, at in (
            ("ann", "customer", "bob", "0.5", TODAY),
            ("ann", "customer", "bob", "0.7", TODAY),
            ("ann", "customer", "ann", "0.1", TODAY),
            ("ann", "customer", "stranger", "0.1", TODAY),
            ("bob", "customer", "ann", "-1", TODAY),
            ("ann", "organization", "acme", None, None),
            ("ann", "customer", "future", "1", FUTURE),
        )
    ],
    "opportunities": [
        {
            "opportunity_source_id": "deal1",
            "organization_source_id": "acme",
            "owner_source_id": "w1",
            "stage_name": "won",
            "amount": "100",
            "opened_at": "2024-02-26",
            "close_date": "2024-03-02",
            "is_won": "true",
        },
        {"opportunity_source_id": "future", "opened_at": FUTURE, "customer_source_id": "future"},
    ],
    "opportunity_stages": [
        {"opportunity_source_id": "deal1", "stage_name": stage, "entered_at": at}
        for stage, at in (("offer", "2024-02-28"), ("future", FUTURE))
    ],
    "assignments": [
        {
            "assignment_source_id": f"{campaign}-{customer}",
            "campaign_source_id": campaign,
            "customer_source_id": customer,
            "arm": "treatment",
            "assigned_at": at,
        }
        for campaign, customer, at in (
            ("spring", "ann", "2024-01-30"),
            ("summer", "future", FUTURE),
        )
    ],
    "outcomes": [
        {
            "outcome_source_id": f"{campaign}-{customer}",
            "campaign_source_id": campaign,
            "customer_source_id": customer,
            "outcome_name": "value",
            "outcome_value": "0.125",
            "observed_at": at,
        }
        for campaign, customer, at in (("spring", "ann", TODAY), ("summer", "future", FUTURE))
    ],
}

CUSTOMERS = ("ann", "bob", "silent", "future", "only_in_summer")


def landing_sql(landing: Mapping[str, Sequence[Row]] = LANDING) -> str:
    """Return the statements that create one landing view per canonical entity."""
    views = [
        f"create or replace view landing.landing_{name} as\n{_rows(name, landing.get(name, ()))}"
        for name in ENTITIES
    ]
    return ";\n".join(["create schema if not exists landing", *views])


def _rows(entity: str, rows: Sequence[Row]) -> str:
    fields = ENTITIES[entity].field_names
    batch = 1 + list(ENTITIES).index(entity)
    selects = [
        _select(fields, {**_metadata(batch, number, row), **row})
        for number, row in enumerate(rows, 1)
    ]
    return "\nunion all\n".join(selects or [_select(fields, {}) + " where false"])


def _metadata(batch: int, number: int, row: Row) -> Row:
    is_second = row.get("batch_id") == "b2"
    return {
        "source_system": "shop",
        "batch_id": "b1",
        "landing_sequence": batch + (100 if is_second else 0),
        "source_file_sha256": "0" * 64,
        "record_no": number,
        "landed_at": "2024-05-01 00:00:00",
        "known_at_rule": "event",
        "known_at_lag_days": 0,
    }


def _select(fields: Sequence[str], row: Row) -> str:
    types = dict.fromkeys(fields, "varchar") | METADATA
    columns = [
        f"cast({_literal(row.get(name))} as {kind}) as {name}" for name, kind in types.items()
    ]
    return "select " + ", ".join(columns)


def _literal(value: object) -> str:
    return "null" if value is None else "'" + str(value).replace("'", "''") + "'"

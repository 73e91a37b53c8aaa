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

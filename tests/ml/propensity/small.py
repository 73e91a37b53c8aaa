"""A small world of dated facts with a planted reason to leave: late deliveries."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa

FIRST = dt.date(2024, 1, 1)
AS_OF = dt.date(2024, 9, 1)
DAYS = (AS_OF - FIRST).days
TYPES = {
    "customers": {"customer_id": pa.string(), "is_erased": pa.bool_(), "is_deleted": pa.bool_()},
    "versions": {"customer_id": pa.string(), "known_from": pa.timestamp("us"),
                 "is_loyalty_member": pa.bool_()},
    "orders": {
        "customer_id": pa.string(), "ordered_at": pa.timestamp("us"),
        "net_amount": pa.decimal128(18, 2), "gross_amount": pa.decimal128(18, 2),
        "discount_amount": pa.decimal128(18, 2), "return_amount": pa.decimal128(18, 2),
        "count_items": pa.int64(), "is_late": pa.bool_(), "promised_on": pa.date32(),
        "delivered_on": pa.date32(),
    },
    "sessions": {"customer_id": pa.string(), "started_at": pa.timestamp("us"),
                 "has_cart": pa.bool_()},
    "reviews": {"customer_id": pa.string(), "reviewed_at": pa.timestamp("us"),
                "score": pa.int8(), "is_low_score": pa.bool_(), "sentiment": pa.float64()},
    "messages": {"customer_id": pa.string(), "conversation_id": pa.string(),
                 "sent_at": pa.timestamp("us"), "direction": pa.string(),
                 "is_complaint": pa.bool_(), "sentiment": pa.float64(),
                 "answer_due_at": pa.timestamp("us"), "resolved_at": pa.timestamp("us")},
    "contacts": {"customer_id": pa.string(), "sent_at": pa.timestamp("us"),
                 "opened_at": pa.timestamp("us")},
    "redemptions": {"customer_id": pa.string(), "redeemed_at": pa.timestamp("us")},
    "surveys": {"customer_id": pa.string(), "survey_at": pa.timestamp("us"),
                "csat": pa.int64(), "nps": pa.int64()},
}  # fmt: skip


def frames(**rows):
    """Return every frame; the named ones with these rows (lists of dicts), holes are NULL."""
    return {
        name: pa.Table.from_pylist(
            [dict.fromkeys(columns) | row for row in rows.get(name, [])],
            schema=pa.schema(list(columns.items())),
        )
        for name, columns in TYPES.items()
    }


def order(customer, day, amount="10.00", late=None, hour=12):
    """Return one order on a day; ``late`` says whether it came late, three days after."""
    from decimal import Decimal

    moment = dt.datetime.combine(day, dt.time(hour))
    made = {"customer_id": customer, "ordered_at": moment, "net_amount": Decimal(amount),
            "gross_amount": Decimal(amount), "discount_amount": Decimal(0),
            "return_amount": Decimal(0), "count_items": 1}  # fmt: skip
    if late is not None:
        came = day + dt.timedelta(days=3)
        made |= {"promised_on": came - dt.timedelta(days=int(late)), "delivered_on": came,
                 "is_late": late}  # fmt: skip
    return made


def letter(customer, day, complaint=True, hour=9, **more):
    """Return one message of a customer that waits for an answer."""
    moment = dt.datetime.combine(day, dt.time(hour))
    return {
        "customer_id": customer, "conversation_id": f"{customer}-{day}", "sent_at": moment,
        "direction": "in", "is_complaint": complaint, "sentiment": -0.8 if complaint else 0.4,
        "answer_due_at": moment + dt.timedelta(hours=12), **more,
    }  # fmt: skip


def complaining_world(n_customers=500, seed=8):
    """Return frames of customers of whom those who complain leave oftener than others."""
    rng = np.random.default_rng(seed)
    orders, letters = [], []
    for number in range(n_customers):
        customer, gap = f"c{number:04d}", rng.choice([6, 12, 24])
        complains = rng.random() < 0.4
        day = rng.integers(0, 60)
        while day < DAYS:
            today = FIRST + dt.timedelta(days=int(day))
            orders.append(order(customer, today))
            if rng.random() < 0.25:
                letters.append(letter(customer, today, complaint=complains, hour=15))
                if complains and rng.random() < 0.45:
                    break
            day += 1 + rng.poisson(gap)
    customers = [{"customer_id": f"c{number:04d}"} for number in range(n_customers)]
    return frames(customers=customers, orders=orders, messages=letters)


def world(n_customers=700, seed=5):
    """Return frames of customers who order at their own rate; late deliveries drive them away."""
    rng = np.random.default_rng(seed)
    orders = []
    for number in range(n_customers):
        customer = f"c{number:04d}"
        gap, late_share = rng.choice([6, 12, 24]), rng.choice([0.0, 0.6])
        day = rng.integers(0, 60)
        while day < DAYS:
            late = bool(rng.random() < late_share)
            orders.append(order(customer, FIRST + dt.timedelta(days=int(day)), late=late))
            if late and rng.random() < 0.12:
                break
            day += 1 + rng.poisson(gap)
    customers = [{"customer_id": f"c{number:04d}"} for number in range(n_customers)]
    return frames(customers=customers, orders=orders)


TWO_YEARS = 730
LATER = FIRST + dt.timedelta(days=TWO_YEARS)


def seasonal_world(n_customers=1_500, amplitude=0.5, seed=3):
    """Return frames of two years in which all buy at their own rate, most of them in December."""
    rng = np.random.default_rng(seed)
    day = np.arange(TWO_YEARS)
    speed = 1 + amplitude * np.cos(2 * np.pi * (day - 340) / 365)
    reading = np.concatenate([[0.0], np.cumsum(speed)])
    orders = []
    for number in range(n_customers):
        gaps = rng.exponential(1 / rng.gamma(2, 1 / 80), 80)
        times = rng.uniform(0, 300) + np.cumsum(gaps)
        days = np.unique(np.interp(times[times < reading[-1]], reading, np.arange(TWO_YEARS + 1.0))
                         .astype(int))  # fmt: skip
        orders += [order(f"c{number:04d}", FIRST + dt.timedelta(days=int(one))) for one in days]
    customers = [{"customer_id": f"c{number:04d}"} for number in range(n_customers)]
    return frames(customers=customers, orders=orders)

"""Small baskets for the tests of patterns: by hand, drawn, and of the planted company."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa

from crm_tasks.planted.blocks import make_block
from crm_tasks.planted.company import Company
from crm_tasks.planted.purchases import catalogue, order_times

AS_OF = dt.date(2025, 1, 1)
COMPANY = Company("M", 7)


def order_items(rows):
    """Return order lines of (order, customer, days ago, products)."""
    noon = dt.datetime.combine(AS_OF, dt.time(12))
    flat = [
        {
            "order_id": order,
            "customer_id": customer,
            "product_id": product,
            "ordered_at": noon - dt.timedelta(days=days),
            "net_amount": 1.0,
            "is_unknown_product": False,
            "is_zero_quantity": False,
        }
        for order, customer, days, products in rows
        for product in products
    ]
    return pa.Table.from_pylist(flat)


def products_of(items):
    """Return a catalogue in which each product is called after its id."""
    ids = sorted(set(items.column("product_id").to_pylist()))
    return pa.table({"product_id": ids, "name": [f"name of {one}" for one in ids]})


def drawn(seed, n_baskets, n_items, size, n_customers=20):
    """Return baskets of about ``size`` items, the first items oftener than the last."""
    rng = np.random.default_rng(seed)
    weights = 1 / np.arange(1, n_items + 1) ** 0.8
    rows = []
    for basket in range(n_baskets):
        k = int(np.clip(rng.poisson(size), 1, n_items))
        chosen = rng.choice(n_items, k, replace=False, p=weights / weights.sum())
        customer = f"c{basket % n_customers}"
        rows.append((f"o{basket:05d}", customer, 1 + basket % 300, [f"p{i:03d}" for i in chosen]))
    return order_items(rows)


def planted_items(n_blocks, company=COMPANY):
    """Return the past order lines of some blocks of the planted company."""
    parts = []
    for number in range(n_blocks):
        block = make_block(company, number)
        orders, lines = block.orders, block.lines
        past = orders.is_past[lines.order]
        order, product = lines.order[past], lines.product[past]
        n = len(order)
        parts.append(
            pa.table(
                {
                    "order_id": pa.array(orders.id[order].astype(str)),
                    "customer_id": pa.array(orders.person[order].astype(str)),
                    "product_id": pa.array(np.char.mod("P%05d", product)),
                    "ordered_at": pa.array(order_times(orders.second[order]).astype("M8[us]")),
                    "net_amount": pa.array(lines.net_cents[past] / 100),
                    "is_unknown_product": pa.array(np.zeros(n, bool)),
                    "is_zero_quantity": pa.array(np.zeros(n, bool)),
                }
            )
        )
    return pa.concat_tables(parts)


def product_id(item, company=COMPANY):
    """Return the id of a planted (category, rank)."""
    return f"P{item[0] * catalogue(company).n_per_category + item[1]:05d}"

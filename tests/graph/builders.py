"""Small layers and random ones, written by what matters."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from benchmarks.graph_data import power_law
from crm_tasks.graph.engine import Network

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_TIES = pa.table(
    {
        "src_id": pa.array([], pa.string()),
        "dst_id": pa.array([], pa.string()),
        "strength": pa.array([], pa.float64()),
    }
)


def ties(*rows: tuple[str, str, float]) -> pa.Table:
    """Return ties of (source, target, strength)."""
    if not rows:
        return NO_TIES
    src, dst, strength = zip(*rows, strict=True)
    return pa.table({"src_id": list(src), "dst_id": list(dst), "strength": list(strength)})


def network(nodes: str, *rows: tuple[str, str, float], is_directed: bool = False) -> Network:
    """Return a network whose nodes are the letters of ``nodes``."""
    ids = pa.chunked_array([pa.array(list(nodes), pa.string())])
    return Network.from_ties(ids, ties(*rows), is_directed=is_directed)


def random_network(seed: int, *, is_directed: bool = False) -> Network:
    """Return a seeded random network of 0 to 40 nodes, empty for seed 0, sparse or dense.

    Every third seed draws strengths from a few values so that many shortest paths are equal; every
    fourth ties some nodes with themselves.
    """
    random = np.random.default_rng(seed)
    n = seed if seed < 4 else int(random.integers(4, 41))
    ids = [f"n{i:02}" for i in range(n)]
    chance = random.choice([0.0, 0.03, 0.1, 0.4])
    pairs = [
        (a, b)
        for a in range(n)
        for b in range(n)
        if (a < b or (is_directed and a != b)) and random.random() < chance
    ]
    if seed % 4 == 3:
        pairs += [(a, a) for a in range(0, n, 5)]
    few = np.array([0.25, 0.5, 1.0])
    drawn = random.choice(few, len(pairs)) if seed % 3 == 0 else 1.0 - random.random(len(pairs))
    source, target = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    strengths = np.asarray(drawn, dtype=np.float64)
    return Network.from_numbers(
        pa.array(ids, pa.string()), source, target, strengths, is_directed=is_directed
    )


def power_law_network(n: int, m: int, seed: int, *, is_directed: bool = False) -> Network:
    """Return a seeded random network of n nodes and m ties whose degrees have a heavy tail."""
    drawn = power_law(n, m, seed, is_directed=is_directed)
    ids = pa.array(np.char.zfill(np.arange(n).astype(str), 9).tolist(), pa.string())
    ends = drawn["source"], drawn["target"]
    return Network.from_numbers(ids, *ends, drawn["strength"], is_directed=is_directed)


AS_OF = dt.date(2024, 7, 1)


def line(
    customer: str | None,
    product: str | None,
    *,
    days_ago: int = 1,
    quantity: int = 1,
    amount: str = "1.00",
) -> dict[str, object]:
    """Return one order line, bought at noon so many days before ``AS_OF``."""
    noon = dt.datetime.combine(AS_OF, dt.time(12)) - dt.timedelta(days=days_ago)
    return {
        "customer_id": customer,
        "product_id": product,
        "ordered_at": noon,
        "quantity": quantity,
        "net_amount": Decimal(amount),
    }


def core(
    *lines: dict[str, object],
    customers: str | None = None,
    categories: dict[str, str] | None = None,
    organizations: Sequence[str] = (),
    stated: Sequence[dict[str, object]] = (),
    talk: Sequence[dict[str, object]] = (),
) -> dict[str, pa.Table]:
    """Return customers, organizations, products and what happened between them, as core has it.

    Customers and products are those the lines name, plus the letters of ``customers`` and the
    keys of ``categories``.
    """
    people = {row["customer_id"] for row in lines if row["customer_id"]} | set(customers or "")
    categories = categories or {}
    things = {row["product_id"] for row in lines if row["product_id"]} | set(categories)
    numbered = [{**row, "order_item_id": f"line{no:04}"} for no, row in enumerate(lines)]
    return {
        "order_items": pa.Table.from_pylist(numbered, schema=_LINES),
        "customers": pa.Table.from_pylist(
            [{"customer_id": name, "customer_type": "individual"} for name in sorted(people)],
            schema=_CUSTOMERS,
        ),
        "organizations": pa.Table.from_pylist(
            [{"organization_id": name, "name": f"{name} Ltd"} for name in sorted(organizations)],
            schema=_ORGANIZATIONS,
        ),
        "stated_ties": pa.Table.from_pylist(list(stated), schema=_STATED),
        "interactions": pa.Table.from_pylist(list(talk), schema=_INTERACTIONS),
        "known_nodes": pa.table(
            {"node_id": pa.array([*sorted(people), *sorted(organizations), *sorted(things)])}
        ),
        "products": pa.Table.from_pylist(
            [
                {"product_id": name, "name": f"the {name}", "category_l2": categories.get(name)}
                for name in sorted(things)
            ],
            schema=_PRODUCTS,
        ),
    }


def stated_tie(  # noqa: PLR0913 (columns of a row, by name)
    tie_type: str,
    src: str,
    dst: str,
    *,
    days_ago: int | None = 0,
    strength: float | None = None,
    share: float | None = None,
    ended_days_ago: int | None = None,
) -> dict[str, object]:
    """Return one row of core.fct_ties, said so many days before ``AS_OF``; None: undated."""
    noon = dt.datetime.combine(AS_OF, dt.time(0))
    since = None if days_ago is None else noon - dt.timedelta(days=days_ago)
    ended = None if ended_days_ago is None else AS_OF - dt.timedelta(days=ended_days_ago)
    return {
        "tie_id": f"s:{tie_type}:{src}{dst}{days_ago}",
        "src_id": src,
        "dst_id": dst,
        "tie_type": tie_type,
        "stated_strength": strength,
        "stated_strength_share": share,
        "is_with_self": src == dst,
        "is_unknown_src": False,
        "is_unknown_dst": False,
        "is_current": ended is None,
        "ends_on": ended,
        "valid_from": since,
    }


def said(kind: str, actor: str, target: str | None, *, days_ago: int = 0) -> dict[str, object]:
    """Return one row of core.fct_social_interactions."""
    return {
        "interaction_id": f"s:{kind}{actor}{target}{days_ago}",
        "interaction_type": kind,
        "actor_customer_id": actor,
        "target_customer_id": target,
        "occurred_at": dt.datetime.combine(AS_OF, dt.time(0)) - dt.timedelta(days=days_ago),
    }


_ORGANIZATIONS = pa.schema({"organization_id": pa.string(), "name": pa.string()})
_STATED = pa.schema(
    {
        "tie_id": pa.string(),
        "src_id": pa.string(),
        "dst_id": pa.string(),
        "tie_type": pa.string(),
        "stated_strength": pa.float64(),
        "stated_strength_share": pa.float64(),
        "is_with_self": pa.bool_(),
        "is_unknown_src": pa.bool_(),
        "is_unknown_dst": pa.bool_(),
        "is_current": pa.bool_(),
        "ends_on": pa.date32(),
        "valid_from": pa.timestamp("us"),
    }
)
_INTERACTIONS = pa.schema(
    {
        "interaction_id": pa.string(),
        "interaction_type": pa.string(),
        "actor_customer_id": pa.string(),
        "target_customer_id": pa.string(),
        "occurred_at": pa.timestamp("us"),
    }
)
_LINES = pa.schema(
    {
        "order_item_id": pa.string(),
        "customer_id": pa.string(),
        "product_id": pa.string(),
        "ordered_at": pa.timestamp("us"),
        "quantity": pa.int64(),
        "net_amount": pa.decimal128(18, 2),
    }
)
_CUSTOMERS = pa.schema(
    {
        "customer_id": pa.string(),
        "customer_type": pa.string(),
        "first_seen_at": pa.timestamp("us"),
        "identity_confidence": pa.float64(),
    }
)
_PRODUCTS = pa.schema({"product_id": pa.string(), "name": pa.string(), "category_l2": pa.string()})

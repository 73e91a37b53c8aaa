"""``python -m benchmarks.learning_growth [--sizes 100000 1000000]``: what learning costs by size.

Facts of so many invented customers are made and not timed: each has an own rate of buying and may
leave after an order, more so after a late delivery. Each size runs in a process of its own, stage
by stage: facts dated, targets learned and scored with reasons, baskets made, choices learned.
Reported: seconds, CPU seconds and peak memory per stage, and the growth exponent between
neighbouring sizes. ``--curve`` adds the learning curve: log loss out of time of churn by the number
of customers learned from.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from crm_tasks.ml.choices import baskets
from crm_tasks.ml.choices.choose import choose
from crm_tasks.ml.choices.params import ChoiceParams
from crm_tasks.ml.propensity.facts import READS, Facts
from crm_tasks.ml.propensity.learning import Circumstances, learn_target
from crm_tasks.ml.propensity.panel import Panels
from crm_tasks.ml.propensity.params import TARGETS, PropensityParams
from crm_tasks.ml.propensity.predict import Day, predict
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.meter import Meter
from crm_tasks.warehouse.scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SIZES = (100_000, 1_000_000)
CURVE = (1_000, 3_000, 10_000, 30_000, 100_000)
DAYS, AS_OF = 540, dt.date(2025, 1, 1)
N_PRODUCTS, N_CATEGORIES = 200, 25
MEMORY = "16GB"

#: Facts that this company does not have: their features stay empty, as with most sources.
EMPTY = {
    "sessions": {"started_at": pa.timestamp("us"), "has_cart": pa.bool_()},
    "reviews": {
        "reviewed_at": pa.timestamp("us"), "score": pa.int8(), "is_low_score": pa.bool_(),
        "sentiment": pa.float64(),
    },
    "messages": {
        "conversation_id": pa.string(), "sent_at": pa.timestamp("us"), "direction": pa.string(),
        "is_complaint": pa.bool_(), "sentiment": pa.float64(), "answer_due_at": pa.timestamp("us"),
        "resolved_at": pa.timestamp("us"),
    },
    "contacts": {"sent_at": pa.timestamp("us"), "opened_at": pa.timestamp("us")},
    "redemptions": {"redeemed_at": pa.timestamp("us")},
    "surveys": {"survey_at": pa.timestamp("us"), "csat": pa.int64(), "nps": pa.int64()},
}  # fmt: skip


def company(n_customers: int, seed: int = 1) -> dict[str, pa.Table]:
    """Return the frames that learning reads, of so many customers with about ten orders each."""
    rng = np.random.default_rng(seed)
    gap = rng.choice([15, 40, 90], n_customers)
    late = rng.choice([0.02, 0.4], n_customers)
    start = rng.integers(0, DAYS // 2, n_customers)
    n_most = np.minimum((DAYS - start) // gap + 1, 20)
    leaves_after = rng.geometric(0.02 + 0.2 * late)
    times = np.minimum(n_most, leaves_after)
    customer = np.repeat(np.arange(n_customers), times)
    number = np.arange(len(customer)) - np.repeat(np.cumsum(times) - times, times)
    day = start[customer] + number * gap[customer] + rng.integers(0, 9, len(customer))
    keep = day < DAYS
    customer, day = customer[keep], day[keep]
    ids = pa.array(np.char.mod("c%07d", np.arange(n_customers)))
    return {
        "customers": pa.table({
            "customer_id": ids, "is_erased": pa.nulls(n_customers, pa.bool_()),
            "is_deleted": pa.nulls(n_customers, pa.bool_()),
        }),
        **_orders(ids, customer, day, late, rng),
        **{
            name: pa.schema([("customer_id", pa.string()), *columns.items()]).empty_table()
            for name, columns in EMPTY.items()
        },
    }  # fmt: skip


def _orders(ids: pa.Array, customer: Any, day: Any, late: Any, rng: Any) -> dict[str, pa.Table]:
    n = len(customer)
    first = np.datetime64(AS_OF) - DAYS
    days = first + day
    moment = pa.array((days.astype("datetime64[us]") + np.timedelta64(12, "h")), pa.timestamp("us"))
    is_late = rng.random(n) < late[customer]
    amount = np.round(rng.gamma(4, 8, n), 2)
    money = pa.array(amount).cast(pa.decimal128(18, 2), safe=False)
    nothing = pa.array(np.zeros(n)).cast(pa.decimal128(18, 2))
    owner = ids.take(pa.array(customer))
    came = days + 3
    product = (customer % N_CATEGORIES + N_CATEGORIES * rng.integers(0, 8, n)) % N_PRODUCTS
    orders = pa.table({
        "customer_id": owner, "ordered_at": moment, "net_amount": money, "gross_amount": money,
        "discount_amount": nothing, "return_amount": nothing,
        "count_items": pa.array(np.ones(n, dtype=np.int64)), "is_late": pa.array(is_late),
        "promised_on": pa.array(came - is_late.astype(int)), "delivered_on": pa.array(came),
    })  # fmt: skip
    items = pa.table({
        "order_id": pa.array(np.char.mod("o%08d", np.arange(n))), "customer_id": owner,
        "product_id": pa.array(np.char.mod("p%03d", product)), "ordered_at": moment,
        "quantity": pa.array(np.ones(n, dtype=np.int64)), "net_amount": money,
        "is_countable": pa.array(np.ones(n, dtype=bool)),
    })  # fmt: skip
    numbers = np.arange(N_PRODUCTS)
    products = pa.table({
        "product_id": np.char.mod("p%03d", numbers), "category_l1": ["all"] * N_PRODUCTS,
        "category_l2": np.char.mod("k%02d", numbers % N_CATEGORIES),
    })  # fmt: skip
    return {"orders": orders, "items": items, "products": products}


@contextmanager
def stage(name: str, told: list[dict[str, Any]]) -> Iterator[None]:
    """Measure a stage."""
    meter = Meter()
    yield
    used = meter.usage()
    told.append(
        {"stage": name, "wall_s": used.duration_s, "cpu_s": used.cpu_s, "peak_mb": used.peak_rss_mb}
    )


def measure(n_customers: int) -> list[dict[str, Any]]:
    """Return what each stage cost for so many customers."""
    frames, told = company(n_customers), []
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        with scratch(home, MEMORY, {name: frames[name] for name in READS}) as engine:
            with stage("facts", told):
                facts = Facts(engine, "UTC")
            with stage("learn and score", told):
                found = predict(Day(facts, AS_OF, "benchmark", PropensityParams()), {})
            told[-1]["rows"] = found.rows("ml.predictions").num_rows
        with scratch(home, MEMORY, {name: frames[name] for name in baskets.READS}) as engine:
            with stage("baskets", told):
                made = baskets.Baskets(engine, "UTC")
            with stage("choices", told):
                chosen = choose(made, AS_OF, "benchmark", ChoiceParams())
            told[-1]["rows"] = chosen.rows.num_rows
    return told


def learning_curve(sizes: Sequence[int], n_customers: int) -> list[dict[str, Any]]:
    """Return log loss and AUC out of time of churn by the number of customers learned from."""
    frames, found = company(n_customers), []
    with tempfile.TemporaryDirectory() as folder:
        chosen = {name: frames[name] for name in READS}
        with scratch(Home(Path(folder)), MEMORY, chosen) as engine:
            facts = Facts(engine, "UTC")
            for size in (one for one in sizes if one <= n_customers):
                params = replace(PropensityParams(), sample_at_most=size)
                below, n = facts.digest_below(size)
                about = Circumstances(AS_OF, "benchmark", n)
                panels = Panels(facts, below)
                outcome = learn_target(TARGETS[0], panels, facts.first_day(), about, params)
                for card in outcome.cards:
                    figures = {name: one.value for name, one in card.figures.items()}
                    found.append({"customers": size, "family": card.family, **figures})
    return found


def exponent(smaller: float, larger: float, ratio: float) -> float:
    """Return by which power of the number of customers a cost grew.

    >>> round(exponent(2.0, 20.0, 10.0), 2)
    1.0
    """
    return math.log(max(larger, 1e-3) / max(smaller, 1e-3)) / math.log(ratio)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the sizes, each in a process of its own, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--curve", type=int, metavar="CUSTOMERS", help="of so many customers")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        print(json.dumps(measure(options.child)))
        return 0
    measured = {size: _in_a_process(size) for size in sorted(options.sizes)}
    for size, rows in measured.items():
        for row in rows:
            print(
                f"{size:>9,} customers  {row['stage']:<16} {row['wall_s']:8.1f} s "
                f"{row['cpu_s']:8.1f} CPU s {row['peak_mb']:8,.0f} MiB"
            )
    for (small, before), (large, after) in pairwise(measured.items()):
        for one, other in zip(before, after, strict=True):
            power = exponent(one["wall_s"], other["wall_s"], large / small)
            print(f"{small:,} -> {large:,}  {one['stage']:<16} exponent {power:.2f}")
    for row in learning_curve(CURVE, options.curve) if options.curve else ():
        print(json.dumps(row))
    return 0


def _in_a_process(size: int) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "benchmarks.learning_growth", "--child", str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return told


if __name__ == "__main__":
    sys.exit(main())

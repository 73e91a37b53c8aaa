"""``python -m benchmarks.learning_growth [--sizes 100000 1000000]``: what learning costs by size.

Facts of so many invented customers are made and not timed: each has an own rate of buying and may
leave after an order, more so after a late delivery. Each size runs in a process of its own, stage
by stage: facts dated, targets learned and scored with reasons, their rows checked and written,
choices, value, next purchases, recommendations, interests, patterns, forecasts. Reported: seconds,
CPU seconds and peak memory per stage, and the growth exponent of CPU seconds between neighbouring
sizes (seconds of a machine that others use too say less). ``--curve`` adds the learning curve: log
loss out of time of churn by the number of customers learned from. ``--stages`` measures some.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from crm_tasks.contracts import check_rows, find_table
from crm_tasks.ml.choices import baskets
from crm_tasks.ml.choices.choose import choose
from crm_tasks.ml.choices.params import ChoiceParams
from crm_tasks.ml.forecasting.backtest import ForecastParams
from crm_tasks.ml.forecasting.outlook import forecast_outlook
from crm_tasks.ml.forecasting.series import sales_series
from crm_tasks.ml.interests import InterestParams, find_interests
from crm_tasks.ml.judgement import JudgementParams
from crm_tasks.ml.patterns.find import find_patterns
from crm_tasks.ml.patterns.params import PatternParams
from crm_tasks.ml.propensity.facts import READS, Facts
from crm_tasks.ml.propensity.learning import Circumstances, learn_target
from crm_tasks.ml.propensity.panel import Panels
from crm_tasks.ml.propensity.params import TARGETS, PropensityParams
from crm_tasks.ml.propensity.predict import Day, predict
from crm_tasks.ml.recommendations import RecommendationParams, recommend
from crm_tasks.ml.timing.next_purchase import TimingParams, next_purchases
from crm_tasks.ml.value.histories import purchase_days
from crm_tasks.ml.value.model import ValueParams
from crm_tasks.ml.value.outlook import value_outlook
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.meter import Meter
from crm_tasks.warehouse.scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.ml.value.histories import PurchaseDays

SIZES = (100_000, 1_000_000)
CURVE = (1_000, 3_000, 10_000, 30_000, 100_000)
DAYS, AS_OF = 540, dt.date(2025, 1, 1)
N_PRODUCTS, N_CATEGORIES = 200, 25
MEMORY = "16GB"

#: Facts that this company does not have: their features stay empty, as with most sources.
EMPTY = {
    "versions": {"known_from": pa.timestamp("us"), "is_loyalty_member": pa.bool_()},
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


def purchases(n_customers: int, seed: int = 2) -> pa.Table:
    """Return orders of customers who buy at chance times at rates of their own until they leave."""
    rng = np.random.default_rng(seed)
    rate = np.maximum(rng.gamma(0.9, 1 / 30, n_customers), 1e-3)
    times = np.minimum(rng.geometric(rng.beta(1.2, 8, n_customers)), 25)
    customer = np.repeat(np.arange(n_customers), times)
    waited = np.cumsum(rng.standard_exponential(len(customer)) / rate[customer])
    first = np.cumsum(times) - times
    day = rng.uniform(0, 0.9 * DAYS, n_customers)[customer] + waited - waited[first][customer]
    keep = day < DAYS
    customer, day = customer[keep], day[keep]
    moment = np.datetime64(AS_OF) - DAYS + (day * 86_400).astype("timedelta64[s]")
    amount = np.round(rng.gamma(4, 8, len(day)) * rng.lognormal(0, 0.5, n_customers)[customer], 2)
    return pa.table({
        "customer_id": pa.array(np.char.mod("c%07d", customer)),
        "ordered_at": pa.array(moment.astype("datetime64[us]")),
        "net_amount": pa.array(amount).cast(pa.decimal128(18, 2), safe=False),
    })  # fmt: skip


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
        "is_unknown_product": pa.array(np.zeros(n, dtype=bool)),
        "is_zero_quantity": pa.array(np.zeros(n, dtype=bool)),
    })  # fmt: skip
    numbers = np.arange(N_PRODUCTS)
    products = pa.table({
        "product_id": np.char.mod("p%03d", numbers), "name": np.char.mod("thing %03d", numbers),
        "category_l1": ["all"] * N_PRODUCTS,
        "category_l2": np.char.mod("k%02d", numbers % N_CATEGORIES),
    })  # fmt: skip
    return {"orders": orders, "items": items, "products": products}


class Stages:
    """The stages of learning on one company, in the order they run."""

    def __init__(self, n_customers: int) -> None:
        self.frames, self.purchases = company(n_customers), purchases(n_customers)
        self.home = Home(Path())
        self.written: dict[str, pa.Table] = {}

    def engine(self, **frames: str) -> AbstractContextManager[Scratch]:
        """Lend a private engine with frames of the company, each under a name."""
        return scratch(self.home, MEMORY, {name: self.frames[own] for name, own in frames.items()})

    def measured(self, chosen: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Run stages and yield what each cost, with the number of rows it made."""
        with tempfile.TemporaryDirectory() as folder:
            self.home = Home(Path(folder))
            for name in (one for one in STAGES if one in chosen):
                meter = Meter()
                rows = STAGES[name](self)
                used = meter.usage()
                yield {"stage": name, "wall_s": used.duration_s, "cpu_s": used.cpu_s,
                       "peak_mb": used.peak_rss_mb, "rows": rows}  # fmt: skip

    def predictions(self) -> int:
        with self.engine(**{name: name for name in READS}) as engine:
            day = Day(Facts(engine, "UTC"), AS_OF, "benchmark", PropensityParams())
            found = predict(day, {})
        self.written = {name: found.rows(name) for name in HANDED_OVER}
        return self.written["ml.predictions"].num_rows

    def hand_over(self) -> int:
        """Check and write what was predicted, as the step does."""
        n = 0
        for name in HANDED_OVER:
            rows = check_rows(find_table(name), self.written.pop(name))
            pq.write_table(rows, self.home.root / f"{name}.parquet", compression="zstd")
            n += rows.num_rows
        return n

    def choices(self) -> int:
        with self.engine(**{name: name for name in baskets.READS}) as engine:
            made = baskets.Baskets(engine, "UTC")
            return choose(made, AS_OF, "benchmark", ChoiceParams()).rows.num_rows

    def value(self) -> int:
        days = self._days()
        found = value_outlook(days, AS_OF, "EUR", ValueParams(), JudgementParams())
        return found.clv.num_rows

    def next_purchases(self) -> int:
        return next_purchases(self._days(), AS_OF, TimingParams()).predictions.num_rows

    def recommendations(self) -> int:
        with self.engine(order_items="items", products="products") as engine:
            return recommend(engine, AS_OF, RecommendationParams())["recommendations"].num_rows

    def interests(self) -> int:
        with self.engine(order_items="items", products="products") as engine:
            found = find_interests(engine, InterestParams())
        return 0 if found is None else len(found.customers)

    def patterns(self) -> int:
        with self.engine(order_items="items", products="products") as engine:
            tables = find_patterns(engine, (None, None), AS_OF, PatternParams())
        return tables["association_rules"].num_rows + tables["sequence_rules"].num_rows

    def forecasts(self) -> int:
        params = ForecastParams()
        with self.engine(order_items="items", products="products") as engine:
            series = sales_series(engine, AS_OF, "UTC", categories=params.categories,
                                  sparse_share=params.sparse_share)  # fmt: skip
        found = forecast_outlook(series, AS_OF, "EUR", params, JudgementParams())
        return found.forecasts.num_rows

    def _days(self) -> PurchaseDays:
        with scratch(self.home, MEMORY, {"orders": self.purchases}) as engine:
            return purchase_days(engine, "UTC")


STAGES: dict[str, Callable[[Stages], int]] = {
    "predictions": Stages.predictions,
    "hand over": Stages.hand_over,
    "choices": Stages.choices,
    "value": Stages.value,
    "next purchases": Stages.next_purchases,
    "recommendations": Stages.recommendations,
    "interests": Stages.interests,
    "patterns": Stages.patterns,
    "forecasts": Stages.forecasts,
}
#: The tables of the step of predictions that grow with customers.
HANDED_OVER = ("ml.predictions", "ml.prediction_reasons")


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
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES))
    parser.add_argument("--curve", type=int, metavar="CUSTOMERS", help="of so many customers")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        for told in Stages(options.child).measured(options.stages):
            print(json.dumps(told), flush=True)
        return 0
    measured = {size: list(_in_a_process(size, options.stages)) for size in sorted(options.sizes)}
    for (small, before), (large, after) in pairwise(measured.items()):
        for one, other in zip(before, after, strict=True):
            power = exponent(one["cpu_s"], other["cpu_s"], large / small)
            print(f"{small:,} -> {large:,}  {one['stage']:<16} exponent {power:.2f}")
    for row in learning_curve(CURVE, options.curve) if options.curve else ():
        print(json.dumps(row), flush=True)
    return 0


def _in_a_process(size: int, stages: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield what each stage cost, and print it as soon as it is known."""
    command = [sys.executable, "-m", "benchmarks.learning_growth", "--child", str(size)]
    # As a run's tasks do: numerical libraries with one thread each.
    alone = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    with subprocess.Popen(
        [*command, "--stages", *stages], stdout=subprocess.PIPE, text=True, env=alone
    ) as child:
        for line in child.stdout or ():
            row: dict[str, Any] = json.loads(line)
            print(
                f"{size:>9,} customers  {row['stage']:<16} {row['wall_s']:8.1f} s "
                f"{row['cpu_s']:8.1f} CPU s {row['peak_mb']:8,.0f} MiB {row['rows']:>12,} rows",
                flush=True,
            )
            yield row
    if child.returncode:
        raise SystemExit(f"{size:,} customers: the measuring process ended with {child.returncode}")


if __name__ == "__main__":
    sys.exit(main())

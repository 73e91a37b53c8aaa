"""``python -m benchmarks.planning [--customers N ...]``: what a plan costs by its size.

Each size is planned in a process of its own: customers drawn from a seed, twelve options each (two
channels, three contents, two days) beside doing nothing, under a budget, places a day, places on a
channel and a fairness bound, and the long tables are written. Reported: wall and CPU seconds, peak
memory, the proven gap, and the growth exponent between neighbouring sizes (1: in proportion).

``--days N`` simulates N days of plans in a row instead and counts broken promises.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import re
import resource
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from benchmarks.acceptance import Measured, line
from benchmarks.processes import run_child
from benchmarks.workshop import REPOSITORY
from crm_tasks.contracts import check_slices, find_table
from crm_tasks.strategy.candidates import columns_read
from crm_tasks.strategy.params import Fairness, PlanParams
from crm_tasks.strategy.plan import plan_contacts
from crm_tasks.strategy.rules import RuleBook
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.scratch import scratch
from crm_tasks.warehouse.tables import write_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.workshop import Workshop

AS_OF = dt.date(2024, 7, 1)
SIZES = (25_000, 100_000)
MILLION, SECONDS_AT_MOST, MIB_AT_MOST = 1_000_000, 300, 8 * 1024
#: Of the engine, as a run's steps have it.
MEMORY_LIMIT = "2GB"
DAYS = 1_000
CONTENTS = ("category_coupon", "member_event", "loyalty_guide")
SEGMENTS = ("champions", "loyal", "at_risk", "lost")


@dataclass(frozen=True)
class Planned:
    """What one size cost, and how good the plan is."""

    n_customers: int
    n_options: int
    n_actions: int
    seconds: float
    cpu_seconds: float
    peak_mib: float
    relative_gap: float

    def describe(self) -> str:
        """Return the figures as one line."""
        return (
            f"{self.n_customers:,} customers, {self.n_options:,} options: {self.seconds:.1f} s "
            f"({self.cpu_seconds:.1f} s of CPU), {self.peak_mib:,.0f} MiB, {self.n_actions:,} "
            f"actions, gap {self.relative_gap:.1e}"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Plan every size and print its figures, or simulate days and count what broke."""
    given = _parser().parse_args(arguments)
    if given.child:
        print(json.dumps(asdict(plan(given.child))))
        return 0
    if given.days:
        return _simulate(given.days)
    grown = [measure(sys.executable, n) for n in given.customers]
    for planned in grown:
        print(planned.describe())
    for smaller, larger in pairwise(grown):
        power = math.log(larger.cpu_seconds / smaller.cpu_seconds) / math.log(
            larger.n_customers / smaller.n_customers
        )
        print(f"{smaller.n_customers:,} to {larger.n_customers:,}: CPU grows with n^{power:.2f}")
    return 0


def measure(python: str | Path, n_customers: int) -> Planned:
    """Return what planning so many customers costs, in a process of its own."""
    done = run_child(
        [python, "-m", "benchmarks.planning", "--child", str(n_customers)], REPOSITORY
    ).checked()
    return Planned(**json.loads(done.printed.strip().splitlines()[-1]))


def plan(n_customers: int) -> Planned:
    """Draw customers, plan them and write the long tables; drawing is not timed."""
    places = n_customers // 50
    params = PlanParams(
        as_of=AS_OF,
        time_zone="Asia/Shanghai",
        channels=("sms", "email"),
        consent_when_unknown="assume",
        actions_per_day=places,
        is_dry_run=True,
        seed="planning",
        budget=Decimal(n_customers) / 250,
        channel_per_day=(("sms", places // 4),),
        fairness=(Fairness("rfm_segment", at_least=0.02, at_most=0.6),),
    )
    frames = draw_frames(n_customers, columns_read(params, _rules()))
    with tempfile.TemporaryDirectory() as folder:
        began, spent = time.perf_counter(), time.process_time()
        with scratch(Home(Path(folder)), MEMORY_LIMIT, frames) as lent:
            done = plan_contacts(lent, params, _rules())
            for name, slices in done.slices.items():
                table = find_table(f"strategy.{name}")
                write_rows(Path(folder) / f"{name}.parquet", table, check_slices(table, slices))
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - spent
    (solution,) = done.tables["plan_solutions"].to_pylist()
    return Planned(
        n_customers=n_customers,
        n_options=solution["n_options"],
        n_actions=done.tables["actions"].num_rows,
        seconds=round(seconds, 2),
        cpu_seconds=round(cpu_seconds, 2),
        peak_mib=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        relative_gap=solution["relative_gap"],
    )


def draw_frames(n: int, features: Sequence[str], seed: int = 1) -> dict[str, pa.Table]:
    """Return what a plan reads of a company of n customers, drawn from a seed."""
    rng = np.random.default_rng(seed)
    names = np.char.add("customer-", np.char.zfill(np.arange(n).astype(str), 9))
    drawn = {
        "customer_id": pa.array(names),
        "rfm_segment": pa.array(np.array(SEGMENTS)[rng.integers(0, len(SEGMENTS), n)]),
        "recency_days": rng.integers(0, 300, n),
        "frequency": rng.integers(1, 60, n),
        "avg_order_gap_days": np.round(rng.gamma(4, 5, n), 6),
        "monetary_value": pa.array(np.round(rng.gamma(2, 30, n), 2)).cast(pa.decimal128(18, 2)),
        "preferred_iso_weekday": rng.integers(1, 8, n),
        "preferred_hour": rng.integers(6, 23, n),
        "influence_value": np.round(rng.gamma(0.5, 0.5, n), 6),
    }
    contract = find_table("features.feat_customers_wide").arrow_schema
    columns = {
        name: pa.array(drawn[name]).cast(contract.field(name).type)
        if name in drawn
        else pa.nulls(n, contract.field(name).type)
        for name in features
    }
    touched = rng.integers(0, n, n // 2)
    sent = np.datetime64(AS_OF) - rng.integers(31, 300, len(touched)).astype("timedelta64[D]")
    answered = rng.random(len(touched)) < 0.08
    return {
        "customers": pa.table(columns),
        "contacts": pa.table({
            "customer_id": pa.array(names[touched]),
            "channel_id": pa.array(np.array(["sms", "email"])[rng.integers(0, 2, len(touched))]),
            "content_type": pa.nulls(len(touched), pa.string()),
            "sent_at": pa.array(sent.astype("datetime64[us]")),
            "converted_at": pa.array(sent.astype("datetime64[us]"), mask=~answered),
            "strategy_action_id": pa.nulls(len(touched), pa.string()),
            "cost": pa.nulls(len(touched), pa.decimal128(18, 4)),
        }),
        **_small_frames(),
    }  # fmt: skip


def _small_frames() -> dict[str, pa.Table]:
    from crm_tasks.contracts.strategy import ACTIONS
    from crm_tasks.steps.strategy import HELD_OUT, PREVIOUS, UPLIFT

    text, moment = pa.string(), pa.timestamp("us")
    quiet = {"quiet_start": dt.time(21), "quiet_end": dt.time(8)}
    channels = [
        {"channel_id": "email", "unit_cost": Decimal("0.0020"), "max_per_7d": 2, **quiet},
        {"channel_id": "sms", "unit_cost": Decimal("0.0500"), "max_per_7d": 1, **quiet},
    ]
    names = [*CONTENTS, "issue_reply"]
    types = ["promotion", "entertainment", "education", "education"]
    messages = pa.schema({
        "message_id": text, "conversation_id": text, "customer_id": text, "channel": text,
        "direction": text, "intent": text, "agent_intent": text,
        "is_complaint": pa.bool_(), "is_open_issue": pa.bool_(), "sent_at": moment,
    })  # fmt: skip
    return {
        "channels": pa.Table.from_pylist([
            {**c, "channel": c["channel_id"], "platform": "any"} for c in channels
        ]),
        "contents": pa.table({
            "content_id": names, "content_type": types,
            "value_per_conversion": pa.nulls(len(names), pa.decimal128(18, 2)),
        }),
        "messages": messages.empty_table(),
        "previous_actions": ACTIONS.arrow_schema.empty_table().select(list(PREVIOUS)),
        "uplift": UPLIFT.empty_table(),
        "held_out": HELD_OUT.empty_table(),
        "drawn": pa.schema({"campaign_id": text, "customer_id": text, "arm": text}).empty_table(),
        "interactions": pa.schema({
            "actor_customer_id": text, "platform": text, "occurred_at": moment,
        }).empty_table(),
    }  # fmt: skip


def _rules() -> RuleBook:
    offer = {
        "version": 1, "figure": "frequency", "reason_en": "{value} orders",
        "reason_zh": "共 {value} 次下单",
    }  # fmt: skip
    return RuleBook.model_validate({
        "rule_book": "planning", "version": 1,
        "expansions": (
            {**offer, "id": "two", "objective": "value", "contents": CONTENTS[:2], "lever": 0.5,
             "when": "frequency >= 1"},
            {**offer, "id": "one", "objective": "loyalty", "contents": CONTENTS[2:], "lever": 0.3,
             "when": "recency_days <= 300"},
        ),
    })  # fmt: skip


def _simulate(n_days: int) -> int:
    from contextlib import ExitStack

    from tests.strategy.simulated import days, violations

    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:

        def lend(**frames: pa.Table) -> object:
            stack.pop_all().close()
            return stack.enter_context(scratch(Home(Path(folder)), "1GB", frames))

        broken, n_actions = violations(days(lend, seed=7, n_days=n_days))
    print(*broken, sep="\n")
    print(f"{n_days} days, {n_actions} actions, {len(broken)} broken promises")
    return 1 if broken else 0


@line(6, "1 M customers x 12 options planned under 5 minutes and 8 GiB; growth measured")
def a_million(workshop: Workshop) -> Measured:
    """Plan a tenth and the whole million."""
    smaller, larger = (measure(workshop.python, n) for n in (MILLION // 10, MILLION))
    power = math.log(larger.cpu_seconds / smaller.cpu_seconds) / math.log(10)
    holds = larger.seconds <= SECONDS_AT_MOST and larger.peak_mib <= MIB_AT_MOST
    return Measured(f"{larger.describe()}; CPU grows with n^{power:.2f}", holds)


@line(6, "0 violations of budget, places, caps, consent, quiet hours over 1,000 simulated days")
def simulated_days(workshop: Workshop) -> Measured:
    """Plan day after day, each plan fed with what became of those before."""
    command = [workshop.python, "-m", "benchmarks.planning", "--days", str(DAYS)]
    done = run_child(command, workshop.checkout)
    last = (done.printed.strip().splitlines() or ["nothing was printed"])[-1]
    return Measured(last, done.code == 0 and bool(re.search(r", 0 broken", last)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planning", description=__doc__)
    parser.add_argument("--customers", type=int, nargs="+", default=SIZES, help="sizes to plan")
    parser.add_argument("--days", type=int, help="simulate so many days instead")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())

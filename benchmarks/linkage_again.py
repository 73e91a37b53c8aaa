"""The same company linked again: its last records against the rest, and its rows in another order.

``python -m benchmarks.linkage_again steps --size S --seed 7`` (or ``orders``) prints JSON.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from benchmarks.linkage_trial import ENGINE_MEMORY, inputs_of, planted_records, quality
from crm_tasks.identity.inputs import PLAIN, VAULTED, Inputs, Previous
from crm_tasks.identity.links import PAIR_COLUMNS
from crm_tasks.identity.params import IdentityParams
from crm_tasks.identity.resolve import Resolution, resolve
from crm_tasks.identity.tables import resolved_rows
from crm_tasks.planted.company import SIZES, Company
from crm_tasks.planted.records import SYSTEMS
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Sequence

LATER = 99  # place of a later batch in the landing order
SHARES = (("1 %", 100), ("10 %", 10))


@dataclass(frozen=True)
class _Linked:
    """A resolution with its tables."""

    inputs: Inputs
    found: Resolution
    tables: dict[str, pa.Table]
    duration_s: float

    def as_previous(self) -> Previous:
        pairs = self.found.pairs.select(list(PAIR_COLUMNS))
        return Previous(self.tables["records"], pairs, self.found.reasons, self.found.comparable,
                        self.found.model.version)  # fmt: skip

    def owners(self) -> dict[str, str]:
        return {
            f"{row['source_system']}:{row['source_record_id']}": row["customer_id"]
            for row in self.tables["records"].to_pylist()
        }

    def events(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.tables["events"].to_pylist()
        return rows

    def digest(self) -> str:
        told = json.dumps(sorted(self.owners().items())) + self.found.model.version
        return hashlib.sha256(told.encode()).hexdigest()


def judge_steps(size: Any, seed: int, threads: int = 2) -> dict[str, Any]:
    """Return what linking only the last 1 % and 10 % costs, and how it differs from all anew."""
    rows = planted_records(Company(size, seed))
    whole = _resolved(inputs_of(rows), threads)
    model = whole.found.model
    shares = {}
    for share, every in SHARES[:1] if size == "M" else SHARES:
        is_new = np.arange(len(rows)) % every == every - 1
        first = _resolved(inputs_of(rows[~is_new]), threads, model=model)
        landed = rows.assign(later=np.where(is_new, LATER, 0))
        at_once = _resolved(inputs_of(landed), threads, model=model)
        by_steps = _resolved(inputs_of(landed), threads, model=model, previous=first.as_previous())
        labels = [one.found.verdicts.label for one in (at_once, by_steps)]
        agree = quality(labels[1], labels[0])
        shares[share] = {
            "n_compared": by_steps.found.n_compared, "n_all": at_once.found.n_compared,
            "duration_s": by_steps.duration_s, "all_s": at_once.duration_s,
            "pairs_differ": round(1 - min(agree.precision, agree.recall), 6),
            "n_moved": _n_moved_untouched(first, by_steps),
        }  # fmt: skip
    return {"n_records": len(rows), "shares": shares}


def _n_moved_untouched(before: _Linked, after: _Linked) -> int:
    """Return the records whose customer changed without an event that says so."""
    was, now = before.owners(), after.owners()
    told = {f"{e['source_system']}:{e['source_record_id']}" for e in after.events()}
    merged = {e["other_customer_id"] for e in after.events() if e["event_type"] == "merged"}
    return sum(
        1 for record, owner in was.items()
        if now[record] != owner and record not in told and owner not in merged
    )  # fmt: skip


def judge_orders(size: Any, seed: int) -> dict[str, Any]:
    """Return how many distinct results come of two orders of rows and two numbers of threads."""
    rows = planted_records(Company(size, seed))
    orders = (rows, rows.sample(frac=1, random_state=seed).sort_values("source_system",
              key=lambda names: names.map(SYSTEMS.index), kind="stable"))  # fmt: skip
    digests = [
        _resolved(inputs_of(order), threads).digest()
        for order, threads in ((orders[0], 1), (orders[0], 2), (orders[1], 2))
    ]
    return {"n_records": len(rows), "n_runs": len(digests), "n_digests": len(set(digests))}


def _resolved(inputs: Inputs, threads: int, **more: Any) -> _Linked:
    inputs = replace(inputs, **more)
    begun = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        scratch(Home(Path(folder)), ENGINE_MEMORY, {}, threads) as engine,
    ):
        found = resolve(engine, inputs, IdentityParams(regions=("CN", "GB")))
        took = round(time.perf_counter() - begun, 1)
        tokens = {f"{name}_token": inputs.described[name] for name in VAULTED}
        plain = {name: inputs.described[name] for name in PLAIN}
        tables = resolved_rows(engine, inputs, found, pa.table({**plain, **tokens}), None)
    return _Linked(inputs, found, tables, took)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures of one trial as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("steps", "orders"))
    parser.add_argument("--size", choices=sorted(SIZES), default="S")
    parser.add_argument("--seed", type=int, required=True)
    given = parser.parse_args(arguments)
    judge = judge_steps if given.kind == "steps" else judge_orders
    print(json.dumps(judge(given.size, given.seed)))


if __name__ == "__main__":
    main()

"""`make bench-graph`: the graph engine beside its peers, on seeded graphs of heavy-tailed degrees.

Each operation of each library runs in a process of its own on one thread. Printed and written to
build/bench-graph.json: CPU seconds to load, wall and CPU seconds of the operation, peak memory and
what of it was there before the data came, accuracy where a figure is an approximation, and the
exponent by which CPU time grows with the ties.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.graph_data import baskets, power_law, save
from benchmarks.graph_goals import Result, judge_goals
from benchmarks.machine import describe_commit, describe_machine, today
from benchmarks.processes import child_environment
from benchmarks.workshop import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

REPORT = REPOSITORY / "build" / "bench-graph.json"
PEERS_PYTHON = REPOSITORY / ".venv-bench" / "bin" / "python"
SEED = 7
TOP = 100
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)

#: Nodes and ties by name of the size, and seconds a peer or an operation may take there.
SIZES = {
    "100k": (10_000, 100_000, 300),
    "1M": (100_000, 1_000_000, 600),
    "10M": (1_000_000, 10_000_000, 900),
    "20M": (2_000_000, 20_000_000, 900),
}
BASKETS = {"small": (20_000, 4_000, 200_000), "large": (100_000, 10_000, 1_000_000)}

#: What is measured at which size, by library and operation. At 1M PyNetIM's choice of seeds was not
#: done after 600 s, and networkx's betweenness would take hours.
PLAN: dict[str, tuple[tuple[str, str], ...]] = {
    "100k": (
        ("guanxi", "basics"), ("networkx", "basics"), ("igraph", "basics"),
        ("networkit", "basics"), ("guanxi", "leiden"), ("networkx", "leiden"),
        ("igraph", "leiden"), ("guanxi", "eigenvector"), ("igraph", "eigenvector"),
        ("guanxi", "between_exact"), ("guanxi", "between"), ("networkx", "between"),
        ("networkit", "between"), ("guanxi", "counted"), ("guanxi", "hops"),
        ("guanxi", "distance_exact"), ("guanxi", "pivots"), ("guanxi", "stage"),
        ("guanxi", "stage_without_paths"), ("igraph", "stage"),
        ("guanxi", "pagerank_round"), ("guanxi", "cascade"),
        ("pynetim", "cascade"), ("guanxi", "seeds"), ("pynetim", "seeds"),
    ),
    "1M": (
        ("guanxi", "basics"), ("networkx", "basics"), ("igraph", "basics"),
        ("networkit", "basics"), ("guanxi", "leiden"), ("igraph", "leiden"),
        ("guanxi", "eigenvector"), ("igraph", "eigenvector"),
        ("guanxi", "between_other_seed"), ("guanxi", "between"),
        ("guanxi", "hops_other_seed"), ("guanxi", "hops"), ("guanxi", "stage"),
        ("guanxi", "stage_without_paths"), ("igraph", "stage"),
        ("guanxi", "pagerank_round"), ("guanxi", "cascade"),
        ("pynetim", "cascade"), ("guanxi", "seeds"),
    ),
    "10M": (
        ("guanxi", "basics"), ("igraph", "basics"), ("guanxi", "leiden"), ("igraph", "leiden"),
        ("guanxi", "hops_other_seed"), ("guanxi", "hops"),
        ("guanxi", "between_other_seed"), ("guanxi", "between"),
        ("guanxi", "stage"), ("guanxi", "pagerank_round"),
    ),
    "20M": (("guanxi", "basics"), ("guanxi", "stage"),),
}  # fmt: skip

#: What an approximation is compared with, where that was measured at the same size.
REFERENCES = {
    ("guanxi", "between"): ("between_exact", "between_other_seed"),
    ("networkx", "between"): ("between_exact",),
    ("networkit", "between"): ("between_exact",),
    ("guanxi", "hops"): ("counted", "hops_other_seed"),
    ("guanxi", "pivots"): ("distance_exact",),
}

screen = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    given = _parser().parse_args(arguments)
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="bench-graph-") as folder:
        for result in measure(Path(folder), given.size or list(SIZES)):
            results.append(result)
            _tell(result)
    REPORT.parent.mkdir(exist_ok=True)
    where = f"{today()}, commit {describe_commit(REPOSITORY)}, {describe_machine()}"
    content = {"where": where, "results": [asdict(one) for one in results]}
    REPORT.write_text(json.dumps(content, indent=1), encoding="utf-8")
    screen.print(_table(results))
    for line in [*growth(results), *judge_goals(results)]:
        screen.print(line)
    return 0


def measure(folder: Path, sizes: Sequence[str]) -> Iterator[Result]:
    """Yield every result of the sizes asked for, smallest first, and of the projection."""
    for size in (one for one in SIZES if one in sizes):
        n, m, limit = SIZES[size]
        data = save(folder / f"{size}.npz", power_law(n, m, SEED))
        for library, operation in PLAN[size]:
            yield run(folder, size, library, operation, data, limit)
    for name, (customers, products, purchases) in BASKETS.items():
        data = save(folder / f"{name}.npz", baskets(customers, products, purchases, SEED))
        for library, operation in (
            ("guanxi", "projection"),
            ("sparse_dot_topn", "projection"),
            ("guanxi", "projection_sql"),
        ):
            yield run(folder, f"baskets {name}", library, operation, data, 600)


def run(folder: Path, size: str, library: str, operation: str, data: Path, limit: int) -> Result:
    """Return what one operation costs and how near it comes to its reference."""
    result = Result(size, library, operation)
    python = sys.executable if library == "guanxi" else PEERS_PYTHON
    answer = _answer(folder, size, library, operation)
    command = [python, "-m", "benchmarks.graph_child", library, operation, data, answer]
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=REPOSITORY,
            env={**child_environment(), **ONE_THREAD},
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        result.why_not = f"not done after {limit} s"
        return result
    if done.returncode:
        result.why_not = (done.stderr.strip().splitlines() or ["failed"])[-1]
        return result
    costs = json.loads(done.stdout)
    result.found = costs.pop("found")
    result.costs = costs
    result.accuracy = _accuracy(folder, result)
    return result


def _answer(folder: Path, size: str, library: str, operation: str) -> Path:
    return folder / f"{size}-{library}-{operation}.npy"


def _accuracy(folder: Path, result: Result) -> str:
    """Return how an approximation compares with its reference, in words."""
    for reference in REFERENCES.get((result.library, result.operation), ()):
        exact = _answer(folder, result.size, "guanxi", reference)
        found = _answer(folder, result.size, result.library, result.operation)
        if exact.exists() and found.exists():
            shared = overlap(np.load(found), np.load(exact))
            kind = "agreement of two seeds" if reference.endswith("seed") else "of the exact"
            return f"top {TOP}: {shared:.2f} {kind}"
    if "spread" in result.found:
        return f"{result.found['spread']:,.0f} active"
    error = result.found.get("error")
    return f"error {error:.4f} stated" if error else ""


def overlap(found: np.ndarray, exact: np.ndarray) -> float:
    """Return the share of the exact top hundred that is found.

    >>> overlap(np.arange(200.0), np.arange(200.0))
    1.0
    """
    tops = [set(np.argsort(-values, kind="stable")[:TOP].tolist()) for values in (found, exact)]
    return len(tops[0] & tops[1]) / TOP


def growth(results: Sequence[Result]) -> list[str]:
    """Return by which power of the ties each of our operations grows, from size to size."""
    lines = []
    ties = {size: SIZES[size][1] for size in SIZES}
    ours = [one for one in results if one.library == "guanxi" and one.size in ties and one.costs]
    for name in dict.fromkeys(one.operation for one in ours):
        own = sorted((ties[one.size], one.total_s) for one in ours if one.operation == name)
        steps = [
            math.log(max(b[1], 1e-4) / max(a[1], 1e-4)) / math.log(b[0] / a[0])
            for a, b in pairwise(own)
        ]
        if steps and name != "pagerank_round":
            words = ", ".join(f"{step:.2f}" for step in steps)
            lines.append(f"growth of {name}: ties to the power {words}")
    return lines


def _tell(result: Result) -> None:
    cost = result.why_not or f"{result.total_s:.2f} CPU s"
    screen.print(f"{result.size:<14}{result.library:<16}{result.operation:<20}{cost}", style="dim")


def _table(results: Sequence[Result]) -> Table:
    told = ("load CPU s", "wall s", "CPU s", "MiB", "of it at start", "accuracy")
    table = Table("graph", "operation", "library", *told)
    for one in results:
        cells = (
            [f"{one.costs[name]:,.2f}" for name in ("load_s", "wall_s", "cpu_s")]
            + [f"{one.costs[name]:,.0f}" for name in ("peak_mib", "start_mib")]
            if one.costs
            else ["", "", "", one.why_not, ""]
        )
        table.add_row(one.size, one.operation, one.library, *cells, one.accuracy)
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench-graph", description=__doc__)
    parser.add_argument(
        "--size", action="append", choices=list(SIZES), help="one size only; may be repeated"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

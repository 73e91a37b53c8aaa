"""`make bench`: the daily run by stage, and the same job as a newcomer would write it.

Everything runs in temporary homes on the bundled data: once without Airflow for the cost of each
stage, once as ``crm run`` from nothing and once more unchanged, and once as
``benchmarks.newcomer``. Both results are compared where they can be.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe_commit, describe_machine, today
from benchmarks.processes import Finished, run_child
from benchmarks.results import compare_results
from benchmarks.stages import PATHS, Cost, by_stage, newcomer_costs, step_costs
from benchmarks.workshop import REPOSITORY
from crm_tasks.connectors.files import source_root
from crm_tasks.profiles import load_profile
from crm_tasks.warehouse.home import Home

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.compare import Comparison

PROFILE = "completejourney"
REPORT = REPOSITORY / "build" / "bench.json"

screen = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 150)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write build/bench.json; return 1 if comparable results differ."""
    given = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        report, compared = _measure(Path(folder), given)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2), encoding="utf-8")
    _print_report(report, compared)
    return 1 if any(one.agreement == "differs" for one in compared) else 0


def measure_newcomer(out: Path, *, with_paths: bool = False) -> Finished:
    """Run the newcomer's script in a process of its own on the bundled data."""
    profile = load_profile(PROFILE)
    data = source_root(profile.sources[0], REPOSITORY) / "data"
    command = [sys.executable, "-m", "benchmarks.newcomer", "--data", data, "--out", out]
    command += ["--as-of", str(profile.default_as_of), *(["--paths"] if with_paths else [])]
    return run_child(command, REPOSITORY).checked()


def measure_direct(home: Home) -> Finished:
    """Run all steps without Airflow into a home."""
    command = [sys.executable, "-m", "crm_tasks", "run", "--home", home.root, "--profile", PROFILE]
    return run_child(command, REPOSITORY).checked()


def measure_crm_run(home: Home) -> Finished:
    """Run ``crm run`` into a home."""
    crm = Path(sys.executable).with_name("crm")
    return run_child([crm, "run", "--home", home.root, "--profile", PROFILE], REPOSITORY).checked()


def _measure(folder: Path, given: argparse.Namespace) -> tuple[dict[str, Any], list[Comparison]]:
    direct, newcomer = [], []
    for number in range(given.repeat):
        home, out = Home(folder / f"direct-{number}"), folder / f"newcomer-{number}"
        screen.print(f"{number + 1} of {given.repeat}: all steps without Airflow ...", style="dim")
        direct.append((measure_direct(home), step_costs(home)))
        screen.print(f"{number + 1} of {given.repeat}: the newcomer's script ...", style="dim")
        newcomer.append((measure_newcomer(out, with_paths=not given.quick), newcomer_costs(out)))
    screen.print("comparing results ...", style="dim")
    compared = compare_results(home, out)
    runs = {} if given.quick else _measure_runs(Home(folder / "airflow"))
    totals = {
        "guanxi": _middle([_cost(done) for done, _ in direct]),
        "newcomer": _middle([_cost(done) for done, _ in newcomer]),
    }
    parts = _middle_each([costs for _, costs in newcomer])
    report = {
        "date": today(),
        "commit": describe_commit(REPOSITORY),
        "machine": describe_machine(),
        "repeat": given.repeat,
        "stages": by_stage(
            _middle_each([steps for _, steps in direct]),
            parts,
        ),
        "newcomer_parts": {name: asdict(cost) for name, cost in parts.items()},
        "totals": {name: asdict(cost) for name, cost in totals.items()},
        "crm_run": {name: asdict(_cost(done)) for name, done in runs.items()},
        "comparisons": [asdict(one) for one in compared],
    }
    return report, compared


def _measure_runs(home: Home) -> dict[str, Finished]:
    screen.print("crm run into an empty home ...", style="dim")
    first = measure_crm_run(home)
    screen.print("crm run again, nothing changed ...", style="dim")
    return {"empty home": first, "unchanged rerun": measure_crm_run(home)}


def _cost(done: Finished) -> Cost:
    return Cost(done.duration_s, done.cpu_s, done.peak_mb)


def _middle(costs: Sequence[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(
        round(median(cost.duration_s for cost in costs), 3),
        round(median(cost.cpu_s for cost in costs), 3),
        round(median(cost.peak_mb for cost in costs), 1),
    )


def _middle_each(runs: Sequence[dict[str, Cost]]) -> dict[str, Cost]:
    return {name: _middle([costs[name] for costs in runs]) for name in runs[0]}


def _print_report(report: dict[str, Any], compared: Sequence[Comparison]) -> None:
    screen.print(f"\n{report['date']}, commit {report['commit']}, {report['machine']}")
    stages = Table("stage", "guanxi s", "CPU s", "peak MiB", "newcomer s", "CPU s", "wall ratio")
    for stage in report["stages"]:
        stages.add_row(stage["name"], *_cells(stage["guanxi"]), *_short_cells(stage))
    whole = {"name": "whole process", **report["totals"]}
    stages.add_section()
    stages.add_row(whole["name"], *_cells(whole["guanxi"]), *_short_cells(whole))
    screen.print(stages)
    ours, theirs = report["totals"]["guanxi"], report["totals"]["newcomer"]
    screen.print(
        f"peak memory {ours['peak_mb']:,.0f} MiB against {theirs['peak_mb']:,.0f} MiB; "
        f"CPU {ours['cpu_s']:.1f} s against {theirs['cpu_s']:.1f} s"
    )
    if PATHS in report["newcomer_parts"]:
        seconds = report["newcomer_parts"][PATHS]["duration_s"]
        screen.print(f"of the script's time, path measures in networkx take {seconds:.1f} s")
    for name, cost in report["crm_run"].items():
        screen.print(
            f"crm run, {name}: {cost['duration_s']:.1f} s, CPU {cost['cpu_s']:.1f} s, "
            f"peak {cost['peak_mb']:,.0f} MiB"
        )
    results = Table("result", "guanxi", "newcomer", "agreement")
    for one in compared:
        results.add_row(one.name, one.guanxi, one.newcomer, one.agreement)
    screen.print(results)


def _cells(cost: dict[str, float] | None) -> list[str]:
    if cost is None:
        return ["", "", ""]
    return [f"{cost['duration_s']:.1f}", f"{cost['cpu_s']:.1f}", f"{cost['peak_mb']:,.0f}"]


def _short_cells(stage: dict[str, Any]) -> list[str]:
    ours, theirs = stage["guanxi"], stage["newcomer"]
    if theirs is None:
        return ["", "", ""]
    is_measurable = ours is not None and theirs["duration_s"] >= 0.05
    ratio = f"{ours['duration_s'] / theirs['duration_s']:.2f}" if is_measurable else ""
    return [f"{theirs['duration_s']:.1f}", f"{theirs['cpu_s']:.1f}", ratio]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--repeat", type=int, default=1, help="runs of each; medians are shown")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="leave out `crm run` through Airflow, and the script's path measures (minutes)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""The cost of each stage: the steps of a run beside the parts of the newcomer's script."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from crm_tasks.warehouse.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crm_tasks.warehouse.home import Home

OURS_ALONE = "only here"
#: The script's part that takes most of its time: what a first script leaves out.
PATHS = "path measures"


@dataclass(frozen=True)
class Stage:
    """A stage of the job: the steps of a run and the parts of the script that do it."""

    name: str
    steps: tuple[str, ...]
    parts: tuple[str, ...]


STAGES = (
    Stage("read the sources (here: land them)", ("land",), ("read",)),
    Stage("type, clean, model", ("staging", "identity", "core"), ("clean",)),
    Stage("features (there: RFM alone)", ("features", "features_wide"), ("rfm",)),
    Stage(
        "graph (here with path measures)",
        ("relationships",),
        ("purchase ties", "similarity ties", "pagerank, communities", PATHS),
    ),
    Stage("segments and actions", ("segments", "actions"), ("actions",)),
    Stage("tables for readers", ("bi", "publish"), ("write",)),
)


@dataclass(frozen=True)
class Cost:
    """Wall and CPU seconds, peak memory in MiB (0 where nobody measured it)."""

    duration_s: float
    cpu_s: float
    peak_mb: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            round(self.duration_s + other.duration_s, 3),
            round(self.cpu_s + other.cpu_s, 3),
            max(self.peak_mb, other.peak_mb),
        )


def step_costs(home: Home) -> dict[str, Cost]:
    """Return the cost of each step of the latest successful attempts, from ``ops.task_runs``."""
    rows = Ledger(home.ops_file).store.rows(
        "select task_id, duration_s, cpu_s, peak_rss_mb from task_runs where state = 'success' "
        "order by task_run_no"
    )
    return {
        row["task_id"]: Cost(row["duration_s"], row["cpu_s"], row["peak_rss_mb"]) for row in rows
    }


def newcomer_costs(out: Path) -> dict[str, Cost]:
    """Return the cost of each part of the newcomer's script, from its report."""
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    return {name: Cost(**seconds) for name, seconds in report["stages"].items()}


def by_stage(steps: Mapping[str, Cost], parts: Mapping[str, Cost]) -> list[dict[str, Any]]:
    """Return one row per stage; steps that the script has nothing like come last.

    >>> by_stage({"land": Cost(2, 1)}, {"read": Cost(1, 1)})[0]["guanxi"]["duration_s"]
    2
    """
    rows = [
        _row(stage.name, _summed(steps, stage.steps), _summed(parts, stage.parts))
        for stage in STAGES
    ]
    known = {step for stage in STAGES for step in stage.steps}
    alone = [name for name in steps if name not in known]
    return [*rows, *(_row(f"{OURS_ALONE}: {name}", steps[name], None) for name in alone)]


def _row(name: str, ours: Cost | None, theirs: Cost | None) -> dict[str, Any]:
    return {
        "name": name,
        "guanxi": asdict(ours) if ours else None,
        "newcomer": asdict(theirs) if theirs else None,
    }


def _summed(costs: Mapping[str, Cost], names: tuple[str, ...]) -> Cost | None:
    found = [costs[name] for name in names if name in costs]
    if not found:
        return None
    total = found[0]
    for cost in found[1:]:
        total += cost
    return total

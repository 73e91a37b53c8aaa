"""Run all steps of a run, copying the home after some: `stages.py PROFILE HOME SNAPSHOTS`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.registry import STEPS
from crm_tasks.steps.runner import run_step

#: The steps after which some test takes the home up.
KEPT = frozenset(
    {"land", "identity", "core", "gate_features", "relationships", "gate_strategy", "bi", "publish"}
)


def run_with_snapshots(profile: str, home: Path, snapshots: Path) -> None:
    """Leave a copy of the home after each step kept, named after that step."""
    attempt = Attempt("stages", profile, str(home))
    for step in STEPS:
        run_step(step.name, attempt)
        if step.name in KEPT:
            shutil.copytree(home, snapshots / step.name, symlinks=True)


if __name__ == "__main__":
    run_with_snapshots(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))

"""Run all steps of a run, copying the home after each: `stages.py PROFILE HOME SNAPSHOTS`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.registry import STEPS
from crm_tasks.steps.runner import run_step


def run_with_snapshots(profile: str, home: Path, snapshots: Path) -> None:
    """Leave one copy of the home per step, named after the step it was taken after."""
    attempt = Attempt("stages", profile, str(home))
    for step in STEPS:
        run_step(step.name, attempt)
        shutil.copytree(home, snapshots / step.name, symlinks=True)


if __name__ == "__main__":
    run_with_snapshots(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))

"""What the tests of change over time share: a warm dbt and a clock that landing goes by."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crm_tasks.errors import ModelBuildFailed
from crm_tasks.quality.gate import check_gate
from crm_tasks.steps import gates, models

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crm_tasks.quality.outcomes import ExpectationOutcome
    from crm_tasks.warehouse.dbt import DbtCall

WORKER = Path(__file__).with_name("dbt_worker.py")


class Warm:
    """What takes the place of ``warehouse.dbt.build``: the same dbt, already started.

    ``checks`` says whether data tests and gates run, which take most of a small run's time.
    """

    def __init__(self, worker: subprocess.Popen[str]) -> None:
        self.worker = worker
        self.checks = True

    def build(
        self,
        call: DbtCall,
        select: Sequence[str],
        exclude: Sequence[str] = (),
        *,
        is_full: bool = True,
    ) -> None:
        """Build the selected models, as ``warehouse.dbt.build`` does."""
        arguments = ["build", "--indirect-selection", "buildable"]
        for kind in ("unit_test", *(() if self.checks else ("test",))):
            arguments += ["--exclude-resource-type", kind]
        arguments += ["--select", *select]
        arguments += ["--exclude", *exclude] if exclude else []
        arguments += ["--full-refresh"] if is_full else []
        program = call.command()
        told = [*program[program.index("--no-use-colors") :], *arguments]
        if _asked(self.worker, call.environment(), _ordered(told)) != 0:
            raise ModelBuildFailed(f"dbt failed; see {call.target / 'run_results.json'}")

    def check_gate(self, *asked: Any) -> list[ExpectationOutcome]:
        """Check a gate, or pass it by."""
        return check_gate(*asked) if self.checks else []


@pytest.fixture(scope="session")
def _warm_dbt() -> Iterator[Warm]:
    worker = subprocess.Popen(
        [sys.executable, str(WORKER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )

    yield Warm(worker)
    if worker.stdin:
        worker.stdin.close()
    worker.wait(timeout=30)
    if worker.stdout:
        worker.stdout.close()


def _ordered(told: list[str]) -> list[str]:
    """Return the verb's options behind the verb, as dbt wants them."""
    verb = told.index("build")
    own = told.index("--project-dir")
    return [*told[:own], *told[verb:], *told[own:verb]]


def _asked(worker: subprocess.Popen[str], environment: dict[str, str], told: list[str]) -> int:
    assert worker.stdin is not None
    assert worker.stdout is not None
    dbt = {name: value for name, value in environment.items() if name.startswith("DBT_")}
    worker.stdin.write(json.dumps({"environment": dbt, "arguments": told}) + "\n")
    worker.stdin.flush()
    answer: dict[str, Any] = json.loads(worker.stdout.readline())
    return int(answer["code"])


@pytest.fixture(scope="session")
def warm(_warm_dbt) -> Iterator[Warm]:
    """Let steps that run in this process ask the warm dbt."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "build", _warm_dbt.build)
        patch.setattr(gates, "check_gate", _warm_dbt.check_gate)
        yield _warm_dbt

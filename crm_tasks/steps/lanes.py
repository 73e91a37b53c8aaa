"""Two lanes for the steps of one process: its own, and another process for what may run beside.

A scheduler with workers runs tasks side by side by itself. The embedded one calls one step after
the other; while it is at the next, the lane is at those that waited for less (``Step.after``).
"""

from __future__ import annotations

from concurrent.futures import Executor, Future, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from crm_tasks.steps import runner
from crm_tasks.steps.registry import STEPS, find_step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_tasks.steps.attempt import Attempt


class Lanes:
    """Runs steps as they are asked for, and starts ahead those that may run beside.

    Parameters
    ----------
    beside : concurrent.futures.Executor
        Runs steps one after the other, in a process of its own.
    """

    def __init__(self, beside: Executor) -> None:
        self._beside = beside
        self._ahead: dict[str, Future[dict[str, Any]]] = {}

    def run(self, name: str, attempt: Attempt) -> dict[str, Any]:
        """Return a step's report, waiting for it if it runs beside.

        Raises
        ------
        CrmError
            The step failed, wherever it ran. Asked for again, it runs here.
        """
        ahead = self._ahead.pop(name, None)
        if ahead is not None:
            return ahead.result()
        if find_step(name).is_dbt:
            wait(self._ahead.values())  # dbt needs the working file for itself
        report = runner.run_step(name, attempt)
        for step in STEPS:
            if step.after == name:
                self._ahead[step.name] = self._beside.submit(_run, step.name, attempt)
        return report


_lanes: list[Lanes] = []


@contextmanager
def two_lanes(beside: Executor) -> Iterator[None]:
    """Have :func:`run_in_lane` use an executor for steps that may run beside."""
    _lanes.append(Lanes(beside))
    try:
        yield
    finally:
        _lanes.pop()


def run_in_lane(name: str, attempt: Attempt) -> dict[str, Any]:
    """Run a step: at once, or in two lanes where somebody opened them."""
    return _lanes[-1].run(name, attempt) if _lanes else runner.run_step(name, attempt)


def _run(name: str, attempt: Attempt) -> dict[str, Any]:
    return runner.run_step(name, attempt)

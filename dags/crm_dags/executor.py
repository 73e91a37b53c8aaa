"""Airflow's LocalExecutor, with what the steps need loaded before its workers are made.

Each task has a process of its own, a copy of a worker's. What the worker has loaded the task has
too: it starts at once, where loading Great Expectations or scikit-learn anew takes seconds.
"""

from __future__ import annotations

from importlib import import_module

from airflow.executors.local_executor import LocalExecutor

from crm_tasks.steps.registry import STEPS

#: Beside the steps themselves, what they load when they are called; by name, as steps are.
NEEDED = (
    "crm_tasks.steps.runner",
    "great_expectations",
    "skops.io",
    "sklearn.ensemble",
    "sklearn.model_selection",
)


class LoadedExecutor(LocalExecutor):
    """A LocalExecutor that loads the steps first."""

    def start(self) -> None:
        """Load them and make the workers."""
        for module in (*NEEDED, *(step.function.partition(":")[0] for step in STEPS)):
            import_module(module)
        super().start()

"""Whether a step's result already stands for a run, so that a rerun need not make it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.contracts import Table, all_tables, find_table
from crm_tasks.warehouse.publications import is_served
from crm_tasks.warehouse.tables import is_handed_over

if TYPE_CHECKING:
    from crm_tasks.steps.registry import Step
    from crm_tasks.warehouse.home import Home
    from crm_tasks.warehouse.ledger import Ledger


def step_stands(home: Home, ledger: Ledger, step: Step, run_id: str) -> bool:
    """Return whether a step succeeded in this run and what it wrote is still there.

    A dbt step stands while the working file's layer is still this run's; a Python step while its
    Parquet has the digest of its manifest; publishing while the served version is this run's. A
    gate has no result but its verdict, which the ledger keeps.
    """
    if ledger.report_of(run_id, step.name) is None:
        return False
    if step.name == "publish":
        return is_served(home, ledger, run_id)
    if step.is_dbt:
        return home.warehouse_file.is_file() and ledger.layer_is_complete(step.name, run_id)
    return all(is_handed_over(home, table, run_id) for table in tables_written(step)) and all(
        is_handed_over(home, table, run_id, step.name) for table in tables_contributed_to(step)
    )


def tables_contributed_to(step: Step) -> list[Table]:
    """Return the tables a step hands over some rows of."""
    return [find_table(name) for name in step.contributes]


def tables_written(step: Step) -> list[Table]:
    """Return the Python tables a step writes."""
    return [t for t in all_tables() if step.is_writer_of(t) and t.writer == "python"]

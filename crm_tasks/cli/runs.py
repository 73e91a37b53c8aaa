"""`crm runs`: what ran, how it ended and why."""

from __future__ import annotations

from typing import Annotated

import typer

from crm_tasks.cli.console import HomeOption, output, print_table
from crm_tasks.settings import load_settings
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger

app = typer.Typer(help="List runs, or show one with its steps and failed expectations.")

RUN_COLUMNS = (
    "run_id", "profile", "as_of_date", "state", "failed_step", "rows_out", "started_at",
    "stale_because",
)  # fmt: skip
STEP_COLUMNS = (
    "task_id", "state", "rows_in", "rows_written", "rows_quarantined", "rows_touched",
    "duration_s", "cpu_s", "peak_rss_mb", "message",
)  # fmt: skip
CHECK_COLUMNS = ("severity", "suite", "table_name", "column_name", "expectation", "n_unexpected",
                 "n_rows", "treatment")  # fmt: skip


@app.callback(invoke_without_command=True)
def list_runs(context: typer.Context, home: HomeOption = None) -> None:
    """List all runs of a home, newest first."""
    if context.invoked_subcommand is not None:
        return
    found = _ledger(home).store.rows(
        f"select {', '.join(RUN_COLUMNS)} from runs order by started_at desc"  # noqa: S608
    )
    if not found:
        output.print("no runs yet; start with `crm run`")
        return
    print_table(RUN_COLUMNS, (tuple(row.values()) for row in found))


@app.command()
def show(
    run: Annotated[str, typer.Argument(help="Run id, or the beginning of one, or 'last'")],
    home: HomeOption = None,
) -> None:
    """Show a run: its steps with rows, seconds and memory, and every expectation that failed."""
    ledger = _ledger(home)
    row = ledger.find_run_like(run)
    for name in ("run_id", "profile", "as_of_date", "state", "failed_step", "message",
                 "decisions_run_id", "stale_because"):  # fmt: skip
        if row[name] is not None:
            output.print(f"{name:<12} {row[name]}", markup=False, highlight=False)
    steps = ledger.store.rows(
        f"select {', '.join(STEP_COLUMNS)} from task_runs where run_id = ? order by task_run_no",  # noqa: S608
        (row["run_id"],),
    )
    print_table(STEP_COLUMNS, (tuple(step.values()) for step in steps), "\nsteps")
    checks = ledger.store.rows(
        f"select {', '.join(CHECK_COLUMNS)} from dq_results where run_id = ? and not is_success "  # noqa: S608
        "order by severity, suite, table_name, expectation",
        (row["run_id"],),
    )
    if checks:
        print_table(
            CHECK_COLUMNS, (tuple(check.values()) for check in checks), "\nfailed expectations"
        )


def _ledger(home: HomeOption) -> Ledger:
    return Ledger(Home(load_settings(home=home).home_path).ops_file)

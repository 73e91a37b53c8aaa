"""`python -m crm_tasks run graph.edges --as-of 2018-01-02`: the same steps without Airflow."""

from __future__ import annotations

import sys
import uuid
from typing import Annotated

import typer

from crm_tasks.cli.console import HomeOption, errors, output
from crm_tasks.contracts import find_table
from crm_tasks.errors import CrmError
from crm_tasks.settings import load_settings
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.registry import step_writing
from crm_tasks.steps.runner import run_all

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def steps() -> None:
    """Run the steps of the daily DAG one after another in this process, without Airflow."""


@app.command()
def run(
    table: Annotated[
        str | None, typer.Argument(help="Stop after the step that writes schema.table")
    ] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="YYYY-MM-DD")] = None,
    profile: Annotated[str | None, typer.Option()] = None,
    home: HomeOption = None,
) -> None:
    """Run all steps, or those up to the one that writes a table."""
    settings = load_settings(home=home, profile=profile)
    until = step_writing(find_table(table)) if table else None
    attempt = Attempt(
        attempt_id=f"direct__{uuid.uuid4().hex[:12]}",
        profile=settings.profile,
        home=str(settings.home_path),
        as_of=as_of,
    )
    for report in run_all(attempt, until):
        output.print(
            f"{report['step']:<18} {report['state']:<9} {report['rows_written']:>11,} rows  "
            f"{report['message']}",
            highlight=False,
            markup=False,
        )


def main() -> None:
    """Run the command; a CrmError becomes one line on stderr and exit code 1."""
    try:
        app()
    except CrmError as error:
        errors.print(f"error: {error}", markup=False, highlight=False)
        sys.exit(1)


if __name__ == "__main__":
    main()

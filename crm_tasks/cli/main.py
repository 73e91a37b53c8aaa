"""The `crm` command: one small module per verb, all errors told the same way."""

from __future__ import annotations

import sys

import typer

from crm_tasks.cli import (
    audit,
    backfill,
    brief,
    doctor,
    erase,
    graph,
    identity,
    key,
    outbox,
    profile,
    quarantine,
    rules,
    run,
    runs,
    sql,
    text,
    up,
    why,
)
from crm_tasks.cli.console import errors
from crm_tasks.errors import CrmError

app = typer.Typer(
    help=(
        "Guanxi turns customer data into a relationship graph and a contact plan.\n\n"
        "Start with `crm run`: it works on bundled real data and ends with queries worth trying. "
        'Then `crm sql "select * from bi.segment_overview"` looks at the result, `crm runs` at '
        "what happened. Everything generated lies under CRM_HOME (default ./var)."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("run")(run.run)
app.command("backfill")(backfill.backfill_dates)
app.command("sql")(sql.sql)
app.add_typer(runs.app, name="runs")
app.add_typer(graph.app, name="graph")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(identity.app, name="identity")
app.add_typer(key.app, name="key")
app.add_typer(outbox.app, name="outbox")
app.add_typer(rules.app, name="rules")
app.add_typer(text.app, name="text")
app.command("erase")(erase.erase)
app.command("brief")(brief.brief)
app.command("why")(why.why)
app.command("doctor")(doctor.doctor)
app.command("up")(up.up)
app.add_typer(audit.app, name="audit")
app.add_typer(profile.app, name="profile")


def main() -> None:
    """Run the command line; a CrmError becomes one line on stderr and exit code 1."""
    try:
        app()
    except CrmError as error:
        errors.print(f"error: {error}", markup=False, highlight=False)
        sys.exit(1)

"""`crm quarantine`: what could not become a row, why, and how to take it up again."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from crm_tasks.cli.console import HomeOption, output, print_table
from crm_tasks.privacy.keys import derived_key, home_secret
from crm_tasks.privacy.vault import Vault
from crm_tasks.profiles import load_profile
from crm_tasks.settings import Settings, load_settings
from crm_tasks.warehouse.audit import append_audit
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.quarantine import (
    find_set_aside,
    landed_record,
    raw_bytes,
    set_aside,
)

app = typer.Typer(help="Records that could not become rows: list, show, take up again.")

COLUMNS = ("quarantine_id", "source_system", "entity", "source_record_id", "stage", "reason",
           "byte_offset", "byte_length", "first_seen_at", "released_at")  # fmt: skip
LISTED_AT_MOST = 100

SourceOption = Annotated[str | None, typer.Option(help="Only of this source system")]
ReasonOption = Annotated[
    str | None, typer.Option(help="Only for this reason, or all that begin with it: E_TYPE")
]
ProfileOption = Annotated[
    str | None, typer.Option(help="Profile: a bundled name or a file (default: CRM_PROFILE)")
]


@app.callback()
def quarantine() -> None:
    """Work with what was set aside."""


@app.command("list")
def list_records(
    source: SourceOption = None,
    reason: ReasonOption = None,
    released: Annotated[bool, typer.Option(help="Also what was taken up again")] = False,
    home: HomeOption = None,
) -> None:
    """List what is set aside, oldest first, without any value from the data."""
    ledger = Ledger(Home(load_settings(home=home).home_path).ops_file)
    rows = set_aside(ledger, source, reason, also_released=released)
    if not rows:
        output.print("nothing is set aside")
        return
    print_table(COLUMNS, ([row[name] for name in COLUMNS] for row in rows[:LISTED_AT_MOST]))
    counts: dict[tuple[str, str, str], int] = {}
    for row in rows:
        key = (row["source_system"], row["entity"], row["reason"])
        counts[key] = counts.get(key, 0) + 1
    print_table(
        ("source_system", "entity", "reason", "records"),
        ([*key, n] for key, n in sorted(counts.items())),
        f"\n{len(rows)} in all",
    )


@app.command()
def show(
    record: Annotated[str, typer.Argument(help="Id, or the beginning of one")],
    raw: Annotated[bool, typer.Option(help="The record's own bytes, as they stood")] = False,
    profile: ProfileOption = None,
    home: HomeOption = None,
) -> None:
    """Show one record: where it stood and why it was set aside; --raw opens the vault."""
    settings = load_settings(home=home, profile=profile)
    place = Home(settings.home_path)
    ledger = Ledger(place.ops_file)
    row = find_set_aside(ledger, record)
    if raw and row["stage"] == "landing":
        append_audit(ledger, "quarantine.opened", row["quarantine_id"], {}, role="operator")
        sys.stdout.buffer.write(raw_bytes(_vault(settings, place), row))
        sys.stdout.buffer.flush()
        return
    for name, value in row.items():
        if value is not None:
            output.print(f"{name:<20} {value}", markup=False, highlight=False)
    if row["stage"] == "staging":
        landed = landed_record(place, ledger, row)
        print_table(("column", "landed text"), landed.items(), "\nthe record as it was landed")


@app.command()
def replay(  # noqa: PLR0913 (one option each)
    source: SourceOption = None,
    reason: ReasonOption = None,
    encoding: Annotated[str | None, typer.Option(help="What these records are in")] = None,
    delimiter: Annotated[str | None, typer.Option(help="What these records are split by")] = None,
    escape: Annotated[str | None, typer.Option(help="Their escape character")] = None,
    profile: ProfileOption = None,
    *,
    home: HomeOption = None,
) -> None:
    """Land records again under the profile as it is now; the next `crm run` reads them.

    Rows that staging refused need no replay: each `crm run` types them anew.
    """
    from crm_tasks.steps.replay import replay as replay_records

    settings = load_settings(home=home, profile=profile)
    ledger = Ledger(Home(settings.home_path).ops_file)
    given = {"encoding": encoding, "delimiter": delimiter, "escape": escape}
    dialect = {name: value for name, value in given.items() if value is not None}
    report = replay_records(settings, ledger, source, reason, dialect)
    output.print(f"{report.message}; `crm run` reads them")


def _vault(settings: Settings, home: Home) -> Vault:
    secret = home_secret(settings, load_profile(settings.profile), home.key_file)
    return Vault(home.vault, derived_key(secret, "vault"))

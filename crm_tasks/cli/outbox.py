"""`crm outbox`: what is to leave the house, what left, and what nobody knows of."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from crm_tasks.cli.console import HomeOption, output, print_table
from crm_tasks.profiles import load_profile
from crm_tasks.settings import load_settings
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.outbox import IN_DOUBT, Outbox

if TYPE_CHECKING:
    from pathlib import Path

    from crm_tasks.steps.outbox import Sending

app = typer.Typer(help="Messages of the plan: send, list, settle what is in doubt.")

COLUMNS = ("idempotency_key", "state", "channel", "adapter", "campaign_id", "attempts", "reason",
           "changed_at")  # fmt: skip
LISTED_AT_MOST = 100
ProfileOption = Annotated[
    str | None, typer.Option(help="Profile: a bundled name or a file (default: CRM_PROFILE)")
]


class State(StrEnum):
    """What a message can be."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"


class Fate(StrEnum):
    """What a person may find a message in doubt to be."""

    SENT = "sent"
    FAILED = "failed"


@app.callback()
def outbox() -> None:
    """Work with the messages that leave the house."""


@app.command("list")
def list_messages(
    state: Annotated[State | None, typer.Option(help="Only in this state")] = None,
    home: HomeOption = None,
) -> None:
    """List messages, oldest first; no address is kept, so none is shown."""
    _print(home, *([state.value] if state else []))


@app.command("in-doubt")
def in_doubt(home: HomeOption = None) -> None:
    """List messages that may have left: find out from the gateway or mail log, then settle."""
    _print(home, IN_DOUBT)


def _print(home: Path | None, *states: str) -> None:
    found = Outbox(Ledger(Home(load_settings(home=home).home_path).ops_file)).messages(*states)
    if not found:
        output.print("no messages")
        return
    rows = ([message[name] for name in COLUMNS] for message in found[:LISTED_AT_MOST])
    print_table(COLUMNS, rows, f"{len(found)} in all")


@app.command()
def send(
    live: Annotated[bool, typer.Option("--live", help="Let messages leave the house")] = False,
    until: Annotated[
        dt.datetime | None, typer.Option(help="Also what is scheduled up to then, UTC (now)")
    ] = None,
    profile: ProfileOption = None,
    home: HomeOption = None,
) -> None:
    """Show what is due and the first message; with --live, send it, each message once."""
    from crm_tasks.steps.outbox import send as send_due

    report = send_due(_sending(home, profile), until or utc_now(), is_live=live)
    print_table(("messages", "number"), report.counts.items())
    for draft in report.previews:
        output.print(f"\n{draft.subject}\n\n{draft.body}", markup=False, highlight=False)
    if report.message:
        output.print(report.message, markup=False, highlight=False)


@app.command()
def settle(  # noqa: PLR0913 (one option each)
    message: Annotated[str | None, typer.Argument(help="Key, or the beginning of one")] = None,
    fate: Annotated[Fate | None, typer.Argument(help="What it was found to be")] = None,
    by: Annotated[str, typer.Option(help="Who found it out")] = "operator",
    reason: Annotated[str, typer.Option(help="How, without personal data")] = "",
    from_events: Annotated[
        bool, typer.Option("--from-events", help="Settle what delivery events speak of")
    ] = False,
    profile: ProfileOption = None,
    *,
    home: HomeOption = None,
) -> None:
    """Settle a message in doubt as sent or failed, or all that came back as events."""
    from crm_tasks.steps.outbox import settle_by_events

    sending = _sending(home, profile)
    if from_events:
        output.print(f"{settle_by_events(sending)} settled by delivery events")
        return
    if message is None or fate is None:
        raise typer.BadParameter("give a message and what it was, sent or failed")
    key = sending.outbox.find(message)["idempotency_key"]
    n = sending.outbox.settle([key], fate.value, by, reason or "found out by a person")
    output.print(f"{n} settled as {fate.value}" if n else "it is not in doubt; nothing was changed")


def _sending(home: Path | None, profile: str | None) -> Sending:
    from crm_tasks.steps.outbox import Sending

    settings = load_settings(home=home, profile=profile)
    place = Home(settings.home_path)
    return Sending(settings, load_profile(settings.profile), place, Ledger(place.ops_file))

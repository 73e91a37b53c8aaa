"""Senders killed at every named point, again and again: no message leaves twice."""

from __future__ import annotations

import datetime as dt
import os
import signal
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pyarrow as pa

from benchmarks.acceptance import Measured, line
from crm_tasks.connectors.patience import Patience
from crm_tasks.profiles import load_profile
from crm_tasks.profiles.outlets import Outbox as Outlets
from crm_tasks.settings import load_settings
from crm_tasks.steps import outbox as step
from crm_tasks.steps.outbox import Sending, send
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.workshop import Workshop

NOON = dt.datetime(2024, 7, 1, 12)  # noqa: DTZ001 (UTC)
#: All points that a message passes, by its way out.
POINTS = {
    "email": ("claimed", "connected", "addressed", "answered", "delivered", "settled"),
    "sms": ("claimed", "connected", "answered", "delivered", "settled"),
}
N_MESSAGES, KILLS = 12, (1, 3, 5)


@dataclass
class Tally:
    """What became of all messages of all trials."""

    kills: int = 0
    messages: int = 0
    twice: int = 0
    sent: int = 0
    in_doubt: int = 0
    lost: int = 0


def play(folder: Path, channel: str, outlets: Outlets, taken: Callable[[], list[str]]) -> Tally:
    """Kill a sender at each point of a channel, send the rest twice over, and count."""
    tally = Tally()
    for point in POINTS[channel]:
        home = folder / f"{channel}-{point}"
        rows = [_action(f"{channel}-{point}-{number}", channel) for number in range(N_MESSAGES)]
        with (
            patch.object(step, "query_served", _serving(rows)),
            patch.object(step, "addresses", lambda *a: {one: f"{one}@example.org" for one in a[5]}),
        ):
            sending = _sending(home, outlets)
            killed = sum(_kill(sending, point, nth) for nth in KILLS)
            for _ in range(2):
                send(sending, NOON, is_live=True)
        keys = {row["idempotency_key"] for row in rows}
        times = Counter(key for key in taken() if key in keys)
        states = {m["idempotency_key"]: m["state"] for m in sending.outbox.messages()}
        doubtful = {key for key, state in states.items() if state == "in_doubt"}
        tally.kills += killed
        tally.messages += len(keys)
        tally.twice += sum(n > 1 for n in times.values())
        tally.sent += sum(state == "sent" for state in states.values())
        tally.in_doubt += len(doubtful)
        tally.lost += len(keys - times.keys() - doubtful)
    return tally


def _action(key: str, channel: str) -> dict[str, Any]:
    return {
        "idempotency_key": key, "strategy_action_id": key, "campaign_id": "c", "customer_id": key,
        "channel": channel, "content_id": "guide", "content_type": "education",
        "scheduled_at": NOON, "status": "planned", "language_code": "en", "action_name": "Guide",
        "top_category": None, "is_granted": True,
    }  # fmt: skip


def _serving(rows: list[dict[str, Any]]) -> Callable[..., pa.Table]:
    """Return a published file that holds these due actions, and no event that came back."""

    def served(_: Home, query: str, *__: object) -> pa.Table:
        nothing = pa.table({"contact_id": pa.array([], pa.string())})
        return nothing if query == step.ARRIVED else pa.Table.from_pylist(rows)

    return served


def _sending(folder: Path, outlets: Outlets) -> Sending:
    profile = load_profile("planted").model_copy(update={"outbox": outlets, "dry_run_only": False})
    home = Home(folder)
    patience = Patience(attempts=2, first_wait_s=0.01, longest_wait_s=0.02)
    return Sending(load_settings(home=folder), profile, home, Ledger(home.ops_file), patience)


def _kill(sending: Sending, point: str, nth: int) -> bool:
    """Send in a child that kills itself at a point; return whether it came to that."""
    child = os.fork()
    if not child:
        passed: Counter[str] = Counter()

        def at(name: str) -> None:
            passed[name] += 1
            if name == point and passed[name] == nth:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            send(replace(sending, at=at), NOON, is_live=True)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@line(
    6, "Senders killed at every named point, then run again: no message leaves twice, none is lost"
)
def killed_senders(workshop: Workshop) -> Measured:
    """Kill while mailing and while calling a gateway; count what arrived."""
    from tests.connectors.sending.servers import gateway, mail_server

    with mail_server() as box, gateway() as (url, taken, _):
        mail = {
            "host": "127.0.0.1", "port": box.port, "sender": "shop@example.com",
            "unsubscribe": "mailto:stop@example.com", "security": "none",
        }  # fmt: skip
        ways: Sequence[tuple[str, Outlets, Callable[[], list[str]]]] = (
            ("email", Outlets(email=mail), lambda: box.keys),
            ("sms", Outlets(gateways={"sms": {"url": url}}), lambda: [key for key, *_ in taken]),
        )
        tallies = {
            channel: play(workshop.folder / "killed", channel, outlets, arrived)
            for channel, outlets, arrived in ways
        }
    text = "; ".join(
        f"{channel}: {one.kills} kills at {len(POINTS[channel])} points, {one.messages} messages, "
        f"{one.sent} sent once, {one.in_doubt} in doubt, {one.twice} twice, {one.lost} lost"
        for channel, one in tallies.items()
    )
    return Measured(
        text,
        all(
            one.kills == len(KILLS) * len(POINTS[channel])
            and not one.twice
            and not one.lost
            and one.in_doubt <= one.kills
            and one.sent + one.in_doubt == one.messages
            for channel, one in tallies.items()
        ),
    )

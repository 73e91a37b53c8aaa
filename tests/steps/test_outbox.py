# ruff: noqa: ARG001 (fixtures and stand-ins take what they are given)
"""Sending end to end on loopback: each message once, whenever the sender dies."""

from __future__ import annotations

import csv
import datetime as dt
import os
import re
import signal
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest

from crm_tasks.connectors.patience import Patience
from crm_tasks.connectors.sending import smtp, webhook
from crm_tasks.profiles import load_profile
from crm_tasks.profiles.outlets import Outbox as Outlets
from crm_tasks.settings import load_settings
from crm_tasks.steps import outbox as step
from crm_tasks.steps.addresses import addresses
from crm_tasks.steps.outbox import Sending, send, settle_by_events
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.query import query_served
from tests.connectors.sending.servers import gateway, mail_server
from tests.flow.small_company import PROFILE

NOON = dt.datetime.fromisoformat("2024-07-01 12:00")
N = 4
POINTS = ("claimed", "connected", "addressed", "answered", "delivered", "settled")


def action(number, channel="email", **more):
    return {
        "idempotency_key": f"k{number}", "strategy_action_id": f"a{number}", "campaign_id": "c",
        "customer_id": f"x{number}", "channel": channel, "content_id": "guide",
        "content_type": "education", "scheduled_at": NOON, "status": "planned",
        "language_code": "zh", "action_name": "Guide", "top_category": None, "is_granted": True,
        **more,
    }  # fmt: skip


@pytest.fixture
def due(monkeypatch):
    """Return the list of actions that are due, to be changed; addresses are made up."""
    rows = [action(number) for number in range(N)]
    events = []

    def served(home, query, parameters=None):
        if "core.fct_contacts" in query:
            return pa.table({"contact_id": pa.array(events, pa.string())})
        return pa.Table.from_pylist(rows) if rows else pa.table({})

    def address(settings, home, ledger, profile, field, customers):
        return {one: f"{one}@example.org" for one in customers if one != "homeless"}

    monkeypatch.setattr(step, "query_served", served)
    monkeypatch.setattr(step, "addresses", address)
    return SimpleNamespace(rows=rows, events=events)


@pytest.fixture(scope="module")
def mailbox():
    with mail_server() as box:
        yield box


@pytest.fixture
def sending(tmp_path, mailbox, due):
    mailbox.mails.clear()
    mail = {
        "host": "127.0.0.1", "port": mailbox.port, "sender": "shop@example.com",
        "unsubscribe": "mailto:stop@example.com", "security": "none",
    }  # fmt: skip
    return at_home(tmp_path, email=mail)


def at_home(folder, *, dry_run_only=False, consent="deny", **outlets):
    profile = load_profile(str(PROFILE))
    contact = profile.contact.model_copy(update={"consent_when_unknown": consent})
    told = {
        "outbox": Outlets(**outlets), "dry_run_only": dry_run_only, "contact": contact,
    }  # fmt: skip
    home = Home(folder)
    return Sending(
        load_settings(home=folder), profile.model_copy(update=told), home, Ledger(home.ops_file),
        Patience(attempts=2, first_wait_s=0.01, longest_wait_s=0.02),
    )  # fmt: skip


def states(sending):
    return {m["idempotency_key"]: m["state"] for m in sending.outbox.messages()}


def test_without_live_nothing_leaves_and_nothing_is_queued(sending, mailbox):
    report = send(sending, NOON, is_live=False)
    assert report.is_dry_run
    assert report.counts["would leave by smtp"] == N
    assert "您好" in report.previews[0].body
    assert (states(sending), mailbox.mails) == ({}, [])


@pytest.mark.parametrize("which", ["profile", "plan"])
def test_a_dry_profile_or_a_dry_plan_is_not_sent_even_live(tmp_path, due, which):
    dry = at_home(tmp_path, dry_run_only=which == "profile", lists={"email": {"name": "ads"}})
    due.rows[0]["status"] = "planned_dry_run" if which == "plan" else "planned"
    report = send(dry, NOON, is_live=True)
    assert report.is_dry_run
    assert "dry" in report.message
    assert states(dry) == {}


def test_live_sends_each_once_however_often_it_is_called(sending, mailbox):
    for _ in range(3):
        report = send(sending, NOON, is_live=True)
    assert not report.is_dry_run
    assert sorted(mailbox.keys) == [f"k{number}" for number in range(N)]
    assert set(states(sending).values()) == {"sent"}


def test_consent_is_asked_again_when_it_is_sent(sending, mailbox, due):
    due.rows[0]["is_granted"] = False
    due.rows[1]["is_granted"] = None  # the profile denies what is unknown
    report = send(sending, NOON, is_live=True)
    assert report.counts["no consent"] == 2
    assert sorted(mailbox.keys) == ["k2", "k3"]


def test_what_waits_and_is_no_longer_wanted_is_given_up(sending, mailbox, due):
    mailbox.replies[:] = ["450 later"] * 99
    send(sending, NOON, is_live=True)
    mailbox.replies.clear()
    assert states(sending)["k0"] == "pending"
    del due.rows[0]  # consent withdrawn, another plan, or erased
    send(sending, NOON, is_live=True)
    assert states(sending) == {"k0": "failed", "k1": "sent", "k2": "sent", "k3": "sent"}


def test_a_way_that_takes_nothing_is_left_alone_after_three(sending, mailbox):
    mailbox.replies[:] = ["450 later"] * 99
    send(sending, NOON, is_live=True)
    mailbox.replies.clear()
    attempts = [m["attempts"] for m in sending.outbox.messages()]
    assert attempts == [1, 1, 1, 0]


def test_without_an_address_a_message_fails_and_the_others_leave(sending, due, mailbox):
    due.rows[1]["customer_id"] = "homeless"
    send(sending, NOON, is_live=True)
    assert states(sending) == {"k0": "sent", "k1": "failed", "k2": "sent", "k3": "sent"}
    assert len(mailbox.mails) == 3


def killed(sending, point, nth):
    """Send in a child that kills itself when it passes a point for the nth time."""
    child = os.fork()
    if not child:
        passed = Counter()

        def at(name):
            passed[name] += 1
            if name == point and passed[name] == nth:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            step.send(
                Sending(sending.settings, sending.profile, sending.home, sending.ledger,
                        sending.patience, at), NOON, is_live=True,
            )  # fmt: skip
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_these_are_all_the_named_points():
    sources = [step, smtp, webhook]
    texts = [Path(one.__file__).read_text(encoding="utf-8") for one in sources]
    assert {name for text in texts for name in re.findall(r'\.at\("(\w+)"\)', text)} == set(POINTS)


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_while_mailing_no_message_leaves_twice(sending, mailbox, point):
    assert killed(sending, point, nth=2) == -signal.SIGKILL
    send(sending, NOON, is_live=True)
    send(sending, NOON, is_live=True)
    taken = Counter(mailbox.keys)
    assert max(taken.values()) == 1
    after = states(sending)
    doubtful = {key for key, state in after.items() if state == "in_doubt"}
    # At most the one message that was in the sender's hands; all others exactly once.
    assert doubtful == (set() if point == "settled" else {"k1"})
    assert {key for key, state in after.items() if state == "sent"} == set(after) - doubtful
    assert set(taken) - doubtful == set(after) - doubtful
    assert ("k1" in taken) == (point in {"answered", "delivered", "settled"})


@pytest.mark.parametrize("point", ["claimed", "connected", "answered", "delivered", "settled"])
def test_killed_at_any_point_while_calling_a_gateway_no_message_leaves_twice(tmp_path, due, point):
    due.rows[:] = [action(number, "sms") for number in range(3)]
    with gateway() as (url, taken, _):
        sending = at_home(tmp_path, gateways={"sms": {"url": url}})
        assert killed(sending, point, nth=2) == -signal.SIGKILL
        send(sending, NOON, is_live=True)
        send(sending, NOON, is_live=True)
    keys = Counter(key for key, *_ in taken)
    assert max(keys.values()) == 1
    after = states(sending)
    doubtful = {key for key, state in after.items() if state == "in_doubt"}
    assert doubtful == (set() if point == "settled" else {"k1"})
    assert set(keys) - doubtful == {"k0", "k1", "k2"} - doubtful


@pytest.mark.parametrize("point", ["claimed", "delivered", "settled"])
def test_a_list_is_there_once_and_whole_whenever_its_writer_dies(tmp_path, due, point):
    sending = at_home(
        tmp_path, lists={"email": {"name": "ads", "format": "csv", "hashed_email": True}}
    )
    assert killed(sending, point, nth=1) == -signal.SIGKILL
    send(sending, NOON, is_live=True)
    (path,) = [one for one in sending.home.outbox.iterdir() if not one.name.startswith(".")]
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["idempotency_key"] for row in rows] == [f"k{number}" for number in range(N)]
    assert len({row["email_sha256"] for row in rows}) == N
    assert set(states(sending).values()) == {"sent"}
    assert b"@" not in path.read_bytes()


def test_a_lost_connection_leaves_one_in_doubt_that_an_event_settles(sending, mailbox, due):
    mailbox.hangs_up = 1
    for _ in range(3):
        send(sending, NOON, is_live=True)
    assert states(sending) == {"k0": "in_doubt", "k1": "sent", "k2": "sent", "k3": "sent"}
    assert sorted(mailbox.keys) == ["k0", "k1", "k2", "k3"]
    due.events[:] = ["mail:k9", "mail:k2"]
    assert settle_by_events(sending) == 0
    due.events.append("mail:k0")
    assert settle_by_events(sending) == 1
    assert states(sending)["k0"] == "sent"
    assert settle_by_events(sending) == 0


def test_no_address_is_kept_anywhere_in_the_home(sending, mailbox):
    mailbox.hangs_up = 1
    send(sending, NOON, is_live=True)
    files = [path for path in sending.home.root.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if b"example.org" in path.read_bytes()] == []


def test_a_customers_surviving_address_comes_out_of_the_vault(published_home, company):
    settings = load_settings(home=published_home.root, profile=str(company.profile))
    profile = load_profile(str(company.profile))
    query = "select customer_id from core.dim_customers where has_email order by customer_id"
    some = query_served(published_home, query)["customer_id"].to_pylist()[:5]
    ledger = Ledger(published_home.ops_file)
    found = addresses(settings, published_home, ledger, profile, "email", some)
    assert set(found) == set(some)
    data = company.profile.parent / "data"
    given = (data / "customers.csv").read_text().lower().split(",")
    assert {one.lower() for one in found.values()} <= set(given)
    assert addresses(settings, published_home, ledger, profile, "email", []) == {}


def test_the_published_plan_of_a_dry_profile_is_shown_and_not_sent(published_home, company):
    settings = load_settings(home=published_home.root, profile=str(company.profile))
    profile = load_profile(str(company.profile))
    outlets = Outlets(lists={"email": {"name": "ads"}, "mail": {"name": "letters"}})
    sending = Sending(
        settings, profile.model_copy(update={"outbox": outlets}), published_home,
        Ledger(published_home.ops_file),
    )  # fmt: skip
    report = send(sending, dt.datetime.fromisoformat("2024-12-31"), is_live=True)
    assert report.is_dry_run
    assert report.counts["due"] > 0
    assert profile.title in report.previews[0].subject

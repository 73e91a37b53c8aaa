"""A campaign of ours from its draw to the brief that tells what it did, through real servers.

A made-up company of 160 customers in 16 circles: a run draws a campaign by lot and plans; the plan
is sent to a mail server and a gateway on loopback, one connection being lost on the way; delivery
and opening come back as a source; the treated spend more, as planted here. A later run must settle
what was in doubt, count each message once and find the planted effect; one while the campaign runs
says what is known so far, with intervals that hold at every look.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import itertools
import json
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np

from benchmarks.acceptance import Measured, line
from crm_tasks.profiles import load_profile
from crm_tasks.settings import load_settings
from crm_tasks.steps.outbox import Sending, send
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from benchmarks.workshop import Workshop

CIRCLES, IN_CIRCLE = 16, 10
PEOPLE = tuple(range(CIRCLES * IN_CIRCLE))
VISITS, ITEMS = 6, 2
FIRST, LAST = dt.date(2024, 4, 1), dt.date(2024, 5, 5)
BEFORE_DAYS = 91
SENT_AT = dt.datetime(2024, 4, 3, 12)  # noqa: DTZ001 (UTC, as every moment in the house)
HALFWAY, LATER = dt.date(2024, 4, 22), dt.date(2024, 5, 10)
#: What a treated customer spends more during the campaign.
PLANTED = 12.0

#: Who refused, and whom the later plan means to reach on that channel all the same.
REFUSED = f"""
select count(*) as n, count(actions.customer_id) as planned
from core.fct_consents as consents
inner join core.fct_contacts as contacts
    on consents.consent_event_id like contacts.contact_id || ':%'
left join strategy.actions as actions
    on contacts.customer_id = actions.customer_id
    and contacts.channel_id = actions.channel_id
    and actions.as_of_date = date '{LATER}'
where consents.status = 'withdrawn'
"""  # noqa: S608 (a date of ours)
RESULTS = """
select outcome, estimand, estimator, effect, se, ci_low, ci_high, interval_kind, is_final,
    is_headline
from evaluation.strategy_results
where campaign_id = 'april' and as_of_date = date '{day}' and evidence = 'randomised'
order by all
"""
BRIEF = f"""
select content from strategy.decision_briefs
where language = 'en' and format = 'md' and as_of_date = date '{LATER}'
"""  # noqa: S608 (a date of ours)
SCORECARD = f"""
select campaign_id, evidence, estimand, estimator, effect, effect_ci_low as low,
    effect_ci_high as high
from bi.campaign_scorecard where origin = 'draw' and as_of_date = date '{LATER}'
"""  # noqa: S608 (a date of ours)
CUSTOMERS = ("id", "email", "phone", "since")
ORDERS = ("order", "customer", "ordered", "product", "amount")
EVENTS = ("key", "delivered", "opened", "refused")
#: How many of those who got a message want no other.
N_REFUSE = 2
#: What the gateway tells of a message that somebody else sent through it: it counts nowhere.
OF_OTHERS: tuple[object, ...] = ("unknown", "2024-03-01 09:00:00", "", "")


def write_company(folder: Path, mail_port: int, gateway_url: str) -> Path:
    """Write what is known before the campaign and return the profile."""
    (folder / "data").mkdir(parents=True)
    people: list[tuple[object, ...]] = []
    for n in PEOPLE:
        # Addresses that do not resemble each other: nobody here is to be taken for somebody else.
        digest = hashlib.sha256(f"customer {n}".encode()).hexdigest()
        phone = f"+44 7400 {int(digest[:12], 16) % 1_000_000:06d}"
        people.append((f"C{n:03d}", f"{digest[:14]}@example.org", phone, "2023-12-01"))
    _write(folder / "data" / "customers.csv", CUSTOMERS, people)
    start = FIRST - dt.timedelta(days=BEFORE_DAYS)
    _write(folder / "data" / "orders-1.csv", ORDERS, _orders(start, BEFORE_DAYS, 1, {}))
    _write(folder / "data" / "events.csv", EVENTS, [OF_OTHERS])
    profile = folder / "own_campaign.yml"
    # JSON is YAML too; yaml.safe_dump would name what repeats, and a profile has no aliases.
    told = json.dumps(_profile(mail_port, gateway_url), default=str, indent=2)
    profile.write_text(told, encoding="utf-8")
    return profile


def _orders(
    start: dt.date, days: int, seed: int, more: Mapping[int, float]
) -> list[tuple[object, ...]]:
    """Return orders within each circle's own products; some customers spend ``more``."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[object, ...]] = []
    for n, visit in itertools.product(PEOPLE, range(VISITS)):
        day = start + dt.timedelta(days=int(rng.integers(0, days)))
        items = rng.choice(4, ITEMS, replace=False)
        prices = 5 + rng.normal(0, 0.3, ITEMS) + more.get(n, 0.0) / (VISITS * ITEMS)
        rows += [
            (f"O{seed}-{n:03d}-{visit}", f"C{n:03d}", f"{day} {9 + visit:02d}:00:00",
             f"P{n // IN_CIRCLE:02d}{item}", f"{price:.2f}")
            for item, price in zip(items, prices, strict=True)
        ]  # fmt: skip
    return rows


def _write(path: Path, header: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([header, *rows])


def _table(name: str, files: str, columns: tuple[str, ...], *feeds: object) -> dict[str, object]:
    kinds = {"email": {"identifying": "email"}, "phone": {"identifying": "phone"}}
    plain = {column: kinds.get(column, "plain") for column in columns}
    return {"name": name, "files": files, "format": "csv", "columns": plain, "feeds": list(feeds)}


def _profile(mail_port: int, gateway_url: str) -> dict[str, object]:
    customers = {"customer_source_id": "id", "registered_at": "since",
                 "email_token": "email_token", "phone_token": "phone_token"}  # fmt: skip
    lines = {
        "order_item_source_id": {"concat": ["order", "product"]}, "order_source_id": "order",
        "customer_source_id": "customer", "product_source_id": "product", "ordered_at": "ordered",
        "quantity": {"constant": "1"}, "net_amount": "amount",
    }  # fmt: skip
    orders = {"order_source_id": "order", "customer_source_id": "customer",
              "ordered_at": "ordered"}  # fmt: skip
    events = {"contact_source_id": "key", "delivered_at": "delivered", "opened_at": "opened",
              "opted_out_at": "refused"}  # fmt: skip
    shop = [
        _table("customers", "customers.csv", CUSTOMERS, {"entity": "customers", "map": customers}),
        _table(
            "orders", "orders-*.csv", ORDERS,
            {"entity": "order_items", "map": lines},
            {"entity": "orders", "one_row_per": ["order"], "map": orders},
        ),
    ]  # fmt: skip
    told = [_table("events", "events.csv", EVENTS, {"entity": "contacts", "map": events})]
    rule = {"rule": "event"}
    return {
        "profile": "own_campaign",
        "title": "A shop of sixteen circles",
        "provenance": "Made up by benchmarks/own_campaign.py; no real person or sale.",
        "time_zone": "UTC", "currency_code": "EUR", "default_as_of": FIRST,
        "is_synthetic": True, "uses_demo_key": True,
        "contact": {
            "channels": ["email", "sms"], "consent_when_unknown": "assume", "actions_per_day": 20,
        },
        "outbox": {
            "email": {
                "host": "127.0.0.1", "port": mail_port, "sender": "shop@example.com",
                "unsubscribe": "mailto:stop@example.com", "security": "none",
            },
            "gateways": {"sms": {"url": gateway_url}},
        },
        "experiments": [
            {"campaign": "april", "design": "cluster", "start_date": FIRST, "end_date": LAST},
        ],
        "sources": [
            {"source_system": "shop", "root": "data", "known_at": rule, "tables": shop},
            {"source_system": "mailhost", "root": "data", "known_at": rule, "tables": told},
        ],
    }  # fmt: skip


def send_plan(profile: Path, home: Path) -> tuple[Sending, dict[str, int]]:
    """Send what the plan of the first day holds, in the first days of the campaign."""
    settings = load_settings(home=home, profile=str(profile))
    place = Home(home)
    sending = Sending(settings, load_profile(str(profile)), place, Ledger(place.ops_file))
    with patch("crm_tasks.warehouse.outbox.utc_now", lambda: SENT_AT):
        report = send(sending, SENT_AT + dt.timedelta(days=5), is_live=True)
        again = send(sending, SENT_AT + dt.timedelta(days=5), is_live=True)
    return sending, {**report.counts, "sent again": again.counts["sent"]}


def land_what_followed(profile: Path, sending: Sending, arms: Mapping[str, str]) -> None:
    """Write the events of what left, and what everybody bought during the campaign."""
    delivered = SENT_AT + dt.timedelta(minutes=1)
    opened = SENT_AT + dt.timedelta(hours=2)
    left = [one for one in sending.outbox.messages() if one["state"] in ("sent", "in_doubt")]
    events = [OF_OTHERS]
    for number, message in enumerate(left):
        # One event per row, as gateways tell them; every third message is opened.
        key = message["idempotency_key"]
        events.append((key, delivered, "", ""))
        if number % 3 == 0:
            events.append((key, "", opened, ""))
        if number < N_REFUSE:
            events.append((key, "", "", opened))
    data = profile.parent / "data"
    _write(data / "events.csv", EVENTS, events)
    more = {int(who[1:]): PLANTED for who, arm in arms.items() if arm == "treatment"}
    _write(data / "orders-2.csv", ORDERS, _orders(FIRST, (LAST - FIRST).days, 2, more))


@line(6, "A campaign of ours, drawn, sent through loopback servers: later runs find what it did")
def own_campaign(workshop: Workshop) -> Measured:
    """Run, send, land the events, run again, and read scorecard, brief and contacts."""
    from tests.connectors.sending.servers import gateway, mail_server

    folder, home = workshop.folder / "own-campaign", workshop.folder / "own-campaign-home"
    with mail_server() as box, gateway() as (url, taken, _):
        profile = write_company(folder, box.port, url)
        options = ("--profile", profile)
        workshop.run_directly(home, *options, "--as-of", str(FIRST)).checked()
        box.hangs_up = 1
        sending, counts = send_plan(profile, home)
        keys = [*box.keys, *(key for key, *_ in taken)]
    drawn = workshop.query(
        home,
        "select r.source_record_id as who, a.arm from evaluation.assignments as a "
        "inner join identity.records as r using (customer_id) where r.source_system = 'shop'",
    )
    land_what_followed(profile, sending, {row["who"]: row["arm"] for row in drawn})
    workshop.run_directly(home, *options, "--as-of", str(HALFWAY)).checked()
    so_far = workshop.query(home, RESULTS.format(day=HALFWAY))
    workshop.run_directly(home, *options, "--as-of", str(LATER)).checked()
    found, running = _judged(workshop, home, counts, keys), _judged_so_far(workshop, home, so_far)
    return Measured(f"{found.text}; {running.text}", found.holds and running.holds)


def _judged_so_far(workshop: Workshop, home: Path, so_far: list[dict[str, Any]]) -> Measured:
    """Compare what was said while the campaign ran with what is said of it when it is over."""
    over = workshop.query(home, RESULTS.format(day=LATER))
    kinds = [sorted({(row["interval_kind"], row["is_final"]) for row in rows})
             for rows in (so_far, over)]  # fmt: skip
    spent = [row for row in so_far if row["outcome"] == "value" and row["is_headline"]]
    wider = min(
        ((row["ci_high"] - row["ci_low"]) / (2 * 1.96 * row["se"]) for row in spent), default=0.0
    )
    told = ", ".join(
        f"{row['estimand']} {row['effect']:.2f} [{row['ci_low']:.2f}, {row['ci_high']:.2f}]"
        for row in spent
    )
    return Measured(
        f"on {HALFWAY}, while it ran: {told}, always valid, {wider:.2f} x as wide as fixed ones",
        kinds == [[("always_valid", False)], [("fixed", True)]] and wider > 1,
    )


def _judged(workshop: Workshop, home: Path, counts: Mapping[str, int], keys: list[str]) -> Measured:
    (contacts,) = workshop.query(
        home,
        "select count(*) as n, count(distinct strategy_action_id) as actions, "
        "count(delivered_at) as delivered, count(opened_at) as opened from core.fct_contacts",
    )
    (refused,) = workshop.query(home, REFUSED)
    shown = workshop.query(
        home,
        SCORECARD,
    )
    (brief,) = workshop.query(home, BRIEF)
    if not shown:
        return Measured(f"the scorecard says nothing of it; {counts}, {contacts}", holds=False)
    (row,) = shown
    is_found = row["low"] <= PLANTED <= row["high"] and row["low"] > 0
    n_left = counts["sent"] + counts["in_doubt"]
    is_once = len(keys) == len(set(keys)) == contacts["n"] == contacts["actions"] == n_left
    is_refused = refused["n"] == N_REFUSE and not refused["planned"]
    is_told = "| april |" in brief["content"]
    return Measured(
        f"{counts['sent']} sent, {counts['in_doubt']} in doubt, "
        f"{counts['sent again']} sent again; "
        f"{contacts['n']} contacts, {contacts['delivered']} delivered, "
        f"{contacts['opened']} opened, {refused['n']} refused and {refused['planned']} of them "
        "planned on that channel again; "
        f"{row['estimand']} effect {row['effect']:.2f} [{row['low']:.2f}, {row['high']:.2f}] of "
        f"{PLANTED:.2f} planted, by {row['estimator']}; in the brief: {is_told}",
        is_found
        and is_once
        and is_refused
        and is_told
        and counts["in_doubt"] == 1
        and not counts["sent again"],
    )

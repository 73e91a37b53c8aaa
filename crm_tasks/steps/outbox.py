"""Sending the plan: what is due, by which way, and what became of it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crm_tasks.connectors.patience import Patience
from crm_tasks.connectors.sending import FateUnknown, Message, NotAccepted, Refused, nowhere
from crm_tasks.connectors.sending.files import ListTarget, list_name, write_list
from crm_tasks.connectors.sending.smtp import MailServer, SmtpSender
from crm_tasks.connectors.sending.webhook import Gateway, WebhookSender
from crm_tasks.settings import source_secret
from crm_tasks.steps.addresses import addresses
from crm_tasks.strategy.drafts import Draft, Drafts, Fields
from crm_tasks.warehouse.outbox import FAILED, IN_DOUBT, PENDING, SENT, Outbox
from crm_tasks.warehouse.query import query_served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from crm_tasks.connectors.sending import Sender
    from crm_tasks.profiles import Profile
    from crm_tasks.settings import Settings
    from crm_tasks.warehouse.home import Home
    from crm_tasks.warehouse.ledger import Ledger

#: Actions of the newest plan that are due and still allowed to be carried out.
DUE = """
select
    actions.idempotency_key, actions.strategy_action_id, actions.campaign_id,
    actions.customer_id, channels.channel, actions.content_id, actions.content_type,
    actions.scheduled_at, actions.status, customers.language_code, contents.action_name,
    wide.top_category, consents.is_granted
from strategy.actions as actions
inner join core.dim_customers as customers
    on actions.customer_id = customers.customer_id
    and not customers.is_deleted and not customers.is_erased
inner join core.dim_channels as channels on actions.channel_id = channels.channel_id
left join core.dim_contents as contents on actions.content_id = contents.content_id
left join features.feat_customers_wide as wide
    on actions.customer_id = wide.customer_id and actions.as_of_date = wide.as_of_date
left join core.dim_customer_consents as consents
    on actions.customer_id = consents.customer_id and channels.channel = consents.channel
where
    actions.as_of_date = (select max(as_of_date) from core.dim_customers)
    and actions.scheduled_at <= $until
order by actions.priority, actions.strategy_action_id
"""
#: Touches that came back from a gateway or mail server as events, by our own keys.
ARRIVED = """
select contact_id
from core.fct_contacts
where coalesce(delivered_at, opened_at, clicked_at, converted_at) is not null
"""
#: What kind of address a channel needs.
ADDRESS = {"email": "email", "sms": "phone", "social": "handle"}
VALID_DAYS = 14
#: After so many messages in a row that nobody took, the way is closed for now.
CLOSED_AFTER = 3


@dataclass(frozen=True)
class Sending:
    """All that sending needs from around it; ``at`` is told each named point that is passed."""

    settings: Settings
    profile: Profile
    home: Home
    ledger: Ledger
    patience: Patience = field(default_factory=Patience)
    at: Callable[[str], None] = nowhere

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.ledger)


@dataclass(frozen=True)
class Report:
    """What a call did: counts by state (what it would do, if nothing was to leave), and why."""

    is_dry_run: bool
    counts: dict[str, int]
    previews: tuple[Draft, ...] = ()
    message: str = ""


def send(sending: Sending, until: dt.datetime, *, is_live: bool) -> Report:
    """Send what is due; without ``is_live``, or where the profile forbids it, only say what is."""
    due = query_served(sending.home, DUE, {"until": until}).to_pylist()
    drafts = Drafts.load(sending.profile.drafts_path)
    allowed = [row for row in due if _is_allowed(row, sending.profile)]
    ways = [(row, sending.profile.outbox.adapter(row["channel"])) for row in allowed]
    counts = {
        "due": len(due),
        "no consent": len(due) - len(allowed),
        "no way out": sum(way is None for _, way in ways),
    }
    ready = [{**row, "adapter": way} for row, way in ways if way is not None]
    why = _why_dry(sending.profile, ready, is_live=is_live)
    if why is not None:
        counts |= Counter(f"would leave by {row['adapter']}" for row in ready)
        previews = tuple(_draft(sending, drafts, row) for row in ready[:1])
        return Report(is_dry_run=True, counts=counts, previews=previews, message=why)
    with sending.outbox.sending() as doubted:
        settle_by_events(sending)
        before = _ids_by_state(sending.outbox)
        _resume_lists(sending)
        sending.outbox.enqueue(ready)
        _withdraw(sending.outbox, {row["idempotency_key"] for row in ready})
        _send_all(sending, drafts, ready)
        after = _ids_by_state(sending.outbox)
    for state in (SENT, FAILED, IN_DOUBT, PENDING):
        counts[state] = len(after[state] - before[state]) if state != PENDING else len(after[state])
    message = f"{doubted} in doubt of an earlier sender" if doubted else ""
    return Report(is_dry_run=False, counts=counts, message=message)


def _why_dry(profile: Profile, ready: Sequence[dict[str, Any]], *, is_live: bool) -> str | None:
    if not is_live:
        return "nothing left the house; --live sends"
    if profile.dry_run_only:
        return f"nothing left the house: profile {profile.profile} says dry_run_only"
    if any(row["status"] != "planned" for row in ready):
        return "nothing left the house: the plan was made as a dry run"
    return None


def _is_allowed(row: dict[str, Any], profile: Profile) -> bool:
    """Return whether consent still holds: it may have been withdrawn since the plan was made."""
    if row["is_granted"] is None:
        return profile.contact.consent_when_unknown == "assume"
    return bool(row["is_granted"])


def _ids_by_state(outbox: Outbox) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {state: set() for state in (SENT, FAILED, IN_DOUBT, PENDING)}
    for message in outbox.messages():
        found.setdefault(message["state"], set()).add(message["idempotency_key"])
    return found


def _withdraw(outbox: Outbox, wanted: set[str]) -> None:
    """Give up what waits and is no longer wanted: withdrawn consent, another plan, erased."""
    waiting = [m["idempotency_key"] for m in outbox.messages(PENDING)]
    gone = outbox.claim([key for key in waiting if key not in wanted])
    outbox.finish(gone, FAILED, "no longer planned or allowed")


def _send_all(sending: Sending, drafts: Drafts, ready: Iterable[dict[str, Any]]) -> None:
    waiting = {m["idempotency_key"] for m in sending.outbox.messages(PENDING)}
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in ready:
        if row["idempotency_key"] in waiting:
            groups.setdefault((row["adapter"], row["channel"]), []).append(row)
    for (adapter, channel), rows in sorted(groups.items()):
        if adapter == "file":
            _send_list(sending, channel, rows)
        else:
            _send_one_by_one(sending, drafts, channel, rows)


def _send_one_by_one(
    sending: Sending, drafts: Drafts, channel: str, rows: Sequence[dict[str, Any]]
) -> None:
    known = _addresses(sending, ADDRESS[channel], rows)
    sender = _sender(sending, channel)
    refused_in_a_row = 0
    try:
        for row in rows:
            address = known.get(row["customer_id"])
            draft = _draft(sending, drafts, row)
            state = _hand_over(sending, sender, row, draft, address)
            refused_in_a_row = refused_in_a_row + 1 if state == PENDING else 0
            if refused_in_a_row >= CLOSED_AFTER:
                return
    finally:
        sender.close()


def _hand_over(
    sending: Sending, sender: Sender, row: dict[str, Any], draft: Draft, address: str | None
) -> str:
    """Claim, hand over, settle: the two transactions stand around the one act."""
    key = row["idempotency_key"]
    if not sending.outbox.claim([key]):
        return SENT
    sending.at("claimed")
    state, reason = SENT, None
    if address is None:
        state, reason = FAILED, "the customer has no such address"
    else:
        message = Message(
            key, row["channel"], draft.language, draft.subject, draft.body, recipient=address
        )
        state, reason = _outcome(sending, sender, message)
    sending.at("delivered")
    sending.outbox.finish([key], state, reason)
    sending.at("settled")
    return state


def _outcome(sending: Sending, sender: Sender, message: Message) -> tuple[str, str | None]:
    try:
        # Only what nobody took, for certain, is tried again.
        for attempt in sending.patience.retrying():
            with attempt:
                sender.deliver(message)
    except NotAccepted as error:
        return PENDING, str(error)
    except Refused as error:
        return FAILED, str(error)
    except FateUnknown as error:
        return IN_DOUBT, str(error)
    return SENT, None


def _sender(sending: Sending, channel: str) -> Sender:
    outlets = sending.profile.outbox
    if channel == "email" and outlets.email is not None:
        mail = outlets.email
        password = source_secret(mail.password).get_secret_value() if mail.password else None
        server = MailServer(
            mail.host, mail.port, mail.sender, mail.unsubscribe, mail.security, mail.user, password
        )
        return SmtpSender(server, sending.at)
    gateway = next(one for name, one in outlets.gateways.items() if name == channel)
    token = source_secret(gateway.token).get_secret_value() if gateway.token else None
    return WebhookSender(Gateway(gateway.url, token), sending.at)


def _addresses(sending: Sending, kind: str, rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    customers = {row["customer_id"] for row in rows}
    return addresses(
        sending.settings, sending.home, sending.ledger, sending.profile, kind, customers
    )


def _draft(sending: Sending, drafts: Drafts, row: dict[str, Any]) -> Draft:
    mail = sending.profile.outbox.email
    valid = (row["scheduled_at"] + dt.timedelta(days=VALID_DAYS)).date()
    fields = Fields(
        shop=sending.profile.title,
        offer=row["action_name"] or row["content_id"],
        category=row["top_category"],
        valid_until=valid.isoformat(),
        unsubscribe=mail.unsubscribe if mail is not None else "STOP",
    )
    return drafts.write(row["content_type"], row["language_code"], fields)


def _send_list(sending: Sending, channel: str, rows: Sequence[dict[str, Any]]) -> None:
    outlet = next(o for name, o in sending.profile.outbox.lists.items() if name == channel)
    target = ListTarget(outlet.name, outlet.format, outlet.hashed_email)
    known = _addresses(sending, "email", rows) if outlet.hashed_email else {}
    named = {row["idempotency_key"]: {**row, "email": known.get(row["customer_id"])}
             for row in rows}  # fmt: skip
    name = list_name(target, list(named))
    claimed = sending.outbox.claim(list(named), handed_as=name)
    sending.at("claimed")
    write_list(sending.home.outbox, name, target, [named[key] for key in claimed])
    sending.at("delivered")
    sending.outbox.finish(claimed, SENT)
    sending.at("settled")


def _resume_lists(sending: Sending) -> None:
    """Settle lists of a sender that is gone: a list is there whole, or it never left."""
    for message in sending.outbox.messages(IN_DOUBT):
        if message["adapter"] != "file":
            continue
        is_there = (sending.home.outbox / message["handed_as"]).exists()
        sending.outbox.resume([message["idempotency_key"]], SENT if is_there else PENDING)


def settle_by_events(sending: Sending) -> int:
    """Settle as sent what is in doubt and came back as a delivery, an opening or a click."""
    doubtful = {m["idempotency_key"] for m in sending.outbox.messages(IN_DOUBT)}
    if not doubtful:
        return 0
    ids = query_served(sending.home, ARRIVED)["contact_id"].to_pylist()
    arrived = [key for key in (one.partition(":")[2] for one in ids) if key in doubtful]
    return sending.outbox.settle(arrived, SENT, "event", "a delivery event came back")

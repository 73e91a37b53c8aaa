# ruff: noqa: RUF001 (Chinese text has its own punctuation)
"""Each adapter against a real server: taken, not now, never, or nobody knows."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from crm_tasks.connectors.sending import FateUnknown, Message, NotAccepted, Refused
from crm_tasks.connectors.sending.files import (
    ListTarget,
    hashed_email,
    leave_out,
    list_name,
    write_list,
)
from crm_tasks.connectors.sending.smtp import MailServer, SmtpSender
from crm_tasks.connectors.sending.webhook import Gateway, WebhookSender
from tests.connectors.sending.servers import free_port, gateway, mail_server


def message(key="k1", recipient="ann@example.org", **more):
    told = {
        "channel": "email",
        "language": "zh",
        "subject": "商店：优惠",
        "body": "您好！\n",
        **more,
    }
    return Message(key, recipient=recipient, **told)


@pytest.fixture(scope="module")
def mailbox():
    with mail_server() as box:
        yield box


@pytest.fixture
def mailer(mailbox):
    mailbox.mails.clear()
    server = MailServer(
        "127.0.0.1", mailbox.port, "shop@example.com", "mailto:stop@example.com", "none",
        timeout_s=5,
    )  # fmt: skip
    sender = SmtpSender(server)
    yield sender
    sender.close()


def test_a_mail_arrives_with_its_key_and_a_way_to_opt_out(mailer, mailbox):
    mailer.deliver(message())
    mailer.deliver(message("k2"))
    (to, content), _ = mailbox.mails
    assert (to, mailbox.keys) == ("ann@example.org", ["k1", "k2"])
    assert b"List-Unsubscribe: <mailto:stop@example.com>" in content
    assert b"Content-Language: zh" in content


@pytest.mark.parametrize(
    ("when", "reply", "fault"),
    [
        ("replies", "450 later", NotAccepted), ("replies", "554 never", Refused),
        ("rcpt", "451 later", NotAccepted), ("rcpt", "550 unknown", Refused),
    ],
)  # fmt: skip
def test_a_reply_decides_and_the_connection_serves_the_next_mail(
    mailer, mailbox, when, reply, fault
):
    getattr(mailbox, when).append(reply)
    with pytest.raises(fault) as caught:
        mailer.deliver(message())
    assert "ann" not in str(caught.value)
    mailer.deliver(message("k2"))
    assert mailbox.keys == ["k2"]


def test_a_connection_lost_after_the_text_leaves_its_fate_unknown(mailer, mailbox):
    mailbox.hangs_up = 1
    with pytest.raises(FateUnknown):
        mailer.deliver(message())
    assert mailbox.keys == ["k1"]  # it was taken after all: a second try would have doubled it
    mailer.deliver(message("k2"))
    assert mailbox.keys == ["k1", "k2"]


def test_a_server_that_is_away_has_taken_nothing():
    server = MailServer("127.0.0.1", free_port(), "a@b.c", "mailto:a@b.c", "none", timeout_s=2)
    with pytest.raises(NotAccepted):
        SmtpSender(server).deliver(message())
    with pytest.raises(NotAccepted):
        WebhookSender(Gateway(f"http://127.0.0.1:{free_port()}/")).deliver(message())


@pytest.mark.parametrize("address", ["a@b.c\r\nRCPT TO:<d@e.f>", "a@b.c\nBcc: d@e.f"])
def test_an_address_cannot_smuggle_in_a_command(mailer, mailbox, address):
    with pytest.raises(Refused):
        mailer.deliver(message(recipient=address))
    assert mailbox.mails == []


def test_a_recipient_is_in_no_representation():
    assert "ann@" not in repr(message())


def test_a_gateway_gets_the_text_once_with_its_key_and_our_token():
    with gateway() as (url, taken, _):
        sender = WebhookSender(Gateway(url, "secret"))
        sender.deliver(message(recipient="+4479460000", channel="sms"))
        sender.close()
    ((key, document, headers),) = taken
    assert key == document["id"] == "k1"
    assert (document["to"], document["text"]) == ("+4479460000", "您好！\n")
    assert headers["Authorization"] == "Bearer secret"
    assert "secret" not in repr(Gateway(url, "secret"))


@pytest.mark.parametrize(
    ("code", "fault"),
    [(429, NotAccepted), (503, NotAccepted), (500, FateUnknown), (502, FateUnknown),
     (400, Refused), (307, Refused), (None, FateUnknown)],
)  # fmt: skip
def test_a_gateways_answer_decides(code, fault):
    with gateway() as (url, _, answers):
        answers.append(code)
        sender = WebhookSender(Gateway(url, timeout_s=5))
        with pytest.raises(fault):
            sender.deliver(message())
        sender.close()


ROW = {
    "idempotency_key": "k1", "campaign_id": "c", "customer_id": "x", "channel": "mail",
    "content_id": "guide", "scheduled_at": "2024-07-01 10:00:00", "email": "Ann@Example.org",
}  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_list_holds_customers_and_hashed_mail_only_for_who_may_have_it(tmp_path, form):
    for may in (False, True):
        target = ListTarget("ads", form, has_hashed_email=may)
        path = write_list(tmp_path / str(may), list_name(target, ["k1"]), target, [ROW])
        rows = (csv.read_csv(path) if form == "csv" else pq.read_table(path)).to_pylist()
        assert rows[0]["customer_id"] == "x"
        assert rows[0].get("email_sha256") == (hashed_email("ann@example.org") if may else None)
        assert b"xample.org" not in path.read_bytes()
        assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_an_erased_customer_is_left_out_of_lists_that_were_handed_over(tmp_path):
    rows = [ROW, {**ROW, "idempotency_key": "k2", "customer_id": "0012"}]
    for form in ("csv", "parquet"):
        target = ListTarget("ads", form, has_hashed_email=True)
        write_list(tmp_path, list_name(target, [form]), target, rows)
    assert leave_out(tmp_path, {"x", "unknown"}) == 2
    assert leave_out(tmp_path, {"x"}) == 0
    assert leave_out(tmp_path / "nowhere", {"x"}) == 0
    for path in tmp_path.iterdir():
        kept = (csv.read_csv(path) if path.suffix == ".csv" else pq.read_table(path)).to_pylist()
        assert [row["idempotency_key"] for row in kept] == ["k2"]
        assert b"0012" in path.read_bytes()


def test_without_an_address_there_is_no_digest():
    assert hashed_email(None) is None
    assert hashed_email("  ") is None

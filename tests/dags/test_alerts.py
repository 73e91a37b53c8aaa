from __future__ import annotations

import datetime as dt
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest
from aiosmtpd.controller import Controller

from crm_dags.alerts import Alert, alert_when_stale, explain, send_alert, send_failure
from crm_tasks.contracts.frames import StepReport
from crm_tasks.errors import GateFailed
from crm_tasks.settings import Settings
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger, Usage

ALERT = Alert("run_failed", "crm_run__1", "crm_daily: task model.gate_core failed")
NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC).replace(tzinfo=None)


@pytest.fixture
def webhook():
    """Yield the address of a local server and the JSON bodies posted to it; /refuse answers 500."""
    bodies: list[dict] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(500 if self.path == "/refuse" else 204)
            self.end_headers()

        def log_message(self, *_arguments):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", bodies
        server.shutdown()
        thread.join()


@pytest.fixture
def mailbox():
    """Yield the address of a local mail server and the messages it received."""
    received: list = []

    class Handler:
        async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 (its name)
            received.append(envelope)
            return "250 OK"

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    yield f"127.0.0.1:{port}", received
    controller.stop()


def settings_of(tmp_path, **more) -> Settings:
    return Settings(_env_file=None, home=tmp_path, **more)


def audited(tmp_path) -> list[dict]:
    return Ledger(Home(tmp_path).ops_file).store.rows("select * from audit_log order by seq")


def confirm(tmp_path, ended_at: dt.datetime, state: str = "success", step: str = "publish") -> None:
    """Record a step that ended at a given time."""
    ledger = Ledger(Home(tmp_path).ops_file)
    ledger.open_attempt("a", "small_company")
    claim = ledger.claim("a", step, "r")
    ledger.finish(claim, state, StepReport(), Usage(1.0, 1.0, 1.0))
    with ledger.store.transaction() as connection:
        connection.execute(
            "update task_runs set ended_at = ? where task_run_no = ?",
            (ended_at.isoformat(sep=" "), claim.token),
        )


def hours(count: float) -> dt.timedelta:
    return dt.timedelta(hours=count)


def test_an_alert_is_audited_where_no_channel_is_set(tmp_path):
    send_alert(ALERT, settings_of(tmp_path))
    (row,) = audited(tmp_path)
    assert (row["action"], row["object"]) == ("alert.run_failed", "crm_run__1")
    assert json.loads(row["detail"]) == {"text": ALERT.text}


def test_the_webhook_gets_the_alert_as_json(tmp_path, webhook):
    url, bodies = webhook
    send_alert(ALERT, settings_of(tmp_path, alert_webhook_url=url))
    (body,) = bodies
    assert dt.datetime.fromisoformat(body.pop("sent_at")).tzinfo is not None
    assert body == {"kind": "run_failed", "subject": "crm_run__1", "text": ALERT.text}


def test_the_mail_names_kind_and_subject(tmp_path, mailbox):
    host, received = mailbox
    send_alert(ALERT, settings_of(tmp_path, alert_smtp_host=host, alert_email_to="ops@example.org"))
    (envelope,) = received
    assert envelope.rcpt_tos == ["ops@example.org"]
    text = envelope.content.decode()
    assert "Subject: [crm] run_failed: crm_run__1" in text
    assert ALERT.text in text


@pytest.mark.parametrize("is_answering", [True, False], ids=["refuses", "is gone"])
def test_a_failing_webhook_stops_neither_mail_nor_row_and_is_not_logged(
    tmp_path, webhook, mailbox, caplog, is_answering
):
    url = f"{webhook[0]}/refuse" if is_answering else "http://127.0.0.1:1/gone"
    host, received = mailbox
    to = {"alert_smtp_host": host, "alert_email_to": "ops@example.org"}
    send_alert(ALERT, settings_of(tmp_path, alert_webhook_url=url, **to))
    assert len(received) == 1
    assert len(audited(tmp_path)) == 1
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert errors == ["alert run_failed not delivered: " + errors[0].rpartition(" ")[2]]
    assert "127.0.0.1" not in errors[0]


def test_only_our_own_messages_are_passed_on():
    final = RuntimeError("row 17: lee@example.org")
    assert explain(final) == "RuntimeError"
    assert explain(GateFailed("2 rows of core.dim_customers")) == (
        "GateFailed: 2 rows of core.dim_customers"
    )
    final.__cause__ = GateFailed("2 rows")
    assert explain(final) == "GateFailed: 2 rows"
    assert explain(None) == explain("killed, payload lee@example.org") == "ended from outside"


def test_a_failed_task_raises_one_alert(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_HOME", str(tmp_path))
    task = SimpleNamespace(dag_id="crm_daily", task_id="model.gate_core")
    send_failure({"ti": task, "run_id": "r1", "exception": GateFailed("2 rows")})
    (row,) = audited(tmp_path)
    assert row["object"] == "r1"
    assert "task model.gate_core failed: GateFailed: 2 rows" in row["detail"]


def test_nothing_published_yet_is_not_stale(tmp_path):
    assert alert_when_stale(settings_of(tmp_path), NOW) is None
    assert audited(tmp_path) == []


@pytest.mark.parametrize("state", ["success", "unchanged"])
def test_a_run_within_the_limit_is_not_stale(tmp_path, state):
    confirm(tmp_path, NOW - hours(36), state)
    assert alert_when_stale(settings_of(tmp_path, stale_after_hours=36), NOW) is None


@pytest.mark.parametrize(("state", "step"), [("failed", "publish"), ("success", "bi")])
def test_only_a_finished_publish_confirms_the_data(tmp_path, state, step):
    confirm(tmp_path, NOW - hours(40))
    confirm(tmp_path, NOW - hours(1), state, step)
    assert alert_when_stale(settings_of(tmp_path, stale_after_hours=36), NOW) is not None


def test_stale_data_raise_an_alert_that_says_since_when(tmp_path):
    confirm(tmp_path, NOW - hours(40))
    alert = alert_when_stale(settings_of(tmp_path, stale_after_hours=36), NOW)
    assert alert is not None
    assert alert.kind == "data_stale"
    assert "for 40 hours (allowed: 36)" in alert.text


@pytest.mark.parametrize(
    ("told_ago", "confirmed_ago", "is_told_again"),
    [(23, 60, False), (25, 60, True), (50, 40, True)],
    ids=["told today", "told yesterday", "a run came between"],
)
def test_an_alert_is_repeated_once_a_day(tmp_path, told_ago, confirmed_ago, is_told_again):
    confirm(tmp_path, NOW - hours(confirmed_ago))
    settings = settings_of(tmp_path, stale_after_hours=36)
    assert alert_when_stale(settings, NOW) is not None
    with Ledger(Home(tmp_path).ops_file).store.transaction() as connection:
        told_at = (NOW - hours(told_ago)).isoformat(sep=" ")
        connection.execute("update audit_log set at = ?", (told_at,))
    assert (alert_when_stale(settings, NOW) is not None) is is_told_again

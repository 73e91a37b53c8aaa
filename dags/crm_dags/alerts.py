"""Alerts: a run failed for good, or no run has confirmed the published data for too long.

Each alert is one row of the audit log, then a webhook and a mail where they are set. It carries
ids, names of steps and messages that :mod:`crm_tasks.errors` wrote; never a value from the data.
"""

from __future__ import annotations

import datetime as dt
import logging
import smtplib
import socket
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import httpx

from crm_tasks.errors import CrmError
from crm_tasks.settings import load_settings
from crm_tasks.warehouse.audit import append_audit
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_tasks.settings import Settings

log = logging.getLogger(__name__)

TIMEOUT_S = 10.0
REPEATED_AFTER = dt.timedelta(hours=24)
LAST_CONFIRMED = (
    "select max(ended_at) as ended_at from task_runs "
    "where task_id = 'publish' and state in ('success', 'unchanged')"
)
LAST_STALE_ALERT = "select max(at) as at from audit_log where action = 'alert.data_stale'"


@dataclass(frozen=True)
class Alert:
    """What happened (``run_failed`` or ``data_stale``), to what, and a line for a person."""

    kind: str
    subject: str
    text: str


def send_failure(context: Mapping[str, Any]) -> None:
    """Raise the alert of a task that failed for good, from what Airflow tells its callback."""
    task, run = context["ti"], context["run_id"]
    reason = explain(context.get("exception"))
    send_alert(
        Alert("run_failed", run, f"{task.dag_id}: task {task.task_id} failed: {reason}"),
        load_settings(),
    )


def explain(error: object) -> str:
    """Return an error's message if this project wrote it, else only its type: it may quote data."""
    cause = getattr(error, "__cause__", None)
    for candidate in (error, cause):
        if isinstance(candidate, CrmError):
            return f"{type(candidate).__name__}: {candidate}"
    return type(error).__name__ if isinstance(error, BaseException) else "ended from outside"


def alert_when_stale(settings: Settings, now: dt.datetime) -> Alert | None:
    """Raise an alert when no run has published or confirmed the data for too long.

    Nothing published yet is not stale. An alert is repeated once a day.
    """
    store = Ledger(Home(settings.home_path).ops_file).store
    confirmed = _moment(store.rows(LAST_CONFIRMED), "ended_at")
    told = _moment(store.rows(LAST_STALE_ALERT), "at")
    if confirmed is None or now - confirmed <= dt.timedelta(hours=settings.stale_after_hours):
        return None
    if told is not None and confirmed < told and now - told < REPEATED_AFTER:
        return None
    hours = int((now - confirmed).total_seconds() // 3600)
    alert = Alert(
        "data_stale",
        "serve/crm.duckdb",
        f"no run has published or confirmed the data for {hours} hours "
        f"(allowed: {settings.stale_after_hours}); see `crm runs` and the DAG crm_daily",
    )
    send_alert(alert, settings)
    return alert


def send_alert(alert: Alert, settings: Settings) -> None:
    """Record an alert, then try each channel; one that fails is logged and stops no other."""
    ledger = Ledger(Home(settings.home_path).ops_file)
    append_audit(ledger, f"alert.{alert.kind}", alert.subject, {"text": alert.text})
    for channel in (_post, _mail):
        try:
            channel(alert, settings)
        except (OSError, httpx.HTTPError, httpx.InvalidURL, smtplib.SMTPException) as error:
            # The address of a webhook is itself a secret: name the kind of failure only.
            log.error("alert %s not delivered: %s", alert.kind, type(error).__name__)  # noqa: TRY400


def _post(alert: Alert, settings: Settings) -> None:
    if settings.alert_webhook_url is None:
        return
    sent_at = utc_now().isoformat(timespec="seconds") + "Z"
    message = {**asdict(alert), "sent_at": sent_at}
    answer = httpx.post(settings.alert_webhook_url, json=message, timeout=TIMEOUT_S)
    answer.raise_for_status()


def _mail(alert: Alert, settings: Settings) -> None:
    if settings.alert_email_to is None or settings.alert_smtp_host is None:
        return
    message = EmailMessage()
    message["Subject"] = f"[crm] {alert.kind}: {alert.subject}"
    message["From"] = f"crm@{socket.gethostname()}"
    message["To"] = settings.alert_email_to
    message.set_content(alert.text)
    host, _, port = settings.alert_smtp_host.partition(":")
    with smtplib.SMTP(host, int(port or 25), timeout=TIMEOUT_S) as server:
        server.send_message(message)


def _moment(rows: list[dict[str, Any]], name: str) -> dt.datetime | None:
    text = rows[0][name] if rows else None
    return None if text is None else dt.datetime.fromisoformat(text)

"""Where messages may leave: what is unsafe is refused when the profile is read."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from crm_tasks.profiles.model import Experiment
from crm_tasks.profiles.outlets import Outbox

MAIL = {"host": "mail.example.com", "sender": "shop@example.com", "unsubscribe": "https://e.x/stop"}


def test_a_channel_leaves_by_the_way_declared_or_not_at_all():
    outbox = Outbox(
        email=MAIL, gateways={"sms": {"url": "https://sms.example.com/send"}},
        lists={"phone": {"name": "callcentre"}},
    )  # fmt: skip
    ways = [outbox.adapter(one) for one in ("email", "sms", "phone", "social")]
    assert ways == ["smtp", "webhook", "file", None]


@pytest.mark.parametrize(
    "unsafe",
    [
        {"email": {**MAIL, "security": "none"}},
        {"email": {**MAIL, "sender": "nobody"}},
        {"email": {**MAIL, "unsubscribe": "ask us"}},
        {"email": {**MAIL, "password": "hunter2"}},
        {"gateways": {"sms": {"url": "http://sms.example.com/"}}},
        {"gateways": {"sms": {"url": "https://user:pass@sms.example.com/"}}},
        {"lists": {"email": {"name": "../etc"}}},
    ],
)
def test_what_would_show_addresses_or_passwords_is_refused(unsafe):
    with pytest.raises(ValidationError):
        Outbox(**unsafe)


def test_an_experiment_ends_after_it_starts():
    given = {"campaign": "spring", "design": "unit", "start_date": "2024-05-02"}
    assert Experiment(**given, end_date="2024-05-02").treated_share == 0.5
    with pytest.raises(ValidationError, match="before start_date"):
        Experiment(**given, end_date="2024-05-01")

"""`crm outbox` as a person uses it."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from crm_tasks.cli.main import app
from crm_tasks.cli.outbox import COLUMNS
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.outbox import Outbox


@pytest.fixture
def home(tmp_path):
    """Return a home with one message in doubt and one that waits."""
    outbox = Outbox(Ledger(tmp_path / "ops" / "ops.sqlite"))
    outbox.enqueue(
        [
            {"idempotency_key": key, "strategy_action_id": "a", "campaign_id": "spring",
             "channel": "email", "content_id": "guide", "adapter": "smtp"}
            for key in ("abc1", "xyz2")
        ]
    )  # fmt: skip
    outbox.claim(["abc1"])
    outbox.finish(["abc1"], "in_doubt", "lost after the text")
    return tmp_path


def crm(*arguments):
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    return result.output, result.exit_code


def test_doubts_are_listed_and_settled_by_a_person(home):
    listed, _ = crm("outbox", "list", "--home", home)
    assert "abc1" in listed
    assert "xyz2" in listed
    assert all(name in listed for name in COLUMNS)
    doubts, _ = crm("outbox", "in-doubt", "--home", home)
    assert "lost after the text" in doubts
    assert "xyz2" not in doubts
    said, code = crm("outbox", "settle", "abc", "sent", "--by", "ann", "--home", home)
    assert (said.strip(), code) == ("1 settled as sent", 0)
    assert crm("outbox", "in-doubt", "--home", home)[0].strip() == "no messages"
    again, _ = crm("outbox", "settle", "abc", "failed", "--home", home)
    assert "not in doubt" in again


def test_only_a_state_that_is_one_is_taken(home):
    waiting, _ = crm("outbox", "list", "--state", "pending", "--home", home)
    assert "xyz2" in waiting
    assert "abc1" not in waiting
    assert crm("outbox", "list", "--state", "lost", "--home", home)[1] != 0
    assert crm("outbox", "settle", "--home", home)[1] != 0

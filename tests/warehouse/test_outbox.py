"""States of a message: each key once, doubts stay until somebody settles them."""

from __future__ import annotations

import os

import pytest

from crm_tasks.contracts.ops import OUTBOX_MESSAGES
from crm_tasks.errors import RunStateError
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.outbox import ROUNDS_AT_MOST, Outbox


@pytest.fixture
def outbox(tmp_path):
    return Outbox(Ledger(tmp_path / "ops" / "ops.sqlite"))


def queued(*keys, adapter="smtp"):
    return [
        {"idempotency_key": key, "strategy_action_id": f"a-{key}", "campaign_id": "c",
         "channel": "email", "content_id": "guide", "adapter": adapter}
        for key in keys
    ]  # fmt: skip


def states(outbox):
    return {m["idempotency_key"]: m["state"] for m in outbox.messages()}


def test_a_key_is_put_in_once_whatever_became_of_it(outbox):
    assert outbox.enqueue(queued("a", "b", "a")) == 2
    outbox.claim(["a"])
    outbox.finish(["a"], "sent")
    assert outbox.enqueue(queued("a", "c")) == 1
    assert states(outbox) == {"a": "sent", "b": "pending", "c": "pending"}
    outbox.store.arrow(OUTBOX_MESSAGES).validate(full=True)


def test_only_what_waits_can_be_claimed(outbox):
    outbox.enqueue(queued("a"))
    assert outbox.claim(["a", "unknown"]) == ["a"]
    assert outbox.claim(["a"]) == []


def test_what_a_sender_left_behind_is_in_doubt_and_never_claimed_again(outbox):
    outbox.enqueue(queued("a", "b"))
    outbox.claim(["a"])
    with outbox.sending() as doubted:
        assert doubted == 1
        assert states(outbox) == {"a": "in_doubt", "b": "pending"}
        assert outbox.claim(["a", "b"]) == ["b"]
        outbox.finish(["b"], "sent")
    with outbox.sending() as doubted:
        assert doubted == 0


def test_two_senders_do_not_send_at_once(outbox):
    with outbox.sending():
        child = os.fork()
        if not child:
            code = 0
            try:
                with outbox.sending():
                    code = 1
            except RunStateError:
                code = 7
            os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_a_message_that_nobody_takes_waits_and_is_given_up_in_the_end(outbox):
    outbox.enqueue(queued("a"))
    for number in range(1, ROUNDS_AT_MOST + 1):
        assert outbox.claim(["a"]) == ["a"]
        outbox.finish(["a"], "pending", "not now")
        expected = "failed" if number == ROUNDS_AT_MOST else "pending"
        assert states(outbox) == {"a": expected}


def test_a_doubt_is_settled_once_and_audited(outbox):
    outbox.enqueue(queued("a"))
    outbox.claim(["a"])
    outbox.finish(["a"], "in_doubt", "lost")
    assert outbox.settle(["a"], "sent", "ann", "the gateway's log shows it") == 1
    assert outbox.settle(["a"], "failed", "ann", "no") == 0
    assert states(outbox) == {"a": "sent"}
    log = outbox.store.rows("select action, object from audit_log")
    assert [(row["action"], row["object"]) for row in log] == [("outbox.settled", "a")]
    with pytest.raises(RunStateError, match="sent or failed"):
        outbox.settle(["a"], "pending", "ann", "again")


def test_only_files_are_taken_out_of_doubt_by_looking(outbox):
    outbox.enqueue([*queued("a"), *queued("f", adapter="file")])
    outbox.claim(["a", "f"])
    outbox.finish(["a", "f"], "in_doubt")
    outbox.resume(["a", "f"], "pending")
    assert states(outbox) == {"a": "in_doubt", "f": "pending"}


def test_a_message_is_found_by_the_beginning_of_its_key(outbox):
    outbox.enqueue(queued("abc", "abd"))
    assert outbox.find("abc")["strategy_action_id"] == "a-abc"
    for name in ("ab", "x"):
        with pytest.raises(RunStateError, match=name):
            outbox.find(name)

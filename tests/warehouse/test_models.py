"""Models are files with a registered digest; what people decide is a log that only grows."""

from __future__ import annotations

import stat

import pytest

from crm_tasks.errors import RunStateError
from crm_tasks.warehouse.decisions import append_decision, decisions_of
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.models import ModelStore, accepted_model


@pytest.fixture
def store(tmp_path) -> ModelStore:
    home = Home(tmp_path)
    return ModelStore(home, Ledger(home.ops_file), "p", "identity")


@pytest.fixture
def claim(store):
    return store.ledger.claim("a", "identity", None)


def test_the_last_accepted_model_is_in_force(store, claim):
    assert store.accepted() is None
    store.keep(claim, "v1", b"one", decided_by="rule", trained_by_run="r1")
    store.keep(claim, "v2", b"two", decided_by=None, trained_by_run="r2")
    row = store.accepted()
    assert (row["model_version"], store.read(row)) == ("v1", b"one")
    store.accept(claim, "v2", "clerk")
    assert accepted_model(store.ledger, "p", "identity")["decided_by"] == "clerk"
    assert store.read(store.accepted()) == b"two"
    assert accepted_model(store.ledger, "q", "identity") is None


def test_an_artifact_that_was_changed_or_lost_is_refused(store, claim):
    store.keep(claim, "v1", b"one", decided_by="rule", trained_by_run=None)
    row = store.find("v")
    path = store.home.root / row["artifact_path"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(b"other")
    with pytest.raises(RunStateError, match="was changed"):
        store.read(row)
    path.unlink()
    with pytest.raises(RunStateError, match="is missing"):
        store.accept(claim, "v1", "clerk")
    with pytest.raises(RunStateError, match="0 identity models begin with 'w'"):
        store.find("w")


def test_decisions_are_kept_in_the_order_they_were_made(store):
    one = {"profile": "p", "record_l": "a:1", "record_r": "b:1", "decided_by": "clerk",
           "reason": None}  # fmt: skip
    assert append_decision(store.ledger, {**one, "decision": "same"}) == 1
    assert append_decision(store.ledger, {**one, "decision": "different"}) == 2
    assert [d["decision"] for d in decisions_of(store.ledger, "p")] == ["same", "different"]
    assert decisions_of(store.ledger, "q") == []
    log = store.ledger.store.rows("select decision_no from identity_decision_log")
    assert [row["decision_no"] for row in log] == [1, 2]
    acts = store.ledger.store.rows("select action from audit_log")
    assert [act["action"] for act in acts] == ["identity.decided"] * 2

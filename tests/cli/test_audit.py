"""`crm audit verify`: whole, broken or nothing there are three different answers."""

from __future__ import annotations

import json

import pytest

from crm_tasks.cli.audit import verify
from crm_tasks.errors import AuditBroken
from crm_tasks.privacy.keys import derived_key, own_secret
from crm_tasks.settings import load_settings
from crm_tasks.warehouse.audit import append_audit, sign_head
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger


@pytest.fixture
def signed(tmp_path):
    """Return a home with two acts, the head signed after each."""
    home = Home(tmp_path)
    ledger = Ledger(home.ops_file)
    key = derived_key(own_secret(load_settings(home=home.root), home.key_file), "audit")
    for act in ("first", "second"):
        append_audit(ledger, act, "thing", {})
        sign_head(ledger, home.audit_head_file, key)
    return home


def test_a_whole_log_tells_its_rows_and_heads(call, signed):
    ended = call("audit", "verify", "--home", signed.root)
    assert (ended.code, ended.out) == (0, "audit log whole: 2 rows, 2 signed heads\n")


def test_a_log_that_vanished_is_missed_by_its_heads(call, signed):
    for file in signed.ops_file.parent.glob("ops.sqlite*"):
        file.unlink()
    ended = call("audit", "verify", "--home", signed.root)
    assert ended.code == 1
    assert "audit row 1 is missing" in ended.err


@pytest.mark.parametrize("line", ['{"seq": 2, "ha', "[]", "null", '{"seq": 2}', "2"])
def test_a_head_that_was_cut_off_is_named(call, signed, line):
    heads = signed.audit_head_file
    first, _ = heads.read_text().splitlines()
    heads.write_text(f"{first}\n{line}\n")
    ended = call("audit", "verify", "--home", signed.root)
    assert ended.code == 1
    assert "line 2 of the signed heads" in ended.err


def test_a_head_for_another_row_is_not_signed_for_it(call, signed):
    heads = signed.audit_head_file
    first, second = (json.loads(line) for line in heads.read_text().splitlines())
    heads.write_text(json.dumps({**second, "seq": first["seq"]}) + "\n")
    ended = call("audit", "verify", "--home", signed.root)
    assert ended.code == 1
    assert "not signed with this home's key" in ended.err


def test_another_key_than_the_home_s_verifies_nothing(signed, monkeypatch):
    monkeypatch.setenv("CRM_KEY", "k" * 40)
    with pytest.raises(AuditBroken, match="not signed with this home's key"):
        verify(home=signed.root)


def test_a_home_without_a_run_is_not_called_whole(call, tmp_path):
    ended = call("audit", "verify", "--home", tmp_path / "typo")
    assert ended.code == 1
    assert "no run was ever started" in ended.err
    assert not (tmp_path / "typo").exists()

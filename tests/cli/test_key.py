"""`crm key rotate`: says what it did and which key opens the home from now on."""

from __future__ import annotations

from crm_tasks.cli.key import app
from crm_tasks.privacy.keys import own_secret
from crm_tasks.settings import load_settings
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger


def test_an_empty_home_gets_another_key(tmp_path, call):
    home = Home(tmp_path)
    before = own_secret(load_settings(home=home.root), home.key_file)
    Ledger(home.ops_file)
    ended = call("key", "rotate", "--home", home.root)
    assert ended.code == 0, ended.err
    assert "0 ids and 0 tokens have new names" in ended.out
    assert home.key_file.read_bytes() != before
    assert home.key_file.read_text() not in ended.out + ended.err
    assert {command.name for command in app.registered_commands} == {None}


def test_who_holds_the_key_is_told_what_to_set(tmp_path, call, monkeypatch):
    Ledger(Home(tmp_path).ops_file)
    monkeypatch.setenv("CRM_KEY", "o" * 32)
    monkeypatch.setenv("CRM_NEW_KEY", "n" * 32)
    ended = call("key", "rotate", "--home", tmp_path)
    assert ended.code == 0, ended.err
    assert "set CRM_KEY to what CRM_NEW_KEY is" in ended.out
    assert not Home(tmp_path).key_file.exists()
    again = call("key", "rotate", "--home", tmp_path)
    assert again.code != 0
    assert "CRM_KEY has to be the new one" in again.err

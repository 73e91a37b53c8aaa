"""Semi-structured sources: an unknown key is kept and told, and never read by anybody unasked."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from crm_tasks.settings import load_settings
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.replay import replay
from crm_tasks.steps.runner import run_step
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger

PROFILE = """\
profile: events
title: T
provenance: P
time_zone: UTC
currency_code: EUR
default_as_of: 2026-07-01
is_synthetic: true
uses_demo_key: true
contact: {{channels: [mail]}}
sources:
  - source_system: web
    root: data
    known_at: {{rule: event}}
    tables:
      - name: events
        files: events.jsonl
        format: jsonl
        unknown_keys: {unknown_keys}
        columns: {{order: plain, user.id: plain, at: plain}}
        feeds:
          - entity: orders
            map: {{order_source_id: order, customer_source_id: user.id, ordered_at: at}}
"""
EVENTS = [
    {"order": 1, "user": {"id": "u1"}, "at": "2026-01-01T10:00:00Z"},
    {"order": 2, "user": {"id": "u2", "mood": "canary"}, "at": "2026-01-02T10:00:00Z"},
]


@pytest.fixture
def land(tmp_path):
    def run(unknown_keys, attempt="a", events=EVENTS):
        (tmp_path / "data").mkdir(exist_ok=True)
        lines = "".join(json.dumps(event) + "\n" for event in events)
        (tmp_path / "data" / "events.jsonl").write_text(lines)
        profile = tmp_path / "profile.yml"
        profile.write_text(PROFILE.format(unknown_keys=unknown_keys))
        home = Home(tmp_path / "home")
        run_step("land", Attempt(attempt, str(profile), str(home.root)))
        return home

    return run


def test_an_unknown_key_is_kept_and_told_as_a_change_of_the_schema(land):
    home = land("plain")

    (file,) = home.landing.rglob("rows.parquet")
    rows = pq.read_table(file, partitioning=None)
    assert rows.column("user.id").to_pylist() == ["u1", "u2"]
    assert rows.column("raw_payload").to_pylist() == [None, '{"user":{"mood":"canary"}}']
    (change,) = Ledger(home.ops_file).store.rows("select * from schema_changes")
    assert (change["column_name"], change["change"]) == ("user", "added")


def test_an_unknown_key_goes_to_the_vault_unless_declared_harmless(land):
    home = land("vault")

    files = [path for path in home.root.rglob("*") if path.is_file()]
    assert [path for path in files if b"canary" in path.read_bytes()] == []
    (file,) = home.landing.rglob("rows.parquet")
    assert "raw_payload" not in pq.read_table(file, partitioning=None).column_names


def test_a_retyped_key_is_told(land):
    land("plain")
    home = land("plain", "b", [{**EVENTS[0], "order": "x"}])

    query = "select column_name, change, detail from schema_changes order by rowid"
    found = {row["column_name"]: row for row in Ledger(home.ops_file).store.rows(query)}
    assert found["order"]["detail"] == "number -> string"


INNER = """\
    tables:
      - name: mentions
        files: events.jsonl
        format: jsonl
        records: "to[]"
        unknown_keys: {unknown_keys}
        columns: {{{column}: plain, id: plain}}
        feeds: []
"""


@pytest.mark.parametrize(
    ("column", "landed"), [("parent.order", ["1", "1", "2"]), ("parent.parent.x", [None, None])]
)
def test_inner_records_set_aside_are_taken_up_with_what_is_around_them(tmp_path, column, landed):
    (tmp_path / "data").mkdir()
    lines = [{"order": 1, "to": [{"id": 8}, {"id": 9}]}, {"order": 2, "to": [{"id": 7, "x": 0}]}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "data" / "events.jsonl").write_text(text)
    profile, home = tmp_path / "profile.yml", Home(tmp_path / "home")
    head = PROFILE.partition("    tables:")[0]
    profile.write_text((head + INNER).format(unknown_keys="refuse", column=column))
    run_step("land", Attempt("a", str(profile), str(home.root)))
    ledger = Ledger(home.ops_file)
    (aside,) = ledger.store.rows("select * from quarantine")
    assert (aside["reason"], aside["byte_length"]) == (
        "E_UNKNOWN_KEY",
        len(text.splitlines()[1]) + 1,
    )

    profile.write_text((head + INNER).format(unknown_keys="plain", column=column))
    replay(load_settings(home=home.root, profile=str(profile)), ledger)

    files = home.landing.rglob("rows.parquet")
    rows = [row for file in files for row in pq.read_table(file, partitioning=None).to_pylist()]
    assert sorted((row[column] for row in rows), key=str) == landed

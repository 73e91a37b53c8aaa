"""The last step: one version, its lineage, and a signed head that no edit of the log survives."""

from __future__ import annotations

import json

import pytest

from crm_tasks.contracts import ops, published_tables
from crm_tasks.errors import AuditBroken, RunStateError, SettingsError
from crm_tasks.privacy.keys import derived_key, own_secret
from crm_tasks.settings import load_settings
from crm_tasks.steps.publish import publish, record
from crm_tasks.steps.runner import open_run
from crm_tasks.warehouse.audit import verify_audit
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.publications import served_file
from crm_tasks.warehouse.query import query_served


def test_it_reports_the_version_and_every_table(opened):
    run = opened("publish")
    report = publish(run)
    file = served_file(run.home)
    assert report.message == f"version 2: {file.name}"
    written = [table for table in published_tables() if table.writer != "ops"]
    assert report.figures == {"tables": len(written)}
    counted = [
        query_served(run.home, f"select count(*) from {table.full_name}").column(0)[0].as_py()
        for table in written
    ]
    assert report.rows_written == sum(counted)


def test_published_again_the_tables_are_the_same(opened):
    run = opened("publish")
    before = run.ledger.store.arrow(ops.TABLE_HASHES)
    publish(run)
    assert before.num_rows > 40
    assert run.ledger.store.arrow(ops.TABLE_HASHES).equals(before)
    assert served_file(run.home).name.startswith("crm_000002_")


def test_the_head_of_the_log_is_signed_with_the_home_s_own_key(opened):
    run = opened("publish")
    publish(run)
    rows = run.ledger.store.rows("select * from audit_log order by seq")
    heads = run.home.audit_head_file.read_text().splitlines()
    key = derived_key(own_secret(run.settings, run.home.key_file), "audit")
    assert json.loads(heads[-1])["seq"] == rows[-1]["seq"]
    assert verify_audit(rows, heads, key) == len(rows)
    with pytest.raises(AuditBroken):
        verify_audit(rows[:-1], heads, key)


def test_a_layer_of_another_run_stops_it_and_readers_keep_what_they_have(opened):
    run = opened("publish")
    before = served_file(run.home)
    run.ledger.open_attempt("other", "small_company")
    run.ledger.complete_layer(run.ledger.claim("other", "bi", "other"), "bi")
    with pytest.raises(RunStateError, match="layer bi"):
        publish(run)
    assert served_file(run.home) == before


def test_a_profile_edited_under_way_stops_a_step_before_it_reads(
    copied, company, tmp_path, monkeypatch
):
    """What follows would mix two profiles; the run's own digest says so."""
    edited = tmp_path / "small_company.yml"
    text = company.profile.read_text().replace("currency_code: EUR", "currency_code: USD")
    edited.write_text(text)
    monkeypatch.setenv("CRM_PROFILE", str(edited))
    ledger = Ledger(copied.ops_file)
    claim = ledger.claim("stages", "publish", ledger.find_run_like("last")["run_id"])
    with pytest.raises(SettingsError, match="was edited while run"):
        open_run(load_settings(home=copied.root), copied, ledger, claim)


def test_recorded_a_run_counts_and_readers_notice_nothing(opened):
    run = opened("record")
    before, served = run.ledger.store.arrow(ops.TABLE_HASHES), served_file(run.home)
    with run.ledger.store.transaction() as connection:
        connection.execute("update runs set state = 'running', ended_at = null")
        connection.execute("delete from table_hashes")
    report = record(run)
    assert run.ledger.find_run(run.run_id)["state"] == "published"
    assert run.ledger.store.arrow(ops.TABLE_HASHES).equals(before)
    assert served_file(run.home) == served
    assert report.message == f"{run.as_of} recorded"
    assert list(run.home.serve.glob(".try-*")) == []

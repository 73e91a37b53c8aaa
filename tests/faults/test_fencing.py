"""Whoever was overtaken may not write; readers keep the version they have."""

from __future__ import annotations

import pytest

from crm_tasks.contracts import find_table
from crm_tasks.errors import RunStateError, StaleAttempt
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.runner import run_step
from crm_tasks.warehouse.publications import served_file
from crm_tasks.warehouse.publish import Publisher
from crm_tasks.warehouse.tables import read_table, write_table
from tests.faults.kit import leftovers, table_hashes, version_of
from tests.faults.publish_again import fresh_claim, fresh_publisher, publisher


@pytest.fixture
def published(company):
    """Return the company as it was right after its run was published."""
    company.restore("publish")
    return company


def test_a_stale_attempt_cannot_publish(published):
    stale = fresh_publisher(published.home)
    fresh_claim(published.ledger, "publish")
    with pytest.raises(StaleAttempt, match="overtaken"):
        stale.publish()
    assert version_of(served_file(published.home)) == 1
    assert leftovers(published.home) == []


def test_an_attempt_overtaken_while_it_writes_the_file_cannot_publish(published, monkeypatch):
    put_together = Publisher._put_together

    def overtaken_meanwhile(self, file):
        tables = put_together(self, file)
        fresh_claim(published.ledger, "publish")
        return tables

    monkeypatch.setattr(Publisher, "_put_together", overtaken_meanwhile)
    with pytest.raises(StaleAttempt, match="overtaken"):
        fresh_publisher(published.home).publish()
    assert version_of(served_file(published.home)) == 1
    assert leftovers(published.home) == []


def test_an_overtaken_attempt_does_not_fail_the_run_its_successor_works_on(company, monkeypatch):
    company.restore("bi")
    put_together = Publisher._put_together

    def overtaken_meanwhile(self, file):
        tables = put_together(self, file)
        fresh_claim(company.ledger, "publish")
        return tables

    monkeypatch.setattr(Publisher, "_put_together", overtaken_meanwhile)
    with pytest.raises(StaleAttempt):
        run_step("publish", Attempt("stages", str(company.profile), str(company.home.root)))
    assert company.ledger.find_run_like("last")["state"] == "running"
    rows = company.ledger.store.rows("select * from task_runs where task_id = 'publish'")
    assert [row["state"] for row in rows] == ["failed", "running"]
    assert "overtaken" in rows[0]["message"]


def test_a_stale_attempt_cannot_hand_over_a_table(published):
    ledger, table = published.ledger, find_table("graph.summary")
    stale = fresh_claim(ledger, "relationships")
    fresh_claim(ledger, "relationships")
    rows = read_table(published.home, table, stale.run_id)
    with pytest.raises(StaleAttempt):
        write_table(published.home, ledger, stale, table, rows.slice(0, 0))
    assert read_table(published.home, table, stale.run_id).equals(rows)
    assert leftovers(published.home) == []


def test_a_run_whose_working_file_another_has_taken_over_says_so(published):
    before, ledger = table_hashes(published.home), published.ledger
    mine = publisher(published.home, ledger, fresh_claim(ledger, "publish"))
    ledger.begin_layer(another_runs_claim(ledger), "core")
    with pytest.raises(RunStateError, match=f"layer core .* not of run {mine.run_id}.*run this"):
        mine.publish()
    assert version_of(served_file(published.home)) == 1
    assert table_hashes(published.home) == before


def test_a_working_file_taken_over_while_the_file_is_written_is_noticed(published, monkeypatch):
    put_together = Publisher._put_together

    def taken_over_meanwhile(self, file):
        tables = put_together(self, file)
        published.ledger.begin_layer(another_runs_claim(published.ledger), "core")
        return tables

    monkeypatch.setattr(Publisher, "_put_together", taken_over_meanwhile)
    with pytest.raises(RunStateError, match="another run"):
        fresh_publisher(published.home).publish()
    assert version_of(served_file(published.home)) == 1
    assert leftovers(published.home) == []


def another_runs_claim(ledger):
    """Return a claim of the core step by a run of another date."""
    ledger.open_attempt("another", "small_company")
    return ledger.claim("another", "core", "another-run")

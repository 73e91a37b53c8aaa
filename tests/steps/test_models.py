"""The dbt steps: what a layer is told, and what stays when its build fails."""

from __future__ import annotations

import datetime as dt
import json

import pyarrow.compute as pc
import pytest

from crm_tasks.contracts import find_table, ops
from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.errors import ModelBuildFailed, StaleAttempt
from crm_tasks.steps import models
from crm_tasks.steps.models import build_bi, build_core, build_staging, run_variables
from crm_tasks.warehouse.ops_store import insert_rows
from crm_tasks.warehouse.tables import read_table


@pytest.fixture
def called(monkeypatch):
    """Put a note in the place of dbt; the note's `result` and `error` are what a build leaves."""

    class Note:
        calls: list = []  # noqa: RUF012 (one note per test)
        results: list | None = None
        error: Exception | None = None

        def __call__(self, call, select, exclude=(), *, is_full=True):
            self.calls.append((call, select, exclude))
            self.is_full = is_full
            if self.results is not None:
                (call.target / "run_results.json").write_text(json.dumps({"results": self.results}))
            if self.error is not None:
                raise self.error

    note = Note()
    note.calls = []
    monkeypatch.setattr(models, "build", note)
    return note


def test_models_learn_what_the_profile_says_and_nothing_of_the_clock(opened):
    run = opened("core")
    assert run_variables(run) == {
        "as_of": "2024-07-01",
        "currency_code": "EUR",
        "time_zone": "UTC",
        "is_synthetic": True,
        "consent_when_unknown": "assume",
    }


def test_staging_is_handed_the_landing_views_as_a_file(opened, called):
    run = opened("staging")
    build_staging(run)
    ((call, select, _),) = called.calls
    assert select == ("path:models/staging",)
    text = call.landing_sql.read_text(encoding="utf-8")
    assert text.count("create or replace view") == len(ENTITIES)
    # The layer stands for this very run: no batch is typed again.
    assert not called.is_full
    assert not any(batch["batch_id"] in text for batch in run.ledger.batches_of_run(run.run_id))


def test_staging_of_another_profile_or_code_is_typed_again_whole(opened, called):
    run = opened("staging")
    other = {**run.row, "run_id": "another", "code_version": "older"}
    with run.ledger.store.transaction() as connection:
        insert_rows(connection, ops.RUNS, [other])
        connection.execute("update layers set run_id = 'another' where layer = 'staging'")
    build_staging(run)
    ((call, _, _),) = called.calls
    assert called.is_full
    text = call.landing_sql.read_text(encoding="utf-8")
    assert all(batch["batch_id"] in text for batch in run.ledger.batches_of_run(run.run_id))


def test_a_layer_that_was_left_half_is_built_again_whole(opened, called):
    run = opened("core")
    run.ledger.begin_layer(run.claim, "core")
    build_core(run)
    assert called.is_full


def test_core_is_built_with_its_seeds_and_told_what_changed(opened, called):
    report = build_core(opened("core"))
    ((call, select, exclude),) = called.calls
    assert (set(select), exclude) == ({"path:models/core", "path:seeds"}, ())
    text = call.landing_sql.read_text(encoding="utf-8")
    assert [f"changes.{name} as" in text for name in ("batches", "built", "customers")] == [
        True
    ] * 3
    assert "landing." not in text
    assert report.rows_written > 60
    assert report.message.endswith(" tables, what changed built")


def test_core_far_from_the_date_it_was_built_for_is_built_again_whole(opened, called):
    run = opened("core")
    other = {**run.row, "run_id": "another", "as_of_date": "2024-05-01"}
    with run.ledger.store.transaction() as connection:
        insert_rows(connection, ops.RUNS, [other])
        connection.execute("update layers set run_id = 'another' where layer = 'core'")
    build_core(run)
    assert called.is_full


def test_a_layer_whose_build_fails_is_not_complete_and_its_results_are_kept(opened, called):
    run = opened("core")
    manifest = json.loads((run.home.dbt / "target" / "manifest.json").read_text(encoding="utf-8"))
    test = next(name for name, node in manifest["nodes"].items() if node["resource_type"] == "test")
    called.results = [{"unique_id": test, "status": "fail", "failures": 3}]
    called.error = ModelBuildFailed("dbt: stopped")
    with pytest.raises(ModelBuildFailed):
        build_core(run)
    assert not run.ledger.layer_is_complete("core", run.run_id)
    results = run.ledger.store.arrow(ops.DQ_RESULTS).to_pylist()
    (failed,) = [r for r in results if r["suite"] == "dbt" and r["n_unexpected"] == 3]
    assert not failed["is_success"]
    assert failed["expectation"] == manifest["nodes"][test]["name"]


def test_a_layer_is_not_begun_by_an_overtaken_attempt(opened, called):
    run = opened("core")
    run.ledger.claim("again", "core", run.run_id)
    with pytest.raises(StaleAttempt):
        build_core(run)
    assert called.calls == []
    assert run.ledger.layer_is_complete("core", run.run_id)


@pytest.mark.usefixtures("called")
def test_bi_is_given_this_run_s_results_on_what_is_below_it(opened):
    """Results on bi come after it was built; with them a rebuild would not be equal."""
    run = opened("bi")
    row = run.ledger.store.arrow(ops.DQ_RESULTS).to_pylist()[0]
    other = {**row, "run_id": "another"}
    on_bi = {**row, "table_name": "bi.customer_360"}
    run.ledger.record(run.claim, ops.DQ_RESULTS, [other, on_bi])
    build_bi(run)
    given = read_table(run.home, find_table("ops.dq_results"), run.run_id)
    assert given.num_rows > 50
    assert set(given.column("run_id").to_pylist()) == {run.run_id}
    assert not pc.any(pc.starts_with(given.column("table_name"), "bi.")).as_py()
    assert run.ledger.layer_is_complete("bi", run.run_id)
    assert run.as_of == dt.date(2024, 7, 1)

"""A step stands only while what it wrote is still there and still this run's."""

from __future__ import annotations

import shutil

import pytest

from crm_tasks.contracts.frames import StepReport
from crm_tasks.steps.registry import STEPS, find_step
from crm_tasks.steps.standing import step_stands, tables_written
from crm_tasks.warehouse.ledger import Ledger, Usage
from crm_tasks.warehouse.publications import switch_link

AFTER_LANDING = [step for step in STEPS if step.name != "land"]
DBT = {step.name for step in STEPS if step.is_dbt}


@pytest.fixture
def ledger(copied):
    return Ledger(copied.ops_file)


@pytest.fixture
def run_id(ledger):
    return ledger.find_run_like("last")["run_id"]


@pytest.fixture
def fallen(copied, ledger, run_id):
    """Return a function that names the steps which do not stand (any more)."""

    def steps():
        return {s.name for s in AFTER_LANDING if not step_stands(copied, ledger, s, run_id)}

    return steps


def folder_of(home, table, run_id):
    schema, name = table.split(".")
    return home.lake / schema / name / f"run={run_id}"


def test_after_a_run_every_step_stands_for_it_and_for_no_other(copied, ledger, fallen):
    assert fallen() == set()
    assert not [s.name for s in AFTER_LANDING if step_stands(copied, ledger, s, "other")]


@pytest.mark.parametrize("damage", ["cut", "removed", "manifest", "folder"])
@pytest.mark.parametrize(
    ("table", "step"),
    [("graph.edge_evidence", "relationships"), ("identity.events", "identity"),
     ("strategy.action_reasons", "actions")],
)  # fmt: skip
def test_a_python_step_stands_while_each_of_its_tables_is_whole(
    copied, run_id, fallen, table, step, damage
):
    folder = folder_of(copied, table, run_id)
    if damage == "cut":
        rows = (folder / "rows.parquet").read_bytes()
        (folder / "rows.parquet").write_bytes(rows[:-1])
    elif damage == "removed":
        (folder / "rows.parquet").unlink()
    elif damage == "manifest":
        (folder / "manifest.json").unlink()
    else:
        shutil.rmtree(folder)
    assert fallen() == {step}


def test_every_python_table_a_step_writes_is_looked_at():
    assert {table.full_name for table in tables_written(find_step("segments"))} == {
        "ml.segment_definitions", "ml.segments", "ml.segment_profiles", "ml.segment_history",
        "evaluation.segment_stability",
    }  # fmt: skip
    assert tables_written(find_step("gate_core")) == []
    assert tables_written(find_step("core")) == []
    looked_at = [t.full_name for step in AFTER_LANDING for t in tables_written(step)]
    assert len(set(looked_at)) == len(looked_at) > 10


def test_a_layer_that_another_run_has_begun_to_overwrite_does_not_stand(ledger, fallen):
    ledger.open_attempt("other", "small_company")
    ledger.begin_layer(ledger.claim("other", "core", "other"), "core")
    assert fallen() == {"core"}
    ledger.complete_layer(ledger.claim("other", "core", "other"), "core")
    assert fallen() == {"core"}


def test_a_layer_this_run_was_killed_in_does_not_stand(ledger, run_id, fallen):
    ledger.open_attempt("again", "small_company")
    ledger.begin_layer(ledger.claim("again", "bi", run_id), "bi")
    assert fallen() == {"bi"}


def test_without_the_working_file_no_layer_stands(copied, fallen):
    copied.warehouse_file.unlink()
    assert fallen() == DBT


@pytest.mark.parametrize("damage", ["no link", "no file", "other version"])
def test_publishing_stands_while_readers_see_this_run(copied, fallen, damage):
    file = copied.served_link.resolve()
    if damage == "no link":
        copied.served_link.unlink()
    elif damage == "no file":
        file.unlink()
    else:
        other = shutil.copy(file, file.with_name("crm_000002_0123.duckdb"))
        switch_link(copied.served_link, other.name)
    assert fallen() == {"publish"}


def test_a_step_that_only_failed_never_stands(copied, ledger):
    ledger.open_attempt("b", "small_company")
    claim = ledger.claim("b", "gate_core", "run-b")
    gate = find_step("gate_core")
    assert not step_stands(copied, ledger, gate, "run-b")
    ledger.finish(claim, "failed", StepReport(), Usage(1, 1, 1))
    assert not step_stands(copied, ledger, gate, "run-b")
    ledger.finish(ledger.claim("b", "gate_core", "run-b"), "success", StepReport(), Usage(1, 1, 1))
    assert step_stands(copied, ledger, gate, "run-b")

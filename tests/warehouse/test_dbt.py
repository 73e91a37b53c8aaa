"""dbt as a child process: what it is told, what it may not see, and how its failure is told."""

from __future__ import annotations

import itertools
import json
import os
import stat
import subprocess
import sys
import traceback
from dataclasses import replace
from functools import partial

import duckdb
import pytest

from crm_tasks.contracts import find_table
from crm_tasks.errors import ModelBuildFailed, WarehouseBusy
from crm_tasks.settings import load_settings
from crm_tasks.warehouse import dbt
from crm_tasks.warehouse.dbt import DBT_PROJECT, LOCK_MESSAGE, DbtCall, build, read_ahead
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.meter import Meter
from crm_tasks.warehouse.warm_dbt import Ended

CANARY = "canary-0451"
SELECT = ("path:models/core",)


def result(unique_id, status, failures=None):
    """Return a result as dbt writes it, values in the message and all."""
    return {
        "unique_id": unique_id,
        "status": status,
        "failures": failures,
        "message": f"Conversion Error: {CANARY}",
        "compiled_code": f"where name = '{CANARY}'",
    }


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Return a call of dbt in a home of its own."""
    monkeypatch.chdir(tmp_path)
    settings = load_settings(home=tmp_path / "home", threads=3, memory_limit="2GB")
    return DbtCall(Home(tmp_path / "home"), settings, "run-1", {"as_of": "2024-07-01"})


@pytest.fixture
def stand_in(call, tmp_path, monkeypatch):
    """Return a function that puts a script in dbt's place, which leaves results and a code."""

    def install(results=None, said="", code=1):
        target = call.target / "run_results.json"
        results_file = tmp_path / "results.json"
        results_file.write_text(json.dumps({"results": results or []}))
        copy = f"mkdir -p {target.parent}; cp {results_file} {target}" if results else ":"
        program = tmp_path / "dbt"
        program.write_text(
            f'#!/bin/sh\necho "$@" > {tmp_path}/asked\nenv > {tmp_path}/env\n'
            f"echo '{said}'\n{copy}\nexit {code}\n"
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(DbtCall, "arguments", lambda _, *words: list(words))
        monkeypatch.setattr(dbt.WARM, "call", partial(called, program))
        return tmp_path

    return install


def called(program, arguments, environment, console, _project):
    """Run a script as the loaded dbt runs a call."""
    with console.open("wb") as log:
        done = subprocess.run(
            [program, *arguments], env=environment, stdout=log, stderr=log, check=False
        )
    return Ended(done.returncode, 1024, 0.25)


# --- what it is told ------------------------------------------------------------------------------


def test_the_child_is_told_where_to_work_and_never_the_key(call, stand_in, monkeypatch):
    monkeypatch.setenv("CRM_KEY", "k" * 40)
    monkeypatch.setenv("PLANTED", "kept")
    folder = stand_in(code=0)
    build(call, SELECT)
    told = dict(line.split("=", 1) for line in (folder / "env").read_text().splitlines())
    assert told["DBT_CRM_WAREHOUSE"] == str(call.home.warehouse_file)
    assert told["DBT_CRM_AS_OF"] == "2024-07-01"
    assert (told["DBT_CRM_THREADS"], told["DBT_CRM_MEMORY_LIMIT"]) == ("3", "2GB")
    assert told["DBT_CRM_LANDING_SQL"] == ""
    assert told["PLANTED"] == "kept"
    assert "CRM_KEY" not in told
    assert "k" * 40 not in (folder / "env").read_text()


def test_what_is_selected_is_one_argument_and_no_shell_reads_it(call):
    after = dict(itertools.pairwise(call.arguments("build", "--select", "x; drop")))
    assert after["--select"] == "x; drop"
    assert after["--project-dir"] == after["--profiles-dir"] == str(DBT_PROJECT)
    assert str(call.home.dbt) in after["--target-path"]


def test_a_date_or_a_run_changes_nothing_that_dbt_reads_while_parsing(call):
    """Else it would read its project again, for seconds, every day."""
    other = replace(call, run_id="run-2", variables={"as_of": "2024-07-02"})
    assert other.arguments("build") == call.arguments("build")
    ours, theirs = call.environment(), other.environment()
    assert {name for name in ours if ours[name] != theirs[name]} == {"DBT_CRM_AS_OF"}


def test_dbt_finds_the_parquet_of_its_run_at_paths_that_name_none(call, stand_in):
    stand_in(code=0)
    build(call, SELECT)
    edges = find_table("graph.edges")
    link = call.lake / "graph" / "edges"
    assert link.readlink() == call.home.table_dir(edges, "run-1")
    build(replace(call, run_id="run-2"), SELECT)
    assert link.readlink() == call.home.table_dir(edges, "run-2")


def test_the_project_is_read_ahead_once_for_a_home(call, monkeypatch):
    asked = []
    monkeypatch.setattr(dbt.WARM, "call", lambda *told: asked.append(told))
    read_ahead(call.home, call.settings)
    (arguments, environment, *_) = asked.pop()
    assert "parse" in arguments
    assert environment["DBT_CRM_LAKE"] == call.environment()["DBT_CRM_LAKE"]
    call.target.mkdir()
    (call.target / "partial_parse.msgpack").touch()
    read_ahead(call.home, call.settings)
    assert not asked


def test_unit_tests_are_left_out_and_tests_wait_for_the_layers_they_read(call, stand_in):
    folder = stand_in(code=0)
    build(call, SELECT, exclude=("path:models/core/wide",))
    assert (folder / "asked").read_text().split() == [
        "build", "--indirect-selection", "buildable", "--exclude-resource-type", "unit_test",
        "--select", "path:models/core", "--exclude", "path:models/core/wide", "--full-refresh",
    ]  # fmt: skip


def test_a_layer_is_brought_up_to_date_only_if_asked(call, stand_in):
    folder = stand_in(code=0)
    build(call, SELECT, is_full=False)
    assert "--full-refresh" not in (folder / "asked").read_text()


def test_the_spill_folder_is_private(call, stand_in):
    stand_in(code=0)
    build(call, SELECT)
    assert call.home.temporary.stat().st_mode & 0o777 == 0o700


def test_the_child_s_memory_and_time_count_for_the_step(call, stand_in):
    stand_in(code=0)
    Meter()
    build(call, SELECT)
    assert (Meter.child_peak_mb, Meter.child_cpu_s) == (1, 0.25)


# --- how its failure is told ----------------------------------------------------------------------


def test_a_failure_names_models_tests_and_rows_but_no_value(call, stand_in):
    stand_in(
        [
            result("model.guanxi.dim_dates", "success"),
            result("model.guanxi.fct_orders", "error"),
            result("test.guanxi.unique_fct_orders_order_id.3f2a", "fail", 3),
            result("test.guanxi.fine.1", "pass", 0),
            result("test.guanxi.odd.1", "warn", 9),
            result("model.guanxi.fct_items", "skipped"),
        ],
        said=f"1 of 6 ERROR {CANARY}",
    )
    with pytest.raises(ModelBuildFailed) as caught:
        build(call, SELECT)
    message = str(caught.value)
    assert "model fct_orders error, test unique_fct_orders_order_id fail (3 rows)" in message
    assert not [name for name in ("dim_dates", "fine", "odd", "fct_items") if name in message]
    assert str(call.home.dbt / "console.log") in message
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert not caught.value.is_retryable


def test_many_failures_are_cut_at_ten(call, stand_in):
    stand_in([result(f"test.guanxi.t{number:02}.x", "fail", 1) for number in range(13)])
    with pytest.raises(ModelBuildFailed, match=r"test t09 fail \(1 rows\) and 3 more"):
        build(call, SELECT)


def test_a_working_file_held_by_another_process_is_worth_a_retry(call, stand_in):
    said = 'IO Error: Could not set lock on file "/home/warehouse.duckdb": Conflicting lock'
    stand_in([result("model.guanxi.fct_orders", "error")], said=said)
    with pytest.raises(WarehouseBusy) as caught:
        build(call, SELECT)
    assert caught.value.is_retryable


def test_duckdb_still_words_its_lock_as_we_look_for_it(tmp_path):
    """The message is all there is to tell a held file by; a new engine may word it anew."""
    file = tmp_path / "w.duckdb"
    code = f"import duckdb\ntry: duckdb.connect({str(file)!r})\nexcept Exception as e: print(e)"
    with duckdb.connect(str(file)):
        other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert LOCK_MESSAGE in other.stdout.decode()


def test_results_of_an_earlier_call_are_not_taken_for_this_one(call, stand_in):
    call.target.mkdir(parents=True)
    old = {"results": [result("model.guanxi.from_before", "error")]}
    (call.target / "run_results.json").write_text(json.dumps(old))
    stand_in(code=2)
    with pytest.raises(ModelBuildFailed, match=r"before building \(exit code 2\)") as caught:
        build(call, SELECT)
    assert "from_before" not in str(caught.value)
    assert not (call.target / "run_results.json").exists()


def test_the_console_of_the_call_is_kept(call, stand_in):
    stand_in(said="all of it", code=0)
    build(call, SELECT)
    assert (call.home.dbt / "console.log").read_text() == "all of it\n"


def test_a_dbt_that_was_killed_is_a_failure(call, stand_in):
    folder = stand_in()
    (folder / "dbt").write_text("#!/bin/sh\nkill -9 $$\n")
    with pytest.raises(ModelBuildFailed, match="exit code -9"):
        build(call, SELECT)


def test_the_caller_s_environment_is_left_alone(call, stand_in):
    before = dict(os.environ)
    stand_in(code=0)
    build(call, SELECT)
    assert dict(os.environ) == before

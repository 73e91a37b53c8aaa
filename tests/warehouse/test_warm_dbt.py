"""The loaded dbt: one loading, a process of its own for each call, gone with who asked."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import duckdb
import pytest

from crm_tasks.errors import ModelBuildFailed
from crm_tasks.warehouse.warm_dbt import WarmDbt
from tests.warehouse.test_bound import wait_until

PROFILES = """\
small:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, path: "{{ env_var('DBT_FILE') }}"}
"""
MODEL = "select {{ env_var('DBT_ANSWER', '0') }} as answer"


@pytest.fixture(scope="module")
def warm():
    dbt = WarmDbt()
    yield dbt
    dbt.stop()


@pytest.fixture
def call(warm, tmp_path):
    """Return a function that makes a call and returns how it ended and what dbt said."""

    def make(*arguments, **environment):
        console = tmp_path / "console.log"
        ended = warm.call(arguments, {**os.environ, **environment}, console)
        return ended, console.read_text()

    return make


def test_each_call_says_how_it_ended_and_what_it_used(call):
    ended, said = call("--version")
    assert ended.code == 0
    assert "Core:" in said
    assert ended.peak_kib > 10_000
    assert ended.cpu_s > 0


def test_a_call_that_dbt_refuses_has_its_exit_code_and_words(call):
    ended, said = call("bild")
    assert ended.code == 2
    assert "No such command 'bild'" in said


def test_calls_have_processes_of_their_own_and_share_what_is_loaded(warm, call):
    loaded = warm.start().pid
    before = children_of(loaded)
    call("--version")
    assert warm.start().pid == loaded
    assert children_of(loaded) == before  # none outlives its call


def test_each_call_works_in_the_folder_and_environment_of_who_asks(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    named = """name: anything\nprofile: '{{ env_var("DBT_NAMED") }}'\n"""
    (tmp_path / "dbt_project.yml").write_text(named)
    (tmp_path / "profiles.yml").write_text("other: {}\n")
    _, said = call("list", "--project-dir", ".", "--profiles-dir", ".", DBT_NAMED="nobody")
    assert "'nobody'" in said


def test_the_loaded_process_never_sees_the_key(monkeypatch):
    monkeypatch.setenv("CRM_KEY", "k" * 40)
    dbt = WarmDbt()
    environment = Path(f"/proc/{dbt.start().pid}/environ")
    try:
        wait_until(lambda: b"bound" in environment.with_name("cmdline").read_bytes())
        assert b"CRM_KEY" not in environment.read_bytes()
    finally:
        dbt.stop()


def test_one_that_was_killed_between_calls_is_started_again(warm, call):
    warm.start().kill()
    warm.start().wait()
    ended, _ = call("--version")
    assert ended.code == 0


def test_one_that_is_killed_while_it_works_is_a_failure_told_at_once(tmp_path):
    dbt = WarmDbt()
    process = dbt.start()
    os.kill(process.pid, signal.SIGKILL)
    dbt.start = lambda: process
    with pytest.raises(ModelBuildFailed, match="ended early"):
        dbt.call(["--version"], dict(os.environ), tmp_path / "console.log")


@pytest.fixture
def project(warm, tmp_path):
    """Return the folder of a project of one model, and a function that builds it."""
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text("name: small\nprofile: small\n")
    (folder / "profiles.yml").write_text(PROFILES)
    (folder / "models" / "answers.sql").write_text(MODEL)
    where = ("--project-dir", str(folder), "--profiles-dir", str(folder))
    where += ("--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs"))

    def build(**environment):
        console = tmp_path / "console.log"
        given = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", **environment}
        given["DBT_FILE"] = str(tmp_path / "small.duckdb")
        ended = warm.call(("build", *where), given, console, ("parse", *where))
        return ended.code, console.read_text()

    return folder, build


def was_read(folder):
    """Return whether the project was read since this was last asked."""
    file = folder.parent / "target" / "partial_parse.msgpack"
    found = file.exists()
    file.unlink(missing_ok=True)
    return found


def test_a_project_is_read_once_until_one_of_its_files_changes(project):
    folder, build = project
    assert build()[0] == 0
    assert was_read(folder)
    code, said = build()
    assert (code, was_read(folder)) == (0, False)
    assert "1 of 1 OK created sql view model" in said
    (folder / "models" / "more.sql").write_text("select * from {{ ref('answers') }}")
    code, said = build()
    assert (code, was_read(folder)) == (0, True)
    assert "2 of 2 OK created sql view model" in said


def test_a_project_is_read_again_if_what_it_asks_is_answered_otherwise(project):
    folder, build = project
    for given, is_read in (("1", True), ("2", True), ("2", False)):
        assert build(DBT_ANSWER=given, DBT_NOBODY_ASKS=str(is_read))[0] == 0
        assert was_read(folder) == is_read
        with duckdb.connect(str(folder.parent / "small.duckdb"), read_only=True) as connection:
            assert connection.sql("select answer from answers").fetchall() == [(int(given),)]


def test_a_project_that_cannot_be_read_is_refused_with_the_reason_until_it_is_mended(project):
    folder, build = project
    (folder / "models" / "more.sql").write_text("select * from {{ ref('nobody') }}")
    code, said = build()
    assert code == 2
    assert "depends on a node named 'nobody' which was not found" in said
    (folder / "models" / "more.sql").unlink()
    assert build()[0] == 0


@pytest.mark.timeout(120)
def test_a_call_reads_a_project_itself_after_the_loaded_process_read_one(project, call, tmp_path):
    """The parser has threads in the loaded process, which no child has: it would wait for them."""
    folder, build = project
    several = "{{ config(materialized='view', alias='more', tags=['a', 'b']) }} "
    several += " union all ".join(["select * from {{ ref('answers') }}"] * 8)
    (folder / "models" / "more.sql").write_text(several)
    assert build()[0] == 0
    where = ("--project-dir", str(folder), "--profiles-dir", str(folder))
    where += ("--target-path", str(tmp_path / "elsewhere"), "--log-path", str(tmp_path / "logs"))
    ended, said = call("list", *where, DBT_FILE=str(tmp_path / "small.duckdb"))
    assert ended.code == 0
    assert "small.more" in said


def test_a_model_that_fails_is_an_exit_code_of_its_own(project):
    folder, build = project
    broken = "{{ config(materialized='table') }} select 1 / 'one' as broken"
    (folder / "models" / "more.sql").write_text(broken)
    code, said = build()
    assert code == 1
    assert "Conversion Error" in said


def children_of(pid):
    """Return the processes whose parent is ``pid``."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()

"""The loaded dbt: one loading, a process of its own for each call, gone with who asked."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from crm_tasks.errors import ModelBuildFailed
from crm_tasks.warehouse.warm_dbt import WarmDbt
from tests.warehouse.test_bound import wait_until


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
    call("--version")
    assert warm.start().pid == loaded
    assert children_of(loaded) == []  # none outlives its call


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


def children_of(pid):
    """Return the processes whose parent is ``pid``."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()

"""`crm up` and `make docs` hand over to their programs and pass on how those ended."""

from __future__ import annotations

import os
import stat
import sys

import pytest

from crm_tasks.cli import docs as docs_verb
from crm_tasks.cli import up as up_verb
from crm_tasks.cli.docs import docs
from crm_tasks.cli.up import airflow_environment
from crm_tasks.errors import ModelBuildFailed
from crm_tasks.settings import PROJECT


def program(folder, script):
    """Return the path of a shell script that stands for Python."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_up_becomes_airflow_on_the_home_asked_for(call, tmp_path, monkeypatch):
    became = []
    monkeypatch.setattr(up_verb.os, "execve", lambda *asked: became.append(asked))
    ended = call("up", "--home", tmp_path / "home")
    ((executable, command, environment),) = became
    assert ended.code == 0
    assert executable == command[0] == sys.executable
    assert command[1:] == ["-m", "crm_dags.up"]
    assert environment["CRM_HOME"] == str(tmp_path / "home")


def test_dag_files_see_their_own_package_and_ours(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PLANTED", "kept")
    environment = airflow_environment()
    assert environment["PYTHONPATH"].split(os.pathsep) == [str(PROJECT / "dags"), str(PROJECT)]
    assert environment["PLANTED"] == "kept"


@pytest.fixture
def dbt(tmp_path, monkeypatch):
    """Return a function that lets a shell script stand for dbt, home and settings in tmp_path."""

    def install(script):
        stands_in = [program(tmp_path, script)]
        monkeypatch.setattr(docs_verb.DbtCall, "command", lambda _, *words: [*stands_in, *words])
        monkeypatch.chdir(tmp_path)

    return install


def test_docs_become_one_page(dbt, tmp_path, capfd):
    target = tmp_path / "home" / "dbt" / "target"
    dbt(f"echo $@; mkdir -p {target}; echo page > {target}/static_index.html")
    docs(tmp_path / "site", home=tmp_path / "home")
    assert (tmp_path / "site" / "index.html").read_text() == "page\n"
    log = (tmp_path / "home" / "dbt" / "docs.log").read_text()
    assert log == "docs generate --static --empty-catalog\n"  # no run yet: no catalogue to read
    assert str(tmp_path / "site" / "index.html") in capfd.readouterr().out


def test_docs_that_fail_name_the_log_and_leave_no_page(dbt, tmp_path):
    dbt("exit 2")
    with pytest.raises(ModelBuildFailed, match=r"exit code 2; see .*docs\.log"):
        docs(tmp_path / "site", home=tmp_path / "home")
    assert not (tmp_path / "site").exists()

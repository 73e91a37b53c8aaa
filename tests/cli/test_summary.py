"""The end of `crm run`: figures that are in the published file, queries that run as printed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from crm_tasks.cli.summary import FOUND, WORTH_RUNNING, print_found
from crm_tasks.errors import RunStateError
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.query import query_served
from tests.flow.small_company import N_CUSTOMERS, N_ORDERS

ATTEMPT = "stages"


@pytest.fixture
def said(published_home, capfd, monkeypatch):
    """Return what is printed after the small company's run."""
    monkeypatch.setattr(sys, "argv", [str(Path(sys.executable).with_name("crm"))])
    print_found(Ledger(published_home.ops_file), published_home, ATTEMPT, 71.6)
    return capfd.readouterr().out


def test_it_says_what_was_published_where_and_how_long_it_took(said, published_home):
    run = Ledger(published_home.ops_file).run_of_attempt(ATTEMPT)
    assert f"published run {run['run_id']} of profile small_company, as of 2024-07-01" in said
    assert "in 72 s" in said
    assert str(published_home.served_link) in said
    assert str(published_home.serve / "parquet") in said


def test_every_figure_is_the_published_one(said, published_home):
    shown = dict(re.findall(r"^(\S.*?) {2,}([\d,.]+) *$", said, re.MULTILINE))
    for name, query in FOUND.items():
        value = query_served(published_home, query).column(0).to_pylist()[0]
        assert shown[name] == f"{value:,}"
    assert shown["customers"] == str(N_CUSTOMERS)
    assert shown["orders"] == str(N_ORDERS)


@pytest.mark.parametrize("question", WORTH_RUNNING)
def test_every_query_worth_running_has_an_answer(published_home, question):
    assert query_served(published_home, WORTH_RUNNING[question]).num_rows > 0


def test_a_printed_query_runs_as_it_stands(said):
    """Copied to a shell, word for word, home and all."""
    printed = [line.strip() for line in said.splitlines() if ' sql "' in line]
    assert len(printed) == len(WORTH_RUNNING)
    ended = subprocess.run(shlex.split(printed[0]), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "segment_name" in ended.stdout


def test_a_rerun_says_how_much_stood(published_home, tmp_path, capfd):
    ledger = Ledger(published_home.ops_file)
    print_found(ledger, published_home, ATTEMPT, 1.0)
    assert "stood unchanged" not in capfd.readouterr().out
    with pytest.raises(RunStateError, match="froze no run"):
        print_found(Ledger(tmp_path / "ops.sqlite"), published_home, ATTEMPT, 1.0)

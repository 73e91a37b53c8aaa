"""`crm sql`: the three formats, the run state, and what it says when it cannot answer."""

from __future__ import annotations

import csv
import io
import json

import pytest

from crm_tasks.cli import console
from crm_tasks.cli.sql import Format
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger

PEOPLE = "select * from bi.people order by person_no"


def asked(call, home, query, *options):
    ended = call("sql", query, *options, "--home", home.root)
    assert (ended.code, ended.err) == (0, "")
    return ended.out


def in_csv(call, home, query, *options):
    printed = asked(call, home, query, "--format", "csv", *options)
    return list(csv.reader(io.StringIO(printed)))


def test_csv_gives_every_cell_and_runs_none(call, shelf):
    assert in_csv(call, shelf, PEOPLE) == [
        ["person_no", "name", "born_on", "spent", "is_regular"],
        ["1", "Ann", "2024-07-01", "1234.50", "True"],
        ["2", "'=cmd|'/c calc'!A0", "", "-3.00", "False"],
        ["3", '关系, "quoted"', "1999-12-31", "", ""],
        ["4", "[red]plain[/red]\x1b[31m\x07", "", "0.00", ""],
    ]


def test_a_column_that_a_pivot_named_after_data_runs_nothing_either(call, shelf):
    pivot = "pivot (select name, person_no from bi.people where person_no = 2) on name"
    header, _ = in_csv(call, shelf, f"{pivot} using sum(person_no)")
    assert header == ["'=cmd|'/c calc'!A0"]


def test_json_keeps_types_and_gaps(call, shelf):
    rows = json.loads(asked(call, shelf, PEOPLE, "--format", "json"))
    assert rows[0] == {
        "person_no": 1, "name": "Ann", "born_on": "2024-07-01", "spent": "1234.50",
        "is_regular": True,
    }  # fmt: skip
    assert rows[2]["spent"] is None
    assert rows[2]["name"] == '关系, "quoted"'


def test_a_table_shows_text_as_it_is_and_commands_nothing(call, shelf):
    said = asked(call, shelf, PEOPLE)
    assert "=cmd|'/c calc'!A0" in said
    assert "[red]plain[/red]" in said
    assert "\x1b" not in said


def test_wide_rows_lose_no_column(call, shelf):
    """A row of forty columns does not fit a pipe's 200; every one of them is still told."""
    columns = ", ".join(f"{n} as column_{n}" for n in range(40))
    said = asked(call, shelf, f"select {columns}")
    assert said.startswith("row 1")
    assert {f"column_{n}" for n in range(40)} <= set(said.split())


@pytest.mark.parametrize("how", list(Format))
def test_columns_of_a_join_with_equal_names_are_all_there(call, shelf, how):
    """Three columns of one name, one value each: none may hide another."""
    query = "select 1 as id, 2 as id, 3 as id"
    said = asked(call, shelf, query, "--format", how.value)
    if how is Format.JSON:
        assert json.loads(said) == [{"id": 1, "id_2": 2, "id_3": 3}]
    else:
        lines = [line.replace(",", " ").split() for line in said.splitlines()]
        assert lines == [["id", "id_2", "id_3"], ["1", "2", "3"]]


@pytest.mark.parametrize(("how", "printed"), [("csv", "n\n"), ("json", "[]\n"), ("table", "n\n")])
def test_no_row_is_an_answer(call, shelf, how, printed):
    said = asked(call, shelf, "select 1 as n where false", "--format", how)
    assert said.replace(" ", "") == printed


def test_the_run_state_can_be_asked_after_a_run_that_published_nothing(call, tmp_path):
    Ledger(Home(tmp_path).ops_file).open_attempt("a", "shop")
    assert in_csv(call, Home(tmp_path), "select count(*) as n from runs", "--ops") == [["n"], ["0"]]
    mixed = "select 1 as x, 'a' as x union all select 'none', null"
    assert in_csv(call, Home(tmp_path), mixed, "--ops") == [["x", "x_2"], ["1", "a"], ["none", ""]]


@pytest.mark.parametrize(
    ("options", "told"), [((), "nothing is published"), (("--ops",), "no runs yet")]
)
def test_a_home_without_a_run_says_so_and_how_to_start(call, tmp_path, options, told):
    ended = call("sql", "select 1", *options, "--home", tmp_path)
    assert (ended.code, ended.out) == (1, "")
    assert told in ended.err
    assert "crm run" in ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [(), ("--ops",)])
def test_a_statement_that_cannot_run_is_told_in_words(call, shelf, options):
    Ledger(shelf.ops_file).open_attempt("a", "shop")
    ended = call("sql", "select * from nowhere", *options, "--home", shelf.root)
    assert ended.code == 1
    assert "query" in ended.err
    assert "nowhere" in ended.err
    assert "Traceback" not in ended.err


def test_an_unknown_format_is_a_usage_error(call, shelf):
    ended = call("sql", "select 1", "--format", "xml", "--home", shelf.root)
    assert ended.code == 2
    assert "xml" in ended.err


def test_the_installed_command_answers_through_a_pipe(crm, shelf):
    ended = crm("sql", PEOPLE, "--format", "csv", "--home", shelf.root)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(list(csv.reader(io.StringIO(ended.stdout)))) == 5
    assert console.WIDTH_WITHOUT_TERMINAL >= 200

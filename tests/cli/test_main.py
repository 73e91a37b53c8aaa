"""The command as a whole: verbs that teach, errors in one line, exit codes that mean something."""

from __future__ import annotations

import re
import sys

import pytest

from crm_tasks.__main__ import main as run_directly
from crm_tasks.cli.main import app
from crm_tasks.errors import CrmError
from crm_tasks.steps import runner
from crm_tasks.steps.registry import STEPS

VERBS = {
    "run", "backfill", "sql", "runs", "graph", "doctor", "up", "audit", "quarantine", "profile",
    "identity", "erase", "key", "rules", "brief",
    "why", "outbox", "text",
}  # fmt: skip


@pytest.fixture
def direct(monkeypatch, capfd):
    """Return a function that calls `python -m crm_tasks` in this process."""

    def called(*arguments):
        monkeypatch.setattr(sys, "argv", ["crm_tasks", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            run_directly()
        printed = capfd.readouterr()
        return ended.value.code or 0, printed.out, printed.err

    return called


def test_help_names_every_verb_and_where_to_start(crm):
    ended = crm("--help")
    assert ended.returncode == 0
    listed = set(re.findall(r"^  ([a-z]+) ", ended.stdout, re.MULTILINE))
    assert listed >= VERBS
    assert "crm run" in ended.stdout
    assert "CRM_HOME" in ended.stdout
    registered = {command.name for command in app.registered_commands}
    assert registered | {group.name for group in app.registered_groups} == VERBS


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_explains_itself_in_a_sentence(call, verb):
    ended = call(verb, "--help")
    assert ended.code == 0
    assert re.search(r"[A-Z][^.]{15,}\.", ended.out)


def test_a_mistyped_verb_is_a_usage_error(call):
    ended = call("rnu")
    assert ended.code == 2
    assert "rnu" in ended.err


def test_an_unknown_setting_names_the_nearest_and_stops(call, monkeypatch, tmp_path):
    monkeypatch.setenv("CRM_HOEM", "/elsewhere")
    for arguments in (("doctor",), ("runs",), ("sql", "select 1"), ("run",)):
        ended = call(*arguments, "--home", tmp_path)
        assert ended.code == 1
        assert ended.err.startswith("error: unknown setting CRM_HOEM in the environment")
        assert "did you mean 'CRM_HOME'" in ended.err
        assert "/elsewhere" not in ended.err
    assert list(tmp_path.iterdir()) == []


def test_an_error_is_one_line_without_a_traceback(crm, tmp_path):
    ended = crm("runs", "show", "abc", "--home", tmp_path)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == "error: no run 'abc'; `crm runs` lists them\n"


def test_an_error_is_shown_as_it_stands(call, monkeypatch):
    """Brackets in a message are no markup, and a long line is not cut."""

    def fail(**_):
        raise CrmError(f"[red]{'x' * 300}[/]")

    monkeypatch.setattr("crm_tasks.cli.doctor.load_settings", fail)
    assert call("doctor").err == f"error: [red]{'x' * 300}[/]\n"


# --- python -m crm_tasks --------------------------------------------------------------------------


def test_the_steps_without_airflow_have_a_help_of_their_own(direct):
    code, said, _ = direct("run", "--help")
    assert code == 0
    assert all(word in said for word in ("--as-of", "--profile", "--home", "schema.table"))


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("graph.egdes", "did you mean 'graph.edges'"),
        ("edges", "edges"),
        ("ops.runs", "no single step writes ops.runs"),
    ],
)
def test_a_table_no_step_writes_is_told_before_anything_runs(direct, tmp_path, table, told):
    code, _, said = direct("run", table, "--home", tmp_path / "home")
    assert code == 1
    assert said.startswith("error: ")
    assert told in said
    assert not (tmp_path / "home").exists()


def test_a_profile_nobody_knows_is_told_with_the_nearest(direct, tmp_path):
    code, _, said = direct("run", "--profile", "completejourny", "--home", tmp_path)
    assert code == 1
    assert "did you mean 'completejourney'" in said


def test_steps_run_up_to_the_one_that_writes_the_table(direct, tmp_path, monkeypatch):
    ran = []

    def note(name, attempt):
        ran.append((name, attempt))
        return {"state": "success", "rows_written": 12345, "message": "[red]done[/]"}

    monkeypatch.setattr(runner, "run_step", note)
    code, said, _ = direct(
        "run", "graph.edges", "--as-of", "2024-07-01", "--home", tmp_path, "--profile", "shop.yml"
    )
    names = [step.name for step in STEPS]
    assert code == 0
    assert [name for name, _ in ran] == names[: names.index("relationships") + 1]
    assert len({attempt.attempt_id for _, attempt in ran}) == 1
    assert {(a.as_of, a.profile, a.home) for _, a in ran} == {
        ("2024-07-01", "shop.yml", str(tmp_path.resolve()))
    }
    lines = said.splitlines()
    assert len(lines) == len(ran)
    assert lines[-1].split() == ["relationships", "success", "12,345", "rows", "[red]done[/]"]

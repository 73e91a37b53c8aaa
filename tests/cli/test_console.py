"""Tables for people: each row whole, however wide, and nothing in a cell commands the terminal."""

from __future__ import annotations

import pytest
from rich.console import Console

from crm_tasks.cli import console
from crm_tasks.cli.console import print_table


@pytest.fixture(autouse=True)
def _narrow(monkeypatch):
    """Make the terminal 40 columns wide."""
    monkeypatch.setattr(console, "output", Console(width=40))


def test_narrow_rows_stand_side_by_side(capsys):
    print_table(("name", "n"), [("Ann", 1), ("Bob", None)])
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["name", "n"],
        ["Ann", "1"],
        ["Bob"],
    ]


def test_rows_that_do_not_fit_stand_one_value_below_the_other(capsys):
    print_table(("name", "told"), [("Ann", "x" * 60), ("Bob", "short")])
    said = capsys.readouterr().out
    first_words = [line.split()[0] for line in said.splitlines()]
    assert [word for word in first_words if word in ("row", "name")] == ["row", "name"] * 2
    assert said.replace("\n", "").replace(" ", "").count("x") == 60
    assert all(len(line) <= 40 for line in said.splitlines())


def test_wide_signs_count_twice(capsys):
    """Eighteen Chinese signs take 36 columns and fit; twenty do not, beside another column."""
    print_table(("a", "b"), [("关" * 17, "1")])
    assert "row 1" not in capsys.readouterr().out
    print_table(("a", "b"), [("关" * 19, "1")])
    assert "row 1" in capsys.readouterr().out


def test_markup_in_data_and_names_is_plain_text(capsys):
    print_table(("[bold]", "[/oops]"), [("[red]a[/red]", "[/]")])
    said = capsys.readouterr().out.split()
    assert said == ["[bold]", "[/oops]", "[red]a[/red]", "[/]"]


@pytest.mark.parametrize(
    "control", ["\x1b]0;owned\x07", "\x1b[31m", "\x9b31m", "\x08", "\r", "\x7f"]
)
def test_no_cell_can_command_the_terminal(capsys, control):
    print_table(("a",), [(f"x{control}y",)])
    said = capsys.readouterr().out
    assert control[0] not in said
    assert "x\N{REPLACEMENT CHARACTER}" in said


def test_a_table_without_rows_shows_its_columns(capsys):
    print_table(("name", "n"), [], title="steps")
    assert capsys.readouterr().out.split() == ["steps", "name", "n"]

"""`make accept`: exit code 1 if any line is missed, and a page that says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import accept
from benchmarks.acceptance import Measured, Registry


@pytest.fixture
def registry(monkeypatch, tmp_path):
    """Return an empty registry in place of the real one, and a page of its own."""
    empty = Registry()
    monkeypatch.setattr(accept, "REGISTRY", empty)
    monkeypatch.setattr(accept, "PAGE", tmp_path / "docs" / "acceptance.md")
    return empty


def claim(registry, issue, holds):
    registry.line(issue, f"claim of issue {issue}")(lambda _: Measured("measured", holds=holds))


def test_all_lines_that_hold_give_exit_code_0_and_a_page(registry, capsys):
    claim(registry, 1, holds=True)
    assert accept.main([]) == 0
    printed = capsys.readouterr().out
    assert "holds" in printed
    assert "claim of issue 1" in printed
    assert "| claim of issue 1 | measured | **holds** |" in accept.PAGE.read_text()


def test_one_line_missed_gives_exit_code_1(registry):
    claim(registry, 1, holds=True)
    claim(registry, 2, holds=False)
    assert accept.main([]) == 1
    assert accept.main(["--issue", "1"]) == 0
    assert "MISSED" in accept.PAGE.read_text()


def test_an_issue_without_lines_is_told_apart_from_success(registry):
    claim(registry, 1, holds=True)
    assert accept.main(["--issue", "7"]) == 2


def test_judging_the_checkout_as_it_stands_leaves_the_page_alone(registry):
    claim(registry, 1, holds=True)
    assert accept.main(["--here"]) == 0
    assert not accept.PAGE.exists()


def test_lines_are_chosen_by_words_of_their_claim_and_the_others_stay(registry):
    claim(registry, 1, holds=True)
    claim(registry, 2, holds=False)
    accept.main([])
    assert accept.main(["--line", "Of ISSUE 1"]) == 0
    page = accept.PAGE.read_text()
    assert "| claim of issue 1 | measured (judged again: " in page
    assert "| claim of issue 2 | measured | **MISSED** |" in page


def test_what_was_judged_before_a_stop_is_on_the_page(registry):
    claim(registry, 1, holds=True)

    @registry.line(1, "a line that is stopped")
    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        accept.main([])
    page = accept.PAGE.read_text()
    assert "claim of issue 1" in page
    assert "a line that is stopped" not in page


def test_every_module_with_a_line_is_judged():
    modules = sorted(Path(accept.__file__).parent.glob("*.py"))
    with_lines = {one.stem for one in modules if "\n@line(" in one.read_text(encoding="utf-8")}
    imported = {name for name in with_lines if hasattr(accept, name)}
    assert len(with_lines) > 10
    assert imported == with_lines

"""The page keeps what was not judged again."""

from __future__ import annotations

from benchmarks.acceptance import Row
from benchmarks.page import read_sections, render_again, render_page


def row(issue=1, claim="it holds", measured="3 of 3", verdict="holds"):
    return Row(issue, claim, measured, verdict)


def test_an_empty_page_gets_a_section_per_issue_in_order():
    page = render_page("", {2: [row(2)], 1: [row(1)]}, "2026-11-22, commit abc, a machine")
    assert page.startswith("# Acceptance\n")
    assert page.index("## Issue 1") < page.index("## Issue 2")
    assert page.count("2026-11-22, commit abc, a machine") == 2
    assert "| it holds | 3 of 3 | **holds** |" in page


def test_judging_one_issue_again_leaves_the_others_as_they_were():
    former = render_page("", {1: [row(1)], 3: [row(3, "old claim")]}, "then")
    page = render_page(former, {3: [row(3, "new claim", "0 of 3", "MISSED")]}, "now")
    before, after = read_sections(former), read_sections(page)
    assert after[1] == before[1]
    assert after[3].startswith("now\n")
    assert "old claim" not in page
    assert "| new claim | 0 of 3 | **MISSED** |" in page


def test_writing_the_same_rows_twice_changes_nothing():
    judged = {1: [row()], 2: [row(2, verdict="not run", measured="no network")]}
    page = render_page("", judged, "now")
    assert render_page(page, judged, "now") == page
    assert render_page(page, {}, "later") == page


def test_a_cell_cannot_break_the_table():
    page = render_page("", {1: [row(measured="a | b\nc")]}, "now")
    assert "| a \\| b c |" in page


def test_a_row_judged_again_takes_its_own_place_and_says_when():
    former = render_page("", {1: [row(), row(claim="and that", verdict="MISSED")]}, "then")
    page = render_again(former, [row(claim="and that", measured="4 of 4")], "now")
    assert "| it holds | 3 of 3 | **holds** |" in page
    assert "| and that | 4 of 4 (judged again: now) | **holds** |" in page
    assert "MISSED" not in page.split("## Issue 1")[1]
    assert read_sections(page)[1].startswith("then\n")


def test_a_row_that_was_never_judged_is_added():
    former = render_page("", {1: [row()]}, "then")
    page = render_again(former, [row(claim="a new one"), row(2)], "now")
    assert read_sections(page)[1].endswith("| a new one | 3 of 3 (judged again: now) | **holds** |")
    assert "| it holds | 3 of 3 (judged again: now) | **holds** |" in read_sections(page)[2]

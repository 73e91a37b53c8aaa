"""The difficulty contract at size S: naive recipes fail, fair ones succeed."""

from __future__ import annotations

import pytest

from benchmarks.planted_difficulty import Figure, all_figures
from crm_tasks.planted.calibration import SCORE_SHARES


@pytest.mark.slow
def test_every_truth_is_hard_for_the_naive_and_open_to_the_fair(sources, key) -> None:
    figures = all_figures(sources, key)
    assert len(figures) > 20
    assert [figure.text for figure in figures if not figure.holds] == []


def test_a_figure_holds_on_its_own_side_of_the_limit() -> None:
    assert Figure("a", 0.7, 0.7, is_at_most=True).holds
    assert not Figure("a", 0.7, 0.71, is_at_most=False).holds
    assert Figure("a", 0.7, 0.71, is_at_most=False).text == "a 0.700 (>= 0.71)"


def test_score_shares_sum_to_one() -> None:
    assert sum(SCORE_SHARES) == pytest.approx(1)

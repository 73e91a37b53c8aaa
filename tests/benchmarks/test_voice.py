"""The measure summaries are judged by."""

from __future__ import annotations

import pytest

from benchmarks.voice_trial import rouge_l


def test_rouge_l_is_the_f1_of_the_longest_common_subsequence():
    # The example of Lin 2004, section 3.1.
    wanted = "police killed the gunman"
    assert rouge_l("police kill the gunman", wanted) == pytest.approx(3 / 4)
    assert rouge_l("the gunman kill police", wanted) == pytest.approx(2 / 4)
    assert rouge_l("", wanted) == 0.0
    assert rouge_l("质量很差", "质量差") == pytest.approx(6 / 7)

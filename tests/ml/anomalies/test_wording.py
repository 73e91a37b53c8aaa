"""What is unusual is said in words, in both languages, and what cannot be told is said too."""

from __future__ import annotations

import pytest

from crm_tasks.ml.anomalies.surprise import NAMES
from crm_tasks.ml.anomalies.wording import told_of

NOTHING = float("nan")


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_words_for_what_happened_and_what_is_usual(name):
    for late, usual in ((0.5, 0.25), (0.0, NOTHING), (NOTHING, 0.25)):
        english, chinese = told_of(name, late, usual, 56, is_own=True)
        assert "nan" not in english + chinese
        assert "{" not in english + chinese
        assert any(ord(sign) > 0x4E00 for sign in chinese)


def test_shares_are_told_in_per_cent_and_who_is_compared_is_said():
    assert told_of("return_share", 0.5, 0.02, 56, is_own=True)[0] == (
        "50% of the amount sent back; usual for this customer: 2%"
    )
    assert told_of("n_orders", 9.0, 2.04, 56, is_own=False)[0] == "9 orders in 56 days; usual: 2.0"


def test_without_an_order_nothing_can_be_said_of_prices():
    english, _ = told_of("price_per_item", NOTHING, 3.0, 56, is_own=True)
    assert english == "no order in 56 days that would tell"

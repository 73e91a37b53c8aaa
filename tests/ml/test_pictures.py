"""Pictures of models show the rows they are made of, as the same bytes every time."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pytest

from crm_tasks.ml.cards import picture_name
from crm_tasks.ml.judgement import reliability
from crm_tasks.ml.pictures import draw_fan, draw_probabilities, draw_profile, gains

FIRST = dt.date(2024, 7, 1)
BINS = reliability(np.array([0, 1] * 50), np.linspace(0.1, 0.9, 100), bins=10)
PAST = [(FIRST - dt.timedelta(days=day), 100.0 + day % 7) for day in range(120, 0, -1)]
ROWS = [
    {
        "metric": "net_amount", "method": "ets", "target_date": FIRST + dt.timedelta(days=step),
        "yhat": 100.0, "lo80": 90.0, "hi80": 110.0, "lo95": 80.0, "hi95": 120.0,
    }
    for step in range(30)
]  # fmt: skip
PROFILE = [
    {"segment_id": f"rfm:{name}", "feature": feature, "n_customers": 10, "z_vs_all": z}
    for name, z in (("loyal", 1.5), ("lost", None))
    for feature in ("frequency", "recency_days")
]
NAME_OF = {"rfm:loyal": "Loyal", "rfm:lost": "Lost"}
DRAWN = {
    "reliability": lambda: draw_probabilities("churn:90d:boosted:0a1b", BINS),
    "fan": lambda: draw_fan(PAST, ROWS),
    "profile": lambda: draw_profile("rfm", PROFILE, NAME_OF),
}


@pytest.mark.parametrize("name", DRAWN)
def test_the_same_rows_are_the_same_bytes_without_a_date_of_drawing(name: str) -> None:
    one, other = DRAWN[name](), DRAWN[name]()
    assert one == other
    assert one.startswith(b"<?xml")
    assert not re.search(rb"<dc:date>|Matplotlib v", one)


def test_other_rows_are_another_picture() -> None:
    higher = [row | {"yhat": 105.0} for row in ROWS]
    assert draw_fan(PAST, higher) != draw_fan(PAST, ROWS)
    without = [row | dict.fromkeys(("lo80", "hi80", "lo95", "hi95")) for row in ROWS]
    assert len(draw_fan(PAST, without)) < len(draw_fan(PAST, ROWS))


def test_gains_count_those_who_did_it_among_the_likeliest() -> None:
    labels = np.array([0] * 50 + [1] * 50)
    asked, reached = gains(reliability(labels, np.linspace(0.1, 0.9, 100), bins=10))
    assert asked == pytest.approx(np.linspace(0, 1, 11))
    assert reached == pytest.approx(np.minimum(2 * np.linspace(0, 1, 11), 1))
    shown = [dict(row, observed_share=0.9) for row in BINS]
    assert draw_probabilities("churn:90d:boosted:0a1b", shown) != DRAWN["reliability"]()


def test_segments_carry_their_names() -> None:
    renamed = NAME_OF | {"rfm:loyal": "忠诚"}
    assert draw_profile("rfm", PROFILE, renamed) != draw_profile("rfm", PROFILE, NAME_OF)


def test_a_file_name_holds_no_sign_a_file_system_minds() -> None:
    assert picture_name("need:A/B c:x:1") == "need-A-B-c-x-1.svg"


def test_of_interests_what_they_buy_is_shown_and_not_how_often() -> None:
    bought = [
        {"segment_id": f"interest:0{n}", "feature": feature, "n_customers": 10, "z_vs_all": z}
        for n, z in ((1, 1.5), (2, -0.5))
        for feature in ("frequency", "share_of_lines:TEA", "share_of_lines:HAM")
    ]
    names = {"interest:01": "TEA", "interest:02": "HAM"}
    without = [row for row in bought if row["feature"] != "frequency"]
    assert draw_profile("interest", bought, names) == draw_profile("interest", without, names)
    drawn = draw_profile("interest", bought, names)
    assert drawn != draw_profile("interest", bought[:1] + bought[3:4], names)

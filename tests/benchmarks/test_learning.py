"""The acceptance lines of learning read what benchmarks print, and judge by it."""

from __future__ import annotations

import pytest

from benchmarks.learning import judged_growth

PRINTED = """  100,000 customers  predictions          80.0 s     60.0 CPU s    1,300 MiB
  100,000 customers  next purchases        9.0 s      8.0 CPU s      900 MiB
1,000,000 customers  predictions         300.0 s    200.5 CPU s    5,500 MiB
1,000,000 customers  next purchases       40.0 s     30.0 CPU s    2,900 MiB
100,000 -> 1,000,000  predictions      exponent 0.52
100,000 -> 1,000,000  next purchases   exponent 0.57
{"customers": 1000, "family": "boosted", "log_loss": 0.61}
{"customers": 1000, "family": "logistic", "log_loss": 0.62}
"""


def test_growth_is_read_from_what_was_printed():
    found = judged_growth(PRINTED)
    assert found.holds
    assert found.text == (
        "1 M: 340 s, CPU 230 s, at most 5,500 MiB; predictions 300 s (CPU 200, 5,500 MiB, "
        "exponent 0.52), next purchases 40 s (CPU 30, 2,900 MiB, exponent 0.57); log loss by "
        "customers learned from: 1,000: 0.6100"
    )


@pytest.mark.parametrize(
    "printed",
    [
        "nothing was measured",
        PRINTED.replace("5,500 MiB", "25,500 MiB"),
        PRINTED.replace("200.5 CPU s", "1,200.0 CPU s").replace(",200.0 CPU", "200.0 CPU"),
    ],
    ids=["nothing", "memory", "time"],
)
def test_too_much_or_nothing_is_missed(printed):
    assert not judged_growth(printed).holds

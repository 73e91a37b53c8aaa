"""The benchmark of learning measures each stage on facts that can be learned from."""

from __future__ import annotations

from benchmarks.learning_growth import STAGES, Stages, exponent, learning_curve


def test_every_stage_is_measured_and_everybody_is_answered_for():
    chosen = [name for name in STAGES if name != "forecasts"]
    told = {row["stage"]: row for row in Stages(700).measured(chosen)}
    assert list(told) == chosen
    assert all(row["wall_s"] > 0 and row["peak_mb"] > 0 for row in told.values())
    assert told["predictions"]["rows"] > 3 * 500
    assert told["hand over"]["rows"] > told["predictions"]["rows"]
    for name in ("choices", "value", "next purchases", "recommendations", "interests"):
        assert told[name]["rows"] > 500


def test_more_customers_teach_more():
    rows = {row["customers"]: row for row in learning_curve((300, 1_500), 1_500)
            if row["family"] == "boosted"}  # fmt: skip
    assert rows[1_500]["log_loss"] < rows[300]["log_loss"]


def test_ten_times_the_cost_for_ten_times_the_customers_is_exponent_one():
    assert round(exponent(3.0, 30.0, 10), 6) == 1

"""The benchmark of learning measures each stage on facts that can be learned from."""

from __future__ import annotations

from benchmarks.learning_growth import exponent, learning_curve, measure


def test_every_stage_is_measured_and_everybody_is_answered_for():
    told = {row["stage"]: row for row in measure(700)}
    assert list(told) == ["facts", "learn and score", "baskets", "choices"]
    assert all(row["wall_s"] > 0 and row["peak_mb"] > 0 for row in told.values())
    assert told["learn and score"]["rows"] > 3 * 500
    assert told["choices"]["rows"] > 500


def test_more_customers_teach_more():
    rows = {row["customers"]: row for row in learning_curve((300, 1_500), 1_500)
            if row["family"] == "boosted"}  # fmt: skip
    assert rows[1_500]["log_loss"] < rows[300]["log_loss"]


def test_ten_times_the_cost_for_ten_times_the_customers_is_exponent_one():
    assert round(exponent(3.0, 30.0, 10), 6) == 1

"""Deliveries that are too small, and what a delivery is told to have changed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from crm_tasks.errors import GateFailed
from crm_tasks.profiles.volume import DEFAULT_VOLUME, Volume
from crm_tasks.quality.deliveries import Changed, Delivery, change_outcomes, volume_outcomes
from crm_tasks.quality.outcomes import refuse_critical_failures


def delivery(n, before, load="append", volume=None):
    expected = volume or DEFAULT_VOLUME[load]
    return Delivery("shop", SimpleNamespace(name="orders", expected_volume=expected), n, before)


@pytest.mark.parametrize(
    ("load", "volume", "n", "is_success", "severity"),
    [
        ("full", None, 50, True, "critical"),
        ("full", None, 49, False, "critical"),
        ("append", None, 49, False, "warning"),
        ("append", Volume(at_least_share=0.2), 20, True, "critical"),
        ("append", Volume(at_least_share=0.2), 0, False, "critical"),
        ("full", Volume(at_least_share=0.9, otherwise="warn"), 89, False, "warning"),
        ("full", Volume(at_least_share=0), 0, True, "critical"),
    ],
)
def test_a_delivery_is_measured_by_the_one_before(load, volume, n, is_success, severity):
    (outcome,) = volume_outcomes([delivery(n, 100, load, volume)])
    assert (outcome.is_success, outcome.severity) == (is_success, severity)
    assert outcome.observed_value == n / 100
    assert outcome.table_name == "landing.shop.orders"
    assert "100 records delivered before" in outcome.threshold


def test_a_first_delivery_is_measured_by_nothing():
    assert volume_outcomes([delivery(5, 0)]) == []


def test_too_small_a_full_table_stops_the_run_and_says_where_to_look():
    with pytest.raises(GateFailed, match=r"the figure is 0\.32; expected at least 0\.5 of the 100"):
        refuse_critical_failures("landing", "r", volume_outcomes([delivery(32, 100, "full")]))


def test_changes_are_told_and_only_late_records_are_a_warning():
    changed = Changed("orders", n_delivered=10, n_corrections=3, n_late=2, n_deleted=1)
    outcomes = {o.expectation: o for o in change_outcomes([changed], "2024-01-01")}
    told = {name: (o.n_unexpected, o.is_success) for name, o in outcomes.items()}
    assert told == {
        "deleted_records_are_left_out": (1, True),
        "corrected_records_count_as_landed_last": (3, True),
        "records_come_before_their_date_is_published": (2, False),
    }
    assert "none known before 2024-01-01" in [o.threshold for o in outcomes.values()]
    assert not any(outcome.stops_the_run for outcome in outcomes.values())


def test_a_first_run_has_nothing_to_correct_and_nothing_to_be_late_for():
    changed = Changed("orders", 10, 0, 0, n_deleted=1)
    assert [o.expectation for o in change_outcomes([changed], "")] == [
        "deleted_records_are_left_out"
    ]

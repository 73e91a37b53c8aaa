"""Counts under several thresholds, by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np

from crm_tasks.contracts.identity import COUNT_INTERVALS
from crm_tasks.contracts.table import check_rows
from crm_tasks.identity.uncertainty import count_interval_rows

AS_OF = dt.date(2024, 7, 1)
LABELS = {0.5: np.array([0, 0, 0, 3, 4]), 0.95: np.array([0, 1, 2, 3, 4])}


def values(**more) -> dict:
    told = {"revenue": None, "ties": None, **more}
    rows = check_rows(COUNT_INTERVALS, count_interval_rows(LABELS, as_of=AS_OF, **told))
    return {(row["measure"], row["threshold"]): row["value"] for row in rows.to_pylist()}


def test_merged_records_are_one_customer():
    assert values() == {("customers", 0.5): 3.0, ("customers", 0.95): 5.0}


def test_revenue_is_shared_by_those_who_bought():
    found = values(revenue={0: 1_000, 1: 500, 3: 2_500})
    assert found["revenue_per_customer", 0.5] == 20.0
    assert found["revenue_per_customer", 0.95] == 13.333333


def test_a_tie_between_two_records_of_one_customer_is_none():
    ties = (np.array([0, 1, 2]), np.array([1, 3, 3]))
    found = values(ties=ties)
    assert found["degree", 0.95] == 2 * 3 / 5
    assert found["degree", 0.5] == round(2 * 1 / 3, 6)

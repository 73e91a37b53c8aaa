"""Campaign responses: counted by hand, with intervals and an honest label."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.contracts.evaluation import CAMPAIGN_RESPONSE
from crm_tasks.contracts.table import check_rows
from crm_tasks.evaluation.intervals import wilson_interval
from crm_tasks.evaluation.response import LABELS, measure_response
from tests.wording import assert_says_nothing_causal

AS_OF = dt.date(2024, 7, 1)


def at(day: int, hour: int = 12, month: int = 5) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2024-{month:02}-{day:02} {hour:02}:00")


def measured(
    lend, *, contacts, orders=(), end=dt.date(2024, 5, 31), is_randomized=False, zone="UTC"
):
    """Measure one campaign of May among the customers a to f."""
    frames = {
        "customers": pa.table({"customer_id": list("abcdef")}),
        "campaigns": pa.table(
            {
                "campaign_id": ["may", "unsent"],
                "start_date": pa.array([dt.date(2024, 5, 1)] * 2, pa.date32()),
                "end_date": pa.array([end] * 2, pa.date32()),
                "is_randomized": [is_randomized] * 2,
            }
        ),
        "contacts": pa.table(
            {
                "campaign_id": ["may"] * len(contacts),
                "customer_id": [customer for customer, _ in contacts],
                "converted_at": pa.array([c for _, c in contacts], pa.timestamp("us")),
            }
        ),
        "orders": pa.table(
            {
                "customer_id": pa.array([customer for customer, _ in orders], pa.string()),
                "ordered_at": pa.array([moment for _, moment in orders], pa.timestamp("us")),
            }
        ),
    }
    rows = measure_response(lend(**frames), AS_OF, zone)
    return check_rows(CAMPAIGN_RESPONSE, rows).to_pylist()


CONTACTS = [("a", at(10)), ("b", None), ("c", None), ("c", at(12))]


def test_customers_are_counted_once_and_campaigns_without_contacts_not_at_all(scratch):
    orders = [("a", at(5)), ("a", at(6)), ("d", at(7)), ("e", at(2, month=6)), (None, at(7))]
    (row,) = measured(scratch, contacts=CONTACTS, orders=orders)
    assert (row["campaign_id"], row["n_contacted"], row["n_responded"]) == ("may", 3, 2)
    assert row["response_rate"] == pytest.approx(2 / 3, abs=1e-6)
    low, high = wilson_interval(np.array([2]), np.array([3]))
    assert row["ci_low"] == pytest.approx(low[0], abs=1e-6)
    assert row["ci_high"] == pytest.approx(high[0], abs=1e-6)
    assert row["n_contacted_with_orders"] == 1
    assert (row["n_not_contacted"], row["n_not_contacted_with_orders"]) == (3, 1)


def test_the_first_and_the_last_day_count_whole(scratch):
    orders = [("d", at(1, 0)), ("e", at(31, 23)), ("f", at(1, 0, month=6))]
    (row,) = measured(scratch, contacts=CONTACTS, orders=orders)
    assert row["n_not_contacted_with_orders"] == 2


def test_days_begin_where_the_company_is(scratch):
    # 30 April 17:00 UTC is 1 May 01:00 in Shanghai; 31 May 17:00 UTC is 1 June there.
    orders = [("d", dt.datetime.fromisoformat("2024-04-30 17:00")), ("e", at(31, 17))]
    (row,) = measured(scratch, contacts=CONTACTS, orders=orders, zone="Asia/Shanghai")
    assert row["n_not_contacted_with_orders"] == 1


def test_a_campaign_without_end_runs_until_the_as_of_date(scratch):
    (row,) = measured(scratch, contacts=CONTACTS, orders=[("d", at(29, month=6))], end=None)
    assert row["n_not_contacted_with_orders"] == 1


def test_chosen_targets_are_labelled_observational_and_drawn_ones_randomised(scratch):
    (chosen,) = measured(scratch, contacts=CONTACTS)
    (drawn,) = measured(scratch, contacts=CONTACTS, is_randomized=True)
    assert (chosen["evidence"], drawn["evidence"]) == ("observational", "randomised")
    assert "association only" in chosen["label"]
    assert chosen["label_zh"] != drawn["label_zh"]


def test_no_label_claims_a_cause():
    assert_says_nothing_causal([text for texts in LABELS.values() for text in texts])


def test_no_contacts_give_no_rows(scratch):
    assert measured(scratch, contacts=[]) == []

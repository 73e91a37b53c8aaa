"""What contacting a customer costs, and who may not be contacted at all."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from crm_tasks.graph.influence.costs import cost_of_contact

CHANNELS = {
    "channel": ["email", "sms", "web"],
    "unit_cost": pa.array([Decimal("0.0020"), Decimal("0.0500"), None], pa.decimal128(18, 4)),
}
CONSENTS = {
    "customer_id": ["a", "a", "b", "b"],
    "channel": ["email", "sms", "email", "sms"],
    "is_granted": [True, True, False, False],
}


@pytest.fixture
def cost(scratch):
    def call(channels, *, assumes_consent):
        frames = {
            "customers": pa.table({"customer_id": ["a", "b", "c", "d"],
                                   "is_erased": [False, False, None, True]}),
            "channels": pa.table(CHANNELS),
            "consents": pa.table(CONSENTS),
        }  # fmt: skip
        rows = cost_of_contact(scratch(**frames), channels, assumes_consent=assumes_consent)
        return {r["customer_id"]: (r["cost"], r["is_forbidden"]) for r in rows.to_pylist()}

    return call


def test_the_first_channel_that_consent_allows_decides(cost):
    assert cost(("sms", "email"), assumes_consent=True) == {
        "a": (0.05, False), "b": (0.0, True), "c": (0.05, False), "d": (0.0, True),
    }  # fmt: skip
    assert cost(("email", "sms"), assumes_consent=True)["a"] == (0.002, False)


def test_consent_nobody_recorded_counts_only_if_assumed(cost):
    assert cost(("email",), assumes_consent=False) == {
        "a": (0.002, False), "b": (0.0, True), "c": (0.0, True), "d": (0.0, True),
    }  # fmt: skip


def test_a_channel_without_a_price_costs_nothing(cost):
    assert cost(("web",), assumes_consent=True)["b"] == (0.0, False)


def test_no_channel_forbids_everybody(cost):
    assert {flag for _, flag in cost((), assumes_consent=True).values()} == {True}

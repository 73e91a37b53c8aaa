"""What shares and rates rest on: both halves together are the feature."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from crm_tasks.ml.propensity.evidence import RESTS_ON, evidence
from crm_tasks.ml.propensity.facts import EVERYBODY
from crm_tasks.ml.propensity.panel import Panels, columns
from crm_tasks.ml.propensity.params import Target
from tests.ml.propensity.small import AS_OF, complaining_world, frames, order, world

CHURN = Target("churn", 30, 60)
ORIGINS = tuple(AS_OF - dt.timedelta(days=back) for back in (120, 60))


def everything(seed=2):
    """Return frames in which every share and rate of a driver can be told."""
    late, heard = world(60, seed), complaining_world(60, seed)
    rng = np.random.default_rng(seed)
    some = heard["orders"].to_pylist()[::3]
    more = [one | {"discount_amount": one["net_amount"] / 5, "gross_amount": one["net_amount"] * 2,
                   "return_amount": one["net_amount"] / 10} for one in some]  # fmt: skip
    visits = [{"customer_id": one["customer_id"], "has_cart": False,
               "started_at": one["ordered_at"] + dt.timedelta(days=int(rng.integers(-20, 40)))}
              for one in late["orders"].to_pylist()]  # fmt: skip
    reviews = [{"customer_id": one["customer_id"], "reviewed_at": one["ordered_at"], "score": 2,
                "is_low_score": bool(rng.random() < 0.4)} for one in some]  # fmt: skip
    return frames(
        customers=late["customers"].to_pylist(),
        orders=late["orders"].to_pylist() + more,
        messages=heard["messages"].to_pylist(),
        sessions=visits,
        reviews=reviews,
    )


@pytest.mark.parametrize("below", [EVERYBODY, EVERYBODY // 2])
def test_both_halves_together_are_the_feature(facts_of, below):
    facts = facts_of(everything())
    panel = Panels(facts, below).of(CHURN, ORIGINS)
    found = evidence(facts, panel, below)
    assert set(found) == set(RESTS_ON)
    for name, (counted, within) in found.items():
        assert counted.shape == within.shape == (len(panel), 2)
        with np.errstate(invalid="ignore", divide="ignore"):
            whole = counted.sum(axis=1) / within.sum(axis=1)
        feature = columns(panel.matrix, (name,))[:, 0]
        assert (counted.sum(axis=0) > 0).all(), name
        np.testing.assert_allclose(whole, feature, err_msg=name)


def test_a_half_is_the_days_of_one_parity(facts_of):
    given = frames(
        customers=[{"customer_id": "a"}],
        orders=[order("a", ORIGINS[1] - dt.timedelta(days=back), late=back == 11)
                for back in (11, 21, 30, 31)],
    )  # fmt: skip
    facts = facts_of(given)
    panel = Panels(facts).of(CHURN, ORIGINS[1:])
    late, delivered = evidence(facts, panel, EVERYBODY)["late_share"]
    assert sorted(delivered[0].tolist()) == [1, 3]
    assert late[0, delivered[0].argmax()] == 1

"""From options to a decision: limits that duties have used, codes for what was left."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from crm_tasks.strategy.candidates import propose
from crm_tasks.strategy.decide import decide
from crm_tasks.strategy.limits import MONEY, frame_choices
from crm_tasks.strategy.params import Fairness
from crm_tasks.strategy.rules import load_rules
from tests.strategy.builders import customer, frames, letter, params


def proposed(lend, given, **changed):
    chosen = params(**changed)
    lent = lend(**given)
    return lent, propose(lent, chosen, load_rules()), chosen


def test_duties_take_places_and_money_first(scratch):
    given = frames(*[customer(f"c{n}") for n in range(4)],
                   messages=(letter("m", "c0", 5), letter("n", "c1", 5)))  # fmt: skip
    lent, found, chosen = proposed(
        scratch, given, budget=Decimal("1.00"), channel_per_day=(("email", 3),)
    )
    assert found.duties.num_rows == 2
    choices = frame_choices(lent, found.choices, found.duties, chosen)
    limits = {family.name: family for family in choices.problem.families}
    assert limits["day"].at_most.tolist() == [48.0, *[50.0] * 6]
    assert limits["channel_day"].at_most.tolist() == [1.0, *[3.0] * 6]
    assert limits["budget"].at_most.tolist() == [(1.00 - 2 * 0.002) * MONEY]
    assert set(limits["budget"].use) == {20.0, 6000.0}
    # Whoever waits for an answer has no option that may be used.
    usable = choices.customers.take(pa.array(np.unique(choices.problem.unit))).to_pylist()
    assert usable == ["c2", "c3"]


def test_a_group_has_bounds_in_places_and_in_customers(scratch):
    given = frames(*[customer(f"c{n}", top_category="TEA" if n < 4 else None) for n in range(10)])
    lent, found, chosen = proposed(
        scratch, given, fairness=(Fairness("top_category", at_least=0.5, at_most=0.1),),
        actions_per_day=10,
    )  # fmt: skip
    (group,) = [
        family
        for family in frame_choices(lent, found.choices, found.duties, chosen).problem.families
        if family.name == "fairness:top_category"
    ]
    assert group.scopes == ("TEA", "none")
    assert group.at_least.tolist() == [2.0, 3.0]
    assert group.at_most.tolist() == [7.0, 7.0]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"actions_per_day": 1, "days_considered": 1}, "full_day"),
        ({"budget": Decimal("0.002")}, "full_budget"),
        ({"channel_per_day": (("email", 1),), "days_considered": 1, "channels": ("email",)},
         "full_channel_day"),
    ],
)  # fmt: skip
def test_what_is_left_says_which_limit_was_dearest(scratch, changed, code):
    rows = [customer(f"c{n}", monetary_value=Decimal(100 + n), consent_mail=False)
            for n in range(5)]  # fmt: skip
    lent, found, chosen = proposed(scratch, frames(*rows), **changed)
    decided = decide(lent, found.choices, found.duties, chosen)
    told = decided.options.filter(pc.equal(decided.options["channel_id"], "email"))
    left = {row["customer_id"]: row["why_not"] for row in told.to_pylist() if not row["is_chosen"]}
    assert left["c0"] == code
    assert decided.solution.column("n_actions").to_pylist() == [1]
    dearest = max(decided.shadow_prices.to_pylist(), key=lambda row: row["price"])
    assert dearest["constraint_name"] == code.removeprefix("full_")
    assert dearest["slack"] == pytest.approx(0, abs=1e-9)

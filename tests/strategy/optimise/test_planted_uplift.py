"""Given the true gains of the planted company, the plan reaches the bound; propensity does not."""

from __future__ import annotations

import numpy as np
import pytest

from crm_tasks.planted.campaigns import BASE_RATE, CAMPAIGNS, uplift
from crm_tasks.planted.company import Company
from crm_tasks.planted.people import People
from crm_tasks.strategy.optimise import Family, Problem, solve
from tests.strategy.optimise.instances import keeps_upper
from tests.strategy.optimise.test_solve import relaxed

MONEY = 10_000
BUDGET_SHARE = 0.1  # of what it would cost to reach everybody by e-mail


def planted(seed):
    """Return (problem, chance to convert untouched and touched, cost) of all persons."""
    company = Company("S", seed)
    people = People(company, np.arange(company.n_customers))
    person = np.flatnonzero(people.consents_to_contact)
    worth = np.round(np.random.default_rng(seed).gamma(2.0, 20.0, len(person)), 2)
    base = BASE_RATE + 0.05 * (people.drivers["is_loyalty_member"][person] - 0.4)
    lifts = np.column_stack([uplift(company, c, people)[person] for c in CAMPAIGNS[:2]])
    cost = np.tile([c.unit_cost for c in CAMPAIGNS[:2]], len(person))
    gain = np.round((lifts * worth[:, None]).ravel() - cost, 6)
    chance = (base[:, None] + lifts).ravel()
    use = np.round(cost * MONEY)
    budget = np.array([np.floor(BUDGET_SHARE * len(person) * CAMPAIGNS[0].unit_cost * MONEY)])
    families = (
        Family("budget", ("plan",), np.zeros(len(gain), np.int64), use, budget, np.zeros(1)),
    )
    return Problem(np.repeat(np.arange(len(person)), 2), gain, families), (base, chance[::2]), use


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_true_gains_reach_the_bound_and_three_times_what_propensity_brings(seed):
    problem, chances, use = planted(seed)
    solution = solve(problem, 0)
    assert problem.n_units > 1_000
    assert keeps_upper(problem, solution.taken)
    assert solution.objective >= 0.99 * relaxed(problem)
    # The usual way: whoever is most likely to buy, by the cheaper channel, until the money is gone;
    # measured 3.5 to 5.0 times as much. Likeliest if touched is a better list: 1.9 times.
    for chance, times in zip(chances, (3.0, 1.5), strict=True):
        order = np.argsort(-chance, kind="stable") * 2
        reached = order[np.cumsum(use[order]) <= problem.families[0].at_most[0]]
        assert len(reached) > 50
        assert solution.objective >= times * problem.value(reached)

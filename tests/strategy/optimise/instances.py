"""Small and middle-sized problems, drawn from a seed."""

from __future__ import annotations

import itertools

import numpy as np

from crm_tasks.strategy.optimise import Family, Problem


def drawn(  # noqa: PLR0913
    seed, n_units, n_options=4, *, tightness=0.3, at_least=0.0, n_days=3, n_groups=2
):
    """Return a problem with a budget, days and groups; ``tightness`` is the share that fits."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, n_options + 1, n_units)
    unit = np.repeat(np.arange(n_units), sizes)
    n = len(unit)
    cost = rng.choice([20, 500, 6000], n).astype(float)
    gain = np.round(rng.gamma(0.8, 2.0, n) - cost / 4000, 6)
    group = rng.integers(0, n_groups, n_units)[unit]
    some = np.full(n_groups, at_least * n_units / n_groups)
    families = (
        Family("budget", ("plan",), np.zeros(n, np.int64), cost,
               np.array([np.floor(tightness * n_units * 2000)]), np.zeros(1)),
        Family("day", tuple(map(str, range(n_days))), rng.integers(0, n_days, n), np.ones(n),
               np.full(n_days, np.ceil(tightness * n_units / n_days)), np.zeros(n_days)),
        Family("group", tuple(map(str, range(n_groups))), group, np.ones(n),
               np.full(n_groups, np.inf), np.floor(some)),
    )  # fmt: skip
    return Problem(unit, gain, families)


def by_hand(problem):
    """Return the best value of all plans there are, by trying each."""
    n_units = problem.n_units
    options = [[-1, *np.flatnonzero(problem.place == u)] for u in range(n_units)]
    best = -np.inf
    for plan in itertools.product(*options):
        taken = np.array([j for j in plan if j >= 0], dtype=np.int64)
        if keeps_upper(problem, taken) and keeps_lower(problem, taken):
            best = max(best, problem.value(taken))
    return best


def keeps_upper(problem, taken):
    """Return whether a plan takes one option per unit and exceeds no limit."""
    one_each = len(np.unique(problem.place[taken])) == len(taken)
    return one_each and all((f.used(taken) <= f.at_most).all() for f in problem.families)


def keeps_lower(problem, taken):
    return all((f.used(taken) >= f.at_least).all() for f in problem.families)

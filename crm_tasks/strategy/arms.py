"""Who is decided by what: by the plan, or in an experiment that asks for it by a baseline.

Each baseline is a usual way to choose whom to contact: those likeliest to answer (``propensity``),
those with most ties (``out_degree``), or anybody (``random``). Its customers are drawn among the
treated, it has its share of every limit, and it takes the best by its own score until a limit is
reached, without a look at gain or cost. What arms bring is then compared like with like.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.strategy.exploration import Explored, explore, keep_places
from crm_tasks.strategy.optimise import Problem, Solution, solve
from crm_tasks.strategy.optimise.fill import fill

if TYPE_CHECKING:
    import numpy.typing as npt

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.strategy.limits import Choices
    from crm_tasks.strategy.optimise.problem import Flags, Floats, Ints
    from crm_tasks.strategy.params import PlanParams

    Words = npt.NDArray[np.str_]

PROPENSITY, OUT_DEGREE, RANDOM = "propensity", "out_degree", "random"
BASELINES = (PROPENSITY, OUT_DEGREE, RANDOM)
#: Stands for everybody whom the plan decides on.
PLAN = "plan"


@dataclass(frozen=True, eq=False)
class Part:
    """The usable options of one arm's customers, under its share of the limits.

    Attributes
    ----------
    arm : str
        A baseline, or ``plan``.
    options : ndarray of int64
        Places of its options among all usable ones.
    problem : Problem
    """

    arm: str
    options: Ints
    problem: Problem


@dataclass(frozen=True, eq=False)
class Played:
    """What all arms do together, in numbers of the whole problem.

    Attributes
    ----------
    explored : Explored
    solution : Solution
        The plan's own part: its prices, objective and bound.
    by_baseline : ndarray of bool, shape (n_units,)
        Whom a baseline decided on.
    """

    explored: Explored
    solution: Solution
    by_baseline: Flags


def play_arms(scratch: Scratch, choices: Choices, params: PlanParams) -> Played:
    """Return what the plan and the baselines beside it choose, and with which probabilities.

    ``scratch`` holds ``customers`` and ``arms`` (customer_id, arm).
    """
    whole = choices.problem
    customers = choices.customers.take(pa.array(np.unique(whole.unit)))
    day, occasion = choices.day[choices.usable], params.as_of.isoformat()
    taken: list[Ints] = []
    propensity = np.zeros(len(whole.gain))
    is_explorer, by_baseline = (np.zeros(whole.n_units, dtype=bool) for _ in range(2))
    plan, *baselines = _parts(whole, _arm_of(scratch, customers))
    reserve = keep_places(plan.problem, day[plan.options], params.exploration_share)
    solution = solve(reserve.problem, params.exact_at_most)
    decided = [(plan, reserve, solution.taken)]
    for part in baselines:
        # Of the random arm everybody is drawn: all its places are kept for it.
        share = 1.0 if part.arm == RANDOM else params.exploration_share
        reserve = keep_places(part.problem, day[part.options], share)
        own = choices.usable[part.options]
        decided.append((part, reserve, _by_score(scratch, part, reserve.problem, choices, own)))
    for part, reserve, planned in decided:
        units = np.unique(whole.place[part.options])
        of_units = customers.take(pa.array(units))
        found = explore(scratch, reserve, planned, of_units, params.seed, occasion)
        taken.append(part.options[found.taken])
        propensity[part.options] = found.propensity
        is_explorer[units] = found.is_explorer
        by_baseline[units] = part.arm != PLAN
    explored = Explored(np.sort(np.concatenate(taken)), propensity, is_explorer)
    return Played(explored, solution, by_baseline)


def _arm_of(scratch: Scratch, customers: pa.Array) -> Words:
    """Return the baseline that decides on each customer, or ``plan``."""
    rows = scratch.query("select customer_id, arm from arms")
    if not rows.num_rows:
        return np.full(len(customers), PLAN)
    at = pc.index_in(customers, value_set=rows["customer_id"].combine_chunks())
    arm = rows["arm"].combine_chunks().take(at).to_numpy(zero_copy_only=False)
    return np.where(np.isin(arm.astype(str), BASELINES), arm, PLAN)


def _parts(whole: Problem, arm: Words) -> list[Part]:
    """Return the plan's part, then one for each baseline that has customers.

    A baseline has its share of every upper limit in whole numbers, and no lower one; the plan has
    what is left.
    """
    left = [family.at_most for family in whole.families]
    parts = []
    for name in BASELINES:
        if not (is_own := arm == name).any():
            continue
        share = float(is_own.mean())
        most = [np.floor(family.at_most * share) for family in whole.families]
        left = [
            np.where(np.isfinite(one), one - np.where(np.isfinite(one), taken, 0.0), np.inf)
            for one, taken in zip(left, most, strict=True)
        ]
        parts.append(_part(whole, name, is_own, most, [np.zeros(len(one)) for one in most]))
    is_own = arm == PLAN
    share = float(is_own.mean()) if parts else 1.0
    least = [np.floor(family.at_least * share) for family in whole.families]
    return [_part(whole, PLAN, is_own, left, least), *parts]


def _part(
    whole: Problem, name: str, is_own: Flags, most: list[Floats], least: list[Floats]
) -> Part:
    if is_own.all():
        return Part(name, np.arange(len(whole.gain)), whole.with_limits(most, least))
    options = np.flatnonzero(is_own[whole.place])
    return Part(name, options, whole.of(options).with_limits(most, least))


def _by_score(scratch: Scratch, part: Part, problem: Problem, choices: Choices, rows: Ints) -> Ints:
    """Return what a baseline takes within the limits of ``problem``; the random one is drawn."""
    if part.arm == RANDOM:
        return np.zeros(0, dtype=np.int64)
    if part.arm == PROPENSITY:
        return take_best(problem, choices.options.column("p").to_numpy()[rows])
    told = scratch.query("select customer_id, coalesce(degree_out, 0) as ties from customers")
    at = pc.index_in(choices.customers, value_set=told["customer_id"].combine_chunks())
    ties = told["ties"].combine_chunks().take(at).to_numpy(zero_copy_only=False)
    return take_best(problem, ties.astype(np.float64)[choices.unit[rows]] + 1.0)


def take_best(problem: Problem, score: Floats) -> Ints:
    """Return the options of the highest scores, one per unit at most, within the upper limits.

    Parameters
    ----------
    score : ndarray of float64, shape (n_options,)
        Above 0 where an option may be taken; of equal ones the first is.
    """
    nothing = [np.zeros(len(family.at_most)) for family in problem.families]
    return fill(replace(problem, gain=score).with_limits(
        [family.at_most for family in problem.families], nothing
    ), nothing)  # fmt: skip

"""From options to a decision: solve, explore, and say what became of every option."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from crm_tasks.strategy.arms import play_arms
from crm_tasks.strategy.limits import BUDGET, MONEY, frame_choices

if TYPE_CHECKING:
    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.strategy.arms import Played
    from crm_tasks.strategy.exploration import Explored
    from crm_tasks.strategy.limits import Choices
    from crm_tasks.strategy.optimise import Problem, Solution
    from crm_tasks.strategy.optimise.problem import Floats, Ints
    from crm_tasks.strategy.params import PlanParams

DECIMALS = 6
NOT_WORTH, BETTER_OPTION, DRAWN, TAKEN, BASELINE = (
    "not_worth_its_cost", "better_option", "drawn_otherwise", "places_taken",
    "decided_by_baseline",
)  # fmt: skip
FULL = "full_"
#: Code of an option of which there is nothing to say.
NOTHING = -1
#: What a decision says of every option.
TOLD = ("net_score", "decision_propensity", "is_chosen", "is_exploration", "why_not")


@dataclass(frozen=True, eq=False)
class Decision:
    """What was decided.

    Attributes
    ----------
    options : pyarrow.Table
        All options in their order, with the columns of :data:`TOLD`: ``net_score`` (score less
        the prices of what it takes), ``decision_propensity``, ``is_chosen``, ``is_exploration``
        and, where nothing blocks it and it is not chosen, ``why_not``.
    shadow_prices, solution : pyarrow.Table
        Rows of strategy.shadow_prices, and the row of strategy.plan_solutions.
    """

    options: pa.Table
    shadow_prices: pa.Table
    solution: pa.Table


def decide(scratch: Scratch, options: pa.Table, duties: pa.Table, params: PlanParams) -> Decision:
    """Choose among options under the limits of ``params``.

    ``options`` are the choices that :mod:`crm_tasks.strategy.candidates` proposes; ``scratch``
    holds ``customers``, ``classified`` and ``arms`` as it leaves them.
    The same options, limits and seed give the same decision.
    """
    choices = frame_choices(scratch, options, duties, params)
    played = play_arms(scratch, choices, params)
    problem, solution, explored = choices.problem, played.solution, played.explored
    return Decision(
        options=_told(choices, played),
        shadow_prices=_prices(problem, solution, explored, params),
        solution=_solution(problem, solution, explored, params),
    )


def _told(choices: Choices, played: Played) -> pa.Table:
    n, usable = len(choices.options), choices.usable
    problem, solution, explored = choices.problem, played.solution, played.explored
    net = np.full(n, np.nan)
    net[usable] = np.round(problem.reduced(solution.prices), DECIMALS)
    propensity = np.zeros(n)
    propensity[usable] = explored.propensity
    is_chosen = np.zeros(n, dtype=bool)
    is_chosen[usable[explored.taken]] = True
    is_drawn = np.zeros(n, dtype=bool)
    drawn = explored.is_explorer[problem.place[explored.taken]]
    is_drawn[usable[explored.taken[drawn]]] = True
    columns = (
        pa.array(net, from_pandas=True),
        pa.array(propensity),
        pa.array(is_chosen),
        pa.array(is_drawn),
        _why_not(choices, played, net),
    )
    told = choices.options
    for name, values in zip(TOLD, columns, strict=True):
        told = told.append_column(name, values)
    return told


def _why_not(choices: Choices, played: Played, net: Floats) -> pa.DictionaryArray:
    """Return for every usable option that is not chosen what stood before it."""
    problem, usable, explored = choices.problem, choices.usable, played.explored
    names = [DRAWN, NOT_WORTH, BETTER_OPTION, TAKEN, BASELINE]
    names += [FULL + family.name for family in problem.families]
    has_action = np.zeros(max(problem.n_units, 1), dtype=bool)
    has_action[problem.place[explored.taken]] = True
    of_explorer = explored.is_explorer[problem.place]
    full = len(names) - len(problem.families) + _dearest(problem, played.solution)
    code = np.where(net[usable] <= 0, full, names.index(TAKEN))
    code = np.where(has_action[problem.place], names.index(BETTER_OPTION), code)
    code = np.where(problem.gain <= 0, names.index(NOT_WORTH), code)
    code = np.where(played.by_baseline[problem.place], names.index(BASELINE), code)
    code = np.where(of_explorer, names.index(DRAWN), code)
    code[explored.taken] = NOTHING
    every = np.full(len(choices.options), NOTHING, dtype=np.int8)
    every[usable] = code
    return pa.DictionaryArray.from_arrays(pa.array(every, mask=every == NOTHING), pa.array(names))


def _dearest(problem: Problem, solution: Solution) -> Ints:
    """Return the number of the family whose limit costs each option most."""
    if not problem.families:
        return np.zeros(len(problem.gain), dtype=np.int64)
    highest = np.full(len(problem.gain), -np.inf)
    number = np.zeros(len(problem.gain), dtype=np.int64)
    for at, (family, price) in enumerate(zip(problem.families, solution.prices, strict=True)):
        part = family.use * np.append(price, 0.0)[family.row]
        number = np.where(part > highest, at, number)
        highest = np.maximum(part, highest)
    return number


def _prices(
    problem: Problem, solution: Solution, explored: Explored, params: PlanParams
) -> pa.Table:
    rows = []
    for family, price in zip(problem.families, solution.prices, strict=True):
        unit = MONEY if family.name == BUDGET else 1
        used = family.used(explored.taken)
        for n, scope in enumerate(family.scopes):
            most = family.at_most[n] / unit if np.isfinite(family.at_most[n]) else None
            rows.append({
                "constraint_name": family.name,
                "scope": scope,
                "price": round(float(price[n]) * unit, DECIMALS) + 0.0,
                "at_least": float(family.at_least[n]) / unit,
                "at_most": most,
                "used": float(used[n]) / unit,
                "slack": None if most is None else most - float(used[n]) / unit,
                "as_of_date": params.as_of,
            })  # fmt: skip
    return pa.Table.from_pylist(rows, schema=_PRICES)


def _solution(
    problem: Problem, solution: Solution, explored: Explored, params: PlanParams
) -> pa.Table:
    return pa.Table.from_pylist([{
        "method": solution.method,
        "objective": round(solution.objective, DECIMALS),
        "upper_bound": round(solution.bound, DECIMALS),
        "relative_gap": round(solution.gap, 9),
        "objective_explored": round(problem.value(explored.taken), DECIMALS),
        "n_customers": problem.n_units,
        "n_options": len(problem.gain),
        "n_actions": len(explored.taken),
        "n_explored": int(explored.is_explorer.sum()),
        "as_of_date": params.as_of,
    }])  # fmt: skip


_PRICES = pa.schema({
    "constraint_name": pa.string(), "scope": pa.string(), "price": pa.float64(),
    "at_least": pa.float64(), "at_most": pa.float64(), "used": pa.float64(),
    "slack": pa.float64(), "as_of_date": pa.date32(),
})  # fmt: skip

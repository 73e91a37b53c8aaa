"""A plan that keeps every limit, filled in the order that the shadow prices give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.strategy.optimise.problem import SLACK, best_of_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.strategy.optimise.problem import Family, Flags, Floats, Ints, Problem


def fill(problem: Problem, prices: Sequence[Floats], begun: Ints | None = None) -> Ints:
    """Return the options taken: one per unit at most, no upper limit exceeded.

    ``begun`` are options that are taken already, within the limits.

    First what lower limits ask for, then what is worth its prices, then everybody; each round every
    unit left proposes its best option that still fits, and each row takes proposals, the best at
    the prices first, until it is full. In the end, whoever can change to a better option that fits
    does.
    """
    worth = problem.reduced(prices)
    left = [family.at_most.copy() for family in problem.families]
    taken = np.full(problem.n_units, -1, dtype=np.int64)
    if begun is not None:
        taken[problem.place[begun]] = begun
        left = [room - f.used(begun) for room, f in zip(left, problem.families, strict=True)]
    for family in problem.families:
        if np.any(family.at_least > 0):
            _fill_lower(problem, family, worth, left, taken)
    # Else a full day would turn away who is worth a place on another that lesser ones then take.
    for options in ((problem.gain > 0) & (worth > 0), problem.gain > 0):
        _rounds(problem, np.flatnonzero(options).astype(np.int64), worth, left, taken)
    _upgrade(problem, left, taken)
    return np.sort(taken[taken >= 0])


def _fill_lower(
    problem: Problem, family: Family, worth: Floats, left: list[Floats], taken: Ints
) -> None:
    """Fill each row of a family up to its lower limit, and no further."""
    missing = family.at_least - family.used(taken[taken >= 0])
    rows = np.append(missing > 0, False)
    options = np.flatnonzero(rows[family.row] & (family.row >= 0)).astype(np.int64)
    index = next(n for n, other in enumerate(problem.families) if other is family)
    beyond = left[index] - np.maximum(np.ceil(missing), 0.0)
    left[index] = np.minimum(left[index], np.maximum(np.ceil(missing), 0.0))
    _rounds(problem, options, worth, left, taken)
    left[index] = left[index] + np.maximum(beyond, 0.0)


def _rounds(
    problem: Problem, options: Ints, worth: Floats, left: list[Floats], taken: Ints
) -> None:
    while len(options):
        fits = taken[problem.place[options]] < 0
        for family, room in zip(problem.families, left, strict=True):
            fits &= family.fits(options, room)
        options = options[fits]
        if not len(options):
            return
        proposed = _best(problem, options, worth)
        accepted = proposed[_accepted(problem, proposed, left)]
        taken[problem.place[accepted]] = accepted
        for number, family in enumerate(problem.families):
            left[number] = left[number] - family.used(accepted)


def _best(problem: Problem, options: Ints, worth: Floats) -> Ints:
    """Return each unit's best option among some, ordered best first."""
    best = options[best_of_each(problem.place[options], worth[options])]
    return best[np.lexsort((best, -worth[best]))]


def _accepted(problem: Problem, proposed: Ints, left: Sequence[Floats]) -> Flags:
    """Return which proposals fit if all before them in the order are taken."""
    accepted: Flags = np.ones(len(proposed), dtype=bool)
    for family, room in zip(problem.families, left, strict=True):
        rows, use = family.row[proposed], family.use[proposed]
        order = np.argsort(rows, kind="stable")
        total = np.cumsum(use[order])
        firsts = np.flatnonzero(np.r_[True, rows[order][1:] != rows[order][:-1]])
        before = np.repeat(total[firsts] - use[order][firsts], np.diff(np.r_[firsts, len(order)]))
        fits = np.empty(len(proposed), dtype=bool)
        limits = np.append(room, np.inf)[rows[order]]
        fits[order] = total - before <= limits + SLACK
        accepted &= fits | (rows < 0)
    if not accepted.any():
        accepted[0] = True  # the first fits by itself, or beside what it gives back
    return accepted


def _upgrade(problem: Problem, left: list[Floats], taken: Ints) -> None:
    """Let units change to a better option that fits beside what they give back, best first."""
    for _ in range(3):
        held = taken[problem.place]
        better = np.flatnonzero((held >= 0) & (problem.gain > problem.gain[held] + SLACK))
        for number, family in enumerate(problem.families):
            # Only changes that take no more of a row than they give back, or that still fits.
            same = family.row[better] == family.row[held[better]]
            extra = family.use[better] - np.where(same, family.use[held[better]], 0.0)
            room = np.append(left[number], np.inf)[family.row[better]]
            better = better[extra <= np.where(extra > 0, room, np.inf)]
        if not len(better):
            return
        gained = problem.gain - problem.gain[np.maximum(held, 0)]
        proposed = _best(problem, better.astype(np.int64), gained)
        accepted = proposed[_accepted(problem, proposed, left)]
        _give_back(problem, taken[problem.place[accepted]], accepted, left)
        taken[problem.place[accepted]] = accepted


def _give_back(problem: Problem, old: Ints, new: Ints, left: list[Floats]) -> None:
    for number, family in enumerate(problem.families):
        left[number] = left[number] + family.used(old) - family.used(new)

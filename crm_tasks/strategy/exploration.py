"""Exploration: a few customers a day whose option is drawn, so that every option has a chance.

The plan is made for everybody, with places kept free for as many explorers as each day may have.
Explorers are then drawn, the first of their day in the order of a keyed digest, and each takes one
of its usable options, or none, with equal chance. Since the plan does not depend on who is drawn,
an option's probability is exactly

    e / (m + 1) + (1 - e) [the plan chose it]        e = explorers of the day / customers of the day
                                                     m = usable options of the customer

and since their places were kept free, no draw exceeds a limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.strategy.optimise import Problem
    from crm_tasks.strategy.optimise.problem import Flags, Floats, Ints

#: Places by keyed digest: a rank to be drawn by, and a number in [0, 1) to draw an option with.
DRAWS = """
select
    row_number() over (
        order by
            sha256($seed || chr(31) || $occasion || chr(31) || customer_id || chr(31) || 'who'),
            place
    ) as rank,
    cast(('0x' || substr(sha256(
        $seed || chr(31) || $occasion || chr(31) || customer_id || chr(31) || 'what'
    ), 1, 13)) as bigint) / 4503599627370496.0 as draw
from explored
order by place
"""


@dataclass(frozen=True, eq=False)
class Reserve:
    """How many explorers each stratum has, and the limits that are left for the plan.

    Attributes
    ----------
    stratum : ndarray of int64, shape (n_units,)
        The first day each unit may be reached on.
    n_explorers, n_units : ndarray of int64, shape (n_strata,)
        Explorers and units of each day.
    problem : Problem
        The same options, under what the explorers leave.
    """

    stratum: Ints
    n_explorers: Ints
    n_units: Ints
    problem: Problem

    @property
    def share(self) -> Floats:
        """Each unit's probability of being an explorer."""
        per_day = self.n_explorers / np.maximum(self.n_units, 1)
        return per_day[self.stratum]


def keep_places(problem: Problem, day: Ints, share: float) -> Reserve:
    """Return the reserve of a share of all places.

    Parameters
    ----------
    problem : Problem
        The options and the limits of all.
    day : ndarray of int64, shape (n_options,)
        The day of each option.
    share : float
        Share of the units, and of every limit, that exploration may take.
    """
    stratum = np.full(problem.n_units, np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(stratum, problem.place, day)
    n_strata = int(stratum.max(initial=-1)) + 1
    n_units = np.bincount(stratum, minlength=n_strata).astype(np.int64)
    room = n_units.astype(np.float64)
    widest = []
    for family in problem.families:
        most = np.zeros((n_strata, len(family.at_most)))
        counted = family.row >= 0
        at = (stratum[problem.place[counted]], family.row[counted])
        np.maximum.at(most, at, family.use[counted])
        widest.append(most)
        together = most.sum(axis=0)
        fit = np.divide(family.at_most, together, out=np.full(len(together), np.inf),
                        where=together > 0)  # fmt: skip
        room = np.minimum(room, np.where(most > 0, fit, np.inf).min(axis=1, initial=np.inf))
    n_explorers = np.floor(share * room).astype(np.int64)
    at_most, at_least = [], []
    for family, most in zip(problem.families, widest, strict=True):
        at_most.append(family.at_most - n_explorers @ most)
        lost = n_explorers @ (most > 0)
        at_least.append(np.where(family.at_least > 0, family.at_least + lost, 0.0))
    return Reserve(stratum, n_explorers, n_units, problem.with_limits(at_most, at_least))


@dataclass(frozen=True, eq=False)
class Explored:
    """What the plan became: options taken, every option's probability, who was drawn.

    Attributes
    ----------
    taken : ndarray of int64
        Options taken, ascending.
    propensity : ndarray of float64, shape (n_options,)
        Probability of each option.
    is_explorer : ndarray of bool, shape (n_units,)
        Whether a unit's option was drawn.
    """

    taken: Ints
    propensity: Floats
    is_explorer: Flags


def explore(
    scratch: Scratch, reserve: Reserve, planned: Ints, customers: pa.Array, seed: str, occasion: str
) -> Explored:
    """Draw the explorers and their options.

    Parameters
    ----------
    planned : ndarray of int64
        Options the plan takes, within the limits that the reserve left.
    customers : pyarrow.Array
        Customer of each unit, by whom the draw is keyed.
    seed, occasion : str
        Secret, and what is drawn for (the as-of date): both decide every draw.
    """
    problem, n_units = reserve.problem, reserve.problem.n_units
    if not n_units:
        return Explored(planned, np.zeros(0), np.zeros(0, dtype=bool))
    scratch.register("explored", pa.table({"customer_id": customers, "place": np.arange(n_units)}))
    drawn = scratch.query(DRAWS, {"seed": seed, "occasion": occasion})
    is_explorer = _first(reserve, drawn.column("rank").to_numpy())
    n_options = np.bincount(problem.place, minlength=n_units)
    firsts = np.cumsum(n_options) - n_options
    number = np.floor(drawn.column("draw").to_numpy() * (n_options + 1)).astype(np.int64)
    number = np.minimum(number, n_options)
    goes = is_explorer & (number < n_options)
    stays = planned[~is_explorer[problem.place[planned]]]
    share = reserve.share[problem.place]
    propensity = share / (n_options[problem.place] + 1)
    propensity[planned] += 1 - share[planned]
    taken = np.sort(np.r_[stays, firsts[goes] + number[goes]])
    return Explored(taken, np.round(propensity, 12), is_explorer)


def _first(reserve: Reserve, ranks: Ints) -> Flags:
    """Return the first units of each stratum by rank, as many as it has explorers."""
    order = np.lexsort((ranks, reserve.stratum))
    day = reserve.stratum[order]
    starts = np.searchsorted(day, day, side="left")
    is_first = np.zeros(len(order), dtype=bool)
    is_first[order] = np.arange(len(order)) - starts < reserve.n_explorers[day]
    return is_first

"""How probable it is that two records are one person, and what each field says to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from crm_tasks.identity.blocking import Rule
from crm_tasks.identity.comparisons import COMPARISONS, FIELDS
from crm_tasks.identity.households import log_odds_of_household
from crm_tasks.identity.linker import SplinkLinker, told_plainly
from crm_tasks.identity.model import splink_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.identity.model import IdentityModel

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DECIMALS = 6
PRIOR, HOUSEHOLD, KEY = "prior", "household", "key"
MISSING = -1
#: Keys that only one person has; sharing one weighs more than any sum of fields.
KEY_KINDS = ("government_id", "loyalty_id", "handle")
KEY_BITS = 40.0


@dataclass(frozen=True)
class Scored:
    """Scored pairs; every number is rounded to a millionth.

    Parameters
    ----------
    left, right : array of int
        The records of each pair, ``left`` the smaller.
    rule : array of int
        Number of the blocking rule that found the pair first.
    key : array of int
        Which of ``KEY_KINDS`` both records share, -1 for none.
    levels : dict of str to array of int
        By field: the level the pair is on, -1 where nothing could be compared.
    weights : dict of str to array of float
        What is said for (and against) one person, in bits: by field, and ``prior``, ``household``
        and ``key``.
    """

    left: Ints
    right: Ints
    rule: Ints
    key: Ints
    levels: dict[str, Ints]
    weights: dict[str, Floats]

    def __len__(self) -> int:
        return len(self.left)

    @property
    def weight(self) -> Floats:
        """The match weight: the sum of all that is said."""
        return self._sum(self.weights[PRIOR])

    @property
    def probability(self) -> Floats:
        return probability_of(self.weight)

    @property
    def against(self) -> Floats:
        """What name and birth date say against one person, at most 0."""
        return np.minimum(self.weights["name"], 0.0) + np.minimum(self.weights["birth"], 0.0)

    def at_prior(self, prior: float) -> Floats:
        """Return the probabilities under another prior."""
        return probability_of(self._sum(np.full(len(self), log_odds(prior))))

    def _sum(self, prior: Floats) -> Floats:
        total = prior.copy()
        for name in (*FIELDS, HOUSEHOLD, KEY):
            total += self.weights[name]
        return np.round(total, DECIMALS)

    def taken(self, which: npt.NDArray[np.bool_] | Ints) -> Scored:
        """Return some of the pairs."""
        return Scored(
            self.left[which], self.right[which], self.rule[which], self.key[which],
            {name: values[which] for name, values in self.levels.items()},
            {name: values[which] for name, values in self.weights.items()},
        )  # fmt: skip


def log_odds(probability: float) -> float:
    """Return a probability as bits, rounded.

    >>> log_odds(0.8)
    2.0
    """
    return round(float(np.log2(probability / (1 - probability))), DECIMALS)


def probability_of(weight: Floats) -> Floats:
    """Return the probability of a match weight, rounded before any threshold meets it.

    >>> probability_of(np.array([2.0, 0.0])).tolist()
    [0.8, 0.5]
    """
    return np.round(1.0 / (1.0 + np.exp2(-weight)), DECIMALS)


def joined(parts: list[Scored]) -> Scored:
    """Return several lots of pairs as one, each pair once, in order of the records."""
    left = np.concatenate([part.left for part in parts])
    right = np.concatenate([part.right for part in parts])
    names, fields = (*FIELDS, PRIOR, HOUSEHOLD, KEY), FIELDS
    whole = Scored(
        left, right, np.concatenate([part.rule for part in parts]),
        np.concatenate([part.key for part in parts]),
        {name: np.concatenate([part.levels[name] for part in parts]) for name in fields},
        {name: np.concatenate([part.weights[name] for part in parts]) for name in names},
    )  # fmt: skip
    order = np.lexsort((whole.rule, -whole.key, right, left))
    whole = whole.taken(order)
    is_first = np.ones(len(whole), dtype=bool)
    is_first[1:] = (whole.left[1:] != whole.left[:-1]) | (whole.right[1:] != whole.right[:-1])
    return whole.taken(is_first)


def score(scratch: Scratch, model: IdentityModel, least: float) -> Scored:
    """Return every blocked pair of the table ``records`` that is at least so probable.

    A model without a blocking rule finds none: Splink would compare everybody with everybody.
    """
    if not model.rules:
        return score_pairs(scratch, model, {})
    with told_plainly("scoring"):
        linker = _linker(scratch, model)
        return at_least(read_scored(scratch, model, linker.score_all(least)), least)


def score_with(scratch: Scratch, model: IdentityModel, least: float) -> Scored:
    """Return the blocked pairs of ``records`` of which at least one record is in ``changed``.

    The cost grows with ``changed``: the rest of the company is only looked up.
    """
    if not model.rules:
        return score_pairs(scratch, model, {})
    with told_plainly("scoring"):
        scratch.query(
            "create or replace view unchanged as select * from records "
            "where record not in (select record from changed)"
        )
        linker = _linker(scratch, model)
        between = linker.score_between("unchanged", "changed", least)
        within = linker.score_within("changed", least)
        parts = [read_scored(scratch, model, rows) for rows in (between, within)]
        return at_least(joined(parts), least)


def score_pairs(
    scratch: Scratch, model: IdentityModel, pairs: Mapping[tuple[int, int], int]
) -> Scored:
    """Return exactly these pairs, scored.

    Parameters
    ----------
    pairs : mapping of pair of int to int
        Records that share a key -> which of ``KEY_KINDS``; -1 for a pair that shares none.
    """
    ordered = sorted(pairs)
    table = pa.table(
        {
            "match_key": pa.repeat("0", len(ordered)),
            "join_key_l": pa.array([a for a, _ in ordered], pa.int64()),
            "join_key_r": pa.array([b for _, b in ordered], pa.int64()),
        }
    )
    scratch.register("given", table)
    scratch.query("create or replace table pairs as select * from given")
    with told_plainly("scoring"):
        scored = read_scored(scratch, model, _linker(scratch, model).score_pairs("pairs"))
    kinds = [pairs[a, b] for a, b in zip(scored.left.tolist(), scored.right.tolist(), strict=True)]
    key = np.array(kinds, dtype=np.int64).reshape(-1)
    weights = {**scored.weights, KEY: np.where(key >= 0, KEY_BITS, 0.0)}
    return joined([Scored(scored.left, scored.right, scored.rule, key, scored.levels, weights)])


def at_least(scored: Scored, least: float) -> Scored:
    """Return the pairs at least so probable, in order of the records."""
    return joined([scored.taken(scored.probability >= least)])


def _linker(scratch: Scratch, model: IdentityModel) -> SplinkLinker:
    rules = tuple(Rule(shared, 0, is_used=True).sql for shared in model.rules)
    return SplinkLinker(scratch, splink_settings(rules, model, keeps_values=True))


def read_scored(scratch: Scratch, model: IdentityModel, rows: pa.Table) -> Scored:
    """Return Splink's rows with weights per field, and what a household would explain."""
    n = rows.num_rows
    a, b = (rows[name].to_numpy().astype(np.int64) for name in ("record_l", "record_r"))
    levels, weights = {}, {}
    for comparison in COMPARISONS:
        field = comparison.field
        gamma = rows[f"gamma_{field}"].to_numpy().astype(np.int64)
        levels[field] = np.where(gamma >= 0, len(comparison.levels) - 1 - gamma, MISSING)
        weight = rows[f"mw_{field}"].to_numpy().astype(np.float64)
        if f"mw_tf_adj_{field}" in rows.column_names:
            weight = weight + rows[f"mw_tf_adj_{field}"].to_numpy().astype(np.float64)
        weights[field] = np.round(weight, DECIMALS)
    namesake = _has_namesake(scratch, a) | _has_namesake(scratch, b)
    odds = log_odds_of_household(model, levels, weights, namesake)
    weights[HOUSEHOLD] = np.round(-np.logaddexp2(0.0, odds), DECIMALS)
    weights[PRIOR] = np.full(n, log_odds(model.prior))
    weights[KEY] = np.zeros(n)
    rule = np.array([int(key) for key in rows["match_key"].to_pylist()], dtype=np.int64)
    key = np.full(n, MISSING, dtype=np.int64)
    return Scored(np.minimum(a, b), np.maximum(a, b), rule, key, levels, weights)


def _has_namesake(scratch: Scratch, records: Ints) -> npt.NDArray[np.bool_]:
    marked = scratch.query("select record from records where has_namesake_at_home")
    return np.isin(records, marked["record"].to_numpy())

"""Which pairs are compared at all: rules of equal values, chosen by what they cost.

Comparing every record with every other grows with the square of the company. A rule names columns
(or parts of them) that two records must share; a rule that would compare too many pairs in this
company (everybody lives in one city) is left out. The chosen rules belong to the model, so that
daily runs block as the model was trained.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.contracts.frames import Scratch

YEAR, DAY = "substr({}birth, 1, 4)", "substr({}birth, 6)"

#: Rules as the expressions two records must share, cheapest and surest first. ``{}`` is the alias.
CANDIDATES: tuple[tuple[str, ...], ...] = (
    ("{}email",),
    ("{}phone",),
    ("{}name_full", "{}city"),
    ("{}name_full", YEAR),
    ("{}name_full", "{}postal"),
    ("{}name_full", "{}address_numbers"),
    ("{}birth", "{}name_initials"),
    ("{}birth", "{}city"),
    ("{}birth", "{}postal"),
    ("{}birth", "{}name_given"),
    ("{}birth", "{}name_family"),
    ("{}address",),
    ("{}address_words", "{}postal"),
    ("{}address_words", "{}name_given"),
    ("{}address_words", "{}name_family"),
    ("{}address_numbers", "{}postal"),
    ("{}address_numbers", "{}name_given", YEAR),
    ("{}address_numbers", "{}name_initials", "{}city"),
    ("{}address_numbers", "{}name_family", "{}postal"),
    ("{}name_given", "{}postal"),
    ("{}name_given", "{}city", YEAR),
    ("{}name_family", "{}city", DAY),
)


@dataclass(frozen=True)
class Rule:
    """One blocking rule: what two records must share, and how many pairs do."""

    shared: tuple[str, ...]
    n_pairs: int
    is_used: bool

    @property
    def name(self) -> str:
        """The rule as a person reads it.

        >>> Rule(("{}name_full", "substr({}birth, 1, 4)"), 0, True).name
        'name_full + year of birth'
        """
        return " + ".join(plain(one) for one in self.shared)

    @property
    def sql(self) -> str:
        """The rule as Splink reads it."""
        return " and ".join(f"{one.format('l.')} = {one.format('r.')}" for one in self.shared)


def plain(expression: str) -> str:
    """Return an expression in words."""
    words = {YEAR: "year of birth", DAY: "day of birth"}
    return words.get(expression, expression.format(""))


def choose_rules(scratch: Scratch, records: str, pairs_per_record: float) -> tuple[Rule, ...]:
    """Return all candidate rules with their number of pairs, and whether they are used.

    Where no two records share anything yet, every rule stays in use: nothing is compared now, and
    what comes later is.

    Parameters
    ----------
    scratch : Scratch
        Engine that holds the comparable table.
    records : str
        Name of that table.
    pairs_per_record : float
        Most pairs a rule may compare, per record.
    """
    n_records = scratch.query(f"select count(*) as n from {records}")["n"][0].as_py()  # noqa: S608
    rules = []
    for shared in CANDIDATES:
        n_pairs = count_pairs(scratch, records, [one.format("") for one in shared])
        is_used = 0 < n_pairs <= pairs_per_record * n_records
        rules.append(Rule(shared, n_pairs, is_used))
    if not any(rule.n_pairs for rule in rules):
        rules = [replace(rule, is_used=True) for rule in rules]
    return tuple(rules)


def count_pairs(scratch: Scratch, records: str, shared: Sequence[str]) -> int:
    """Return how many pairs of records share all the expressions."""
    known = " and ".join(f"{one} is not null" for one in shared)
    counted = scratch.query(
        "select cast(coalesce(sum(n * (n - 1) / 2), 0) as bigint) as n from "  # noqa: S608
        f"(select count(*) as n from {records} where {known} group by {', '.join(shared)})"
    )
    return int(counted["n"][0].as_py())

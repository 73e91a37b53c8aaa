"""Learning the model from a company's own records, without anybody's labels.

- **u** (agreement between two persons) comes from pairs drawn by a fixed rule and from all pairs
  that share a value, less the pairs that agree on two independent things: those are one person.
  Counted over all pairs instead, as is usual, an e-mail address's u would be mostly agreement of
  one person's own records.
- **m** (agreement between records of one person) comes from expectation maximisation (Splink) over
  pairs that already share two of name, birth date, e-mail and phone, and from single ones where a
  company has too few of those. Blocking on the address is not among them: it would learn families.
- **household** (:class:`crm_tasks.identity.model.Household`) comes from pairs at one address with
  clearly different birth dates.
- the **prior** is the expected number of matches among all pairs, found by repeated scoring.

Everything is counted over sets and sampled by digests, so neither the order of rows nor the number
of threads matters.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from crm_tasks.identity import starter
from crm_tasks.identity.blocking import choose_rules, count_pairs
from crm_tasks.identity.comparisons import COMPARISONS, FIELDS, level_sql
from crm_tasks.identity.frequencies import (
    count_all_persons,
    learned_frequencies,
    put_frequencies,
)
from crm_tasks.identity.households import learn_household
from crm_tasks.identity.linker import SplinkLinker, told_plainly
from crm_tasks.identity.model import Household, IdentityModel, rounded, splink_settings
from crm_tasks.identity.score import score

if TYPE_CHECKING:
    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.identity.params import IdentityParams

#: Columns whose agreement speaks for one person, by the field that compares them.
KEYS = {"name": "name_full", "birth": "birth", "email": "email", "phone": "phone"}
SAMPLED_PAIRS, PAIRS_PER_RECORD = 1_000_000, 50
LARGEST_GROUP = 60
#: Agreement on two independent things makes one person; name and birth date can also tell two
#: persons apart. How often two persons share a mailbox, phone or home is counted among those only:
#: two records that have nothing but a mailbox in common are most likely one person's.
_SAME_NAME, _SAME_BIRTH = "coalesce(name <= 6, false)", "coalesce(birth <= 3, false)"
_SAME_CONTACT = "coalesce(email <= 1 or phone <= 1 or address <= 1, false)"
ONE_PERSON = (
    f"(({_SAME_NAME} and ({_SAME_CONTACT} or {_SAME_BIRTH}))"
    f" or ({_SAME_BIRTH} and {_SAME_CONTACT}))"
)
TWO_PERSONS = (
    "(coalesce(name >= 7 or birth >= 4, false) and not "
    f"(({_SAME_NAME} and {_SAME_BIRTH}) or ({_SAME_BIRTH} and {_SAME_CONTACT})))"
)
IDENTIFIERS = ("email", "phone", "address")
EM_PAIRS = 400_000
ENOUGH_PAIRS, SOME_PAIRS = 500, 20
LEAST_M = 0.001
DETERMINISTIC_RECALL = 0.75
PRIOR_ROUNDS = 4
LEAST_TO_COUNT = 0.001


def train(scratch: Scratch, params: IdentityParams, key: bytes) -> IdentityModel:
    """Return the model learned from the table ``records`` of the scratch engine.

    Parameters
    ----------
    scratch : Scratch
        Engine with the comparable table as ``records``.
    key : bytes
        Key of the digests that stand for values in the model.
    """
    n_records = int(scratch.query("select count(*) as n from records")["n"][0].as_py())
    rules = choose_rules(scratch, "records", params.pairs_per_record)
    n_persons = count_all_persons(scratch)
    frequencies = learned_frequencies(scratch, key)
    put_frequencies(scratch, frequencies, n_persons, key)
    model = IdentityModel(
        prior=rounded(_first_prior(scratch, n_records)),
        m={name: tuple(starter.M[name]) for name in FIELDS},
        u=_learn_u(scratch, n_records),
        household=Household(),
        n_persons=n_persons,
        frequencies=frequencies,
        rules=tuple(rule.shared for rule in rules if rule.is_used),
        n_records=n_records,
    )
    if n_records > 1:
        model = replace(model, m=_learn_m(scratch, model))
        model = replace(model, household=learn_household(scratch, model))
        model = _settle_prior(scratch, model)
    return model


def _first_prior(scratch: Scratch, n_records: int) -> float:
    """Return the share of pairs that a few sure rules would link, raised by what they miss."""
    sure = (("name_full", "email"), ("name_full", "phone"), ("name_full", "birth"))
    shared = " union ".join(
        f"select l.record as x, r.record as y from records as l inner join records as r "  # noqa: S608
        f"on l.{a} = r.{a} and l.{b} = r.{b} and l.record < r.record"
        for a, b in sure
    )
    n = int(scratch.query(f"select count(*) as n from ({shared})")["n"][0].as_py())  # noqa: S608
    all_pairs = max(1.0, n_records * (n_records - 1) / 2)
    return min(0.5, max(n, 0.5) / DETERMINISTIC_RECALL / all_pairs)


# --- u --------------------------------------------------------------------------------------------


def _learn_u(scratch: Scratch, n_records: int) -> dict[str, tuple[float, ...]]:
    """Return, per field, how the pairs of two persons fall on the levels."""
    if n_records < 2:  # noqa: PLR2004 (no pair)
        return {name: tuple(starter.U[name]) for name in FIELDS}
    weight = _draw_pairs(scratch, n_records)
    levels = ", ".join(f"{level_sql(one)} as {one.field}" for one in COMPARISONS)
    scratch.query(
        f"create or replace table drawn_levels as select drawn.weight, {levels} from drawn "  # noqa: S608
        "inner join records as l on l.record = drawn.x "
        "inner join records as r on r.record = drawn.y"
    )
    found = {}
    for comparison in COMPARISONS:
        told = (
            TWO_PERSONS if comparison.field in IDENTIFIERS else f"not coalesce({ONE_PERSON}, false)"
        )
        rows = scratch.query(
            f"select {comparison.field} as level, sum(weight) as n from drawn_levels "  # noqa: S608
            f"where {comparison.field} is not null and {told} group by level"
        )
        counted = dict(zip(rows["level"].to_pylist(), rows["n"].to_pylist(), strict=True))
        found[comparison.field] = _shares(comparison.field, counted, weight)
    scratch.query("drop table drawn_levels")
    scratch.query("drop table drawn")
    return found


def _draw_pairs(scratch: Scratch, n_records: int) -> float:
    """Create ``drawn``: all pairs that share a value, and others that stand for the rest.

    Records are ranked by a digest and each is paired with those that follow it, round the circle:
    every pair is as likely, and the same records give the same pairs. Returns the weight of one
    such pair.
    """
    shared = " union ".join(
        f"select l.record as x, r.record as y from records as l inner join records as r "  # noqa: S608
        f"on l.{column} = r.{column} and l.record < r.record where l.{column} in ("
        f"select {column} from records group by {column} having count(*) <= {LARGEST_GROUP})"
        for column in ("email", "phone", "address", "name_full")
    )
    wanted = min(SAMPLED_PAIRS, PAIRS_PER_RECORD * n_records)
    n_next = max(1, min((n_records - 1) // 2, wanted // n_records))
    all_pairs = n_records * (n_records - 1) / 2
    weight = all_pairs / (n_records * n_next)
    scratch.query(
        f"create or replace table drawn as with shared as ({shared}), ranked as ("  # noqa: S608
        "select record, row_number() over (order by md5(cast(record as varchar))) - 1 as place "
        "from records), others as (select distinct least(l.record, r.record) as x, "
        "greatest(l.record, r.record) as y from (select record, "
        f"(place + step) % {n_records} as place from ranked, range(1, {n_next + 1}) as s(step)) "
        "as l inner join ranked as r on l.place = r.place where l.record <> r.record) "
        "select x, y, cast(1 as double) as weight from shared union all "
        f"select others.x, others.y, cast({weight!r} as double) as weight from others "
        "anti join shared on others.x = shared.x and others.y = shared.y"
    )
    return weight


def _shares(field: str, counted: dict[int, float], weight: float) -> tuple[float, ...]:
    """Return shares; a level nobody was seen on counts as at most one drawn pair."""
    usual = starter.U[field]
    total = sum(counted.values())
    if total <= 0:
        return tuple(usual)
    shares = [
        max(counted.get(level, 0.0), min(weight, usual[level] * total)) / total
        for level in range(len(usual))
    ]
    return tuple(rounded(min(share, 1.0)) for share in shares)


# --- m --------------------------------------------------------------------------------------------


def training_rules(scratch: Scratch) -> list[str]:
    """Return the rules EM is run on, so that every field is learned by at least one if possible.

    Two shared keys leave hardly any pair of two persons; where a company has too few of those for
    a field, one shared key has to do.
    """
    rules, taught = [], set()
    for one, other in combinations(KEYS, 2):
        if count_pairs(scratch, "records", (KEYS[one], KEYS[other])) >= ENOUGH_PAIRS:
            rules.append(_rule(one, other))
            taught |= set(FIELDS) - {one, other}
    for field in FIELDS:
        for key in KEYS if field not in taught else ():
            if key != field and count_pairs(scratch, "records", (KEYS[key],)) >= SOME_PAIRS:
                rules.append(_rule(key))
                break
    return list(dict.fromkeys(rules))


def _rule(*fields: str) -> str:
    return " and ".join(f"l.{KEYS[field]} = r.{KEYS[field]}" for field in fields)


def _learn_m(scratch: Scratch, model: IdentityModel) -> dict[str, tuple[float, ...]]:
    """Return m by field: the mean of what the EM sessions found, never below a thousandth."""
    seen: dict[str, list[list[float | None]]] = {name: [] for name in FIELDS}
    for rule in training_rules(scratch):
        with told_plainly("training"):
            linker = SplinkLinker(scratch, splink_settings((rule,), model))
            for name, values in linker.learn_m(rule, EM_PAIRS).items():
                if any(value is not None for value in values):
                    seen[name].append(values)
    return {name: _mean_of(name, sessions) for name, sessions in seen.items()}


def _mean_of(field: str, sessions: list[list[float | None]]) -> tuple[float, ...]:
    if not sessions:
        return tuple(starter.M[field])
    means = []
    for level in zip(*sessions, strict=True):
        known = [value for value in level if value is not None]
        means.append(max(LEAST_M, sum(known) / len(known)) if known else LEAST_M)
    return tuple(rounded(mean / sum(means)) for mean in means)


# --- prior ----------------------------------------------------------------------------------------


def _settle_prior(scratch: Scratch, model: IdentityModel) -> IdentityModel:
    """Return the model with the prior under which the expected matches are as many as it says."""
    scored = score(scratch, model, LEAST_TO_COUNT)
    all_pairs = model.n_records * (model.n_records - 1) / 2
    for _ in range(PRIOR_ROUNDS):
        expected = float(scored.at_prior(model.prior).sum())
        model = replace(model, prior=rounded(min(0.5, max(expected, 0.5) / all_pairs)))
    return model

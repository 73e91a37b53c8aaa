"""What members of a household share, learned from pairs at one address born on different days."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from crm_tasks.identity.comparable import GENERATION_YEARS
from crm_tasks.identity.comparisons import (
    BIRTHS_DIFFER,
    COMPARISONS,
    N_SAME_NAME,
    comparison_of,
    level_sql,
)
from crm_tasks.identity.model import Household, rounded

if TYPE_CHECKING:
    import pyarrow as pa

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.identity.model import IdentityModel

Floats = npt.NDArray[np.float64]

#: More persons than this at one address are a hall, a hostel or an office, no household.
LARGEST_HOUSEHOLD = 12
#: At an address where a namesake of another generation is known, every second pair of one name is
#: two persons; elsewhere half of such pairs show only one of their birth dates.
NAMESAKE_SHARE, HIDDEN_SHARE = 0.5, 0.5
LEAST_NAMESAKES = 0.001
#: Fields are not quite independent: twice what they would give is still one person's records.
INDEPENDENCE_DOUBT, STANDARD_ERRORS = 2, 3


def learn_household(scratch: Scratch, model: IdentityModel) -> Household:
    """Return how members of one household resemble each other, or an empty one if none show.

    Records of one person with a mistaken birth date look the same; what the model expects of those,
    and three standard errors more, is taken off.
    """
    rows = _pairs_at_home(scratch)
    all_pairs = model.n_records * (model.n_records - 1) / 2
    names = _count(rows, "name")
    found = np.zeros(len(names))
    differ = sum(model.m["birth"][BIRTHS_DIFFER:])
    share_with_birth = _share_with_birth(scratch)
    for level in range(N_SAME_NAME, len(names)):
        expected = all_pairs * model.prior * model.m["name"][level] * differ
        expected *= model.m["address"][0] * share_with_birth * INDEPENDENCE_DOUBT
        found[level] = max(0.0, names[level] - expected - STANDARD_ERRORS * sqrt(expected + 1))
    total = float(found.sum())
    if total <= 0:
        return Household()
    strangers = rows.filter(rows["is_other_name"])
    generations = rows.filter(rows["is_generation"])
    same = _count(generations, "name")[:N_SAME_NAME]
    return Household(
        share=rounded(total / all_pairs / max(share_with_birth**2, 0.01)),
        names=tuple(rounded(float(n)) for n in (found + 1e-9) / (total + 1e-9 * len(found))),
        emails=_smoothed(_count(strangers, "email")),
        phones=_smoothed(_count(strangers, "phone")),
        namesakes=tuple(rounded(min(0.3, float(n) / total)) for n in same),
    )


def _pairs_at_home(scratch: Scratch) -> pa.Table:
    """Return pairs at one address, not too many live at, whose birth dates differ clearly."""
    levels = ", ".join(
        f"{level_sql(comparison_of(name))} as {name}" for name in ("name", "email", "phone")
    )
    name_levels = len(COMPARISONS[0].levels)
    return scratch.query(
        f"select *, name >= {name_levels - 4} as is_other_name, "  # noqa: S608
        f"years >= {GENERATION_YEARS} as is_generation from (select {levels}, "
        "abs(cast(substr(l.birth, 1, 4) as integer) - cast(substr(r.birth, 1, 4) as integer)) "
        f"as years, {level_sql(comparison_of('birth'))} as birth "
        "from records as l inner join records as r "
        "on l.address = r.address and l.record < r.record and l.birth is not null "
        "and r.birth is not null and l.name_full is not null and r.name_full is not null "
        "where l.address in (select address from records group by address "
        f"having count(distinct name_core) <= {LARGEST_HOUSEHOLD})) where birth >= {BIRTHS_DIFFER}"
    )


def _share_with_birth(scratch: Scratch) -> float:
    rows = scratch.query(
        "select avg(case when birth is null then 0.0 else 1.0 end) as share from records "
        "where address is not null"
    )
    share = rows["share"][0].as_py()
    return float(share) if share is not None else 1.0


def _count(rows: pa.Table, field: str) -> Floats:
    counted = np.zeros(len(comparison_of(field).levels))
    levels = np.asarray(rows[field].drop_null().to_pylist(), dtype=np.int64)
    np.add.at(counted, levels, 1.0)
    return counted


def _smoothed(counted: Floats) -> tuple[float, ...]:
    shares = (counted + 0.5) / (counted.sum() + 0.5 * len(counted))
    return tuple(rounded(float(share)) for share in shares)


def log_odds_of_household(
    model: IdentityModel,
    levels: dict[str, npt.NDArray[np.int64]],
    weights: dict[str, Floats],
    has_namesake: npt.NDArray[np.bool_],
) -> Floats:
    """Return log2 of how much more probable each pair is two relatives than two strangers.

    Parameters
    ----------
    levels : dict of str to array of int
        By field: the level each pair is on, -1 where nothing could be compared.
    weights : dict of str to array of float
        By field: log2 of m over the u that holds for the pair's own value.
    has_namesake : array of bool
        Whether a namesake of another generation lives at the address of either record.
    """
    home = model.household
    n = len(has_namesake)
    if home.share <= 0:
        return np.full(n, -np.inf)
    total = np.full(n, np.log2(home.share / max(1e-12, 1 - model.prior - home.share)))
    for field, level in levels.items():
        m = np.array(model.m[field])
        place = np.where(level >= 0, level, 0)
        share = _share_at_home(model, field, place, has_namesake)
        u = m[place] / np.exp2(weights[field])
        total += np.where(level >= 0, np.log2(share / u), 0.0)
    return total


def _share_at_home(
    model: IdentityModel,
    field: str,
    place: npt.NDArray[np.int64],
    has_namesake: npt.NDArray[np.bool_],
) -> Floats:
    """Return how often two relatives are on each pair's level of a field."""
    home = model.household
    if field in ("address", "area"):
        return np.array(model.m[field])[place]  # they live where the other lives
    if field == "birth":
        u = np.array(model.u["birth"])
        u[BIRTHS_DIFFER:] /= u[BIRTHS_DIFFER:].sum()
        return u[place]
    if field != "name":
        return np.array(home.emails if field == "email" else home.phones)[place]
    hidden = np.maximum(np.array(home.namesakes), LEAST_NAMESAKES / N_SAME_NAME)
    known = hidden / hidden.sum() * NAMESAKE_SHARE
    same = np.where(
        has_namesake, known[np.minimum(place, N_SAME_NAME - 1)],
        HIDDEN_SHARE * hidden[np.minimum(place, N_SAME_NAME - 1)],
    )  # fmt: skip
    other = np.array(home.names)[place]
    taken = np.where(has_namesake, NAMESAKE_SHARE, float(HIDDEN_SHARE * hidden.sum()))
    return np.asarray(np.where(place < N_SAME_NAME, same, (1 - taken) * other + 1e-9))

"""Scored pairs as tables: what was linked, what each field said, what waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.identity.blocking import Rule
from crm_tasks.identity.comparisons import COMPARISONS
from crm_tasks.identity.score import HOUSEHOLD, KEY, KEY_KINDS, MISSING, PRIOR, Scored

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import numpy.typing as npt

    from crm_tasks.identity.model import IdentityModel

    Ints = npt.NDArray[np.int64]

#: Columns of the pairs as they are carried from run to run.
PAIR_COLUMNS = ("record_l", "record_r", "match_probability", "match_weight", "match_key")


def pair_rows(scored: Scored, keys: pa.Array, model: IdentityModel) -> pa.Table:
    """Return scored pairs by the records' names, in alphabetical order.

    Parameters
    ----------
    keys : pyarrow.Array
        Name of each record by its number.
    """
    names = [*(Rule(shared, 0, is_used=True).name for shared in model.rules), *KEY_KINDS, "asked"]
    n_rules = len(model.rules)
    place = np.where(scored.key == MISSING, scored.rule, n_rules + scored.key)
    found = pa.array(names, pa.string()).take(pa.array(np.clip(place, 0, len(names) - 1)))
    return _ordered(
        {
            "record_l": keys.take(pa.array(scored.left)),
            "record_r": keys.take(pa.array(scored.right)),
            "match_probability": pa.array(scored.probability),
            "match_weight": pa.array(scored.weight),
            "match_key": found,
        }
    )


def reason_rows(scored: Scored, keys: pa.Array) -> pa.Table:
    """Return what each field says for each pair; the weights of a pair sum to its match weight.

    Fields in which nothing could be compared say nothing and have no row.
    """
    parts = []
    for comparison in COMPARISONS:
        names = pa.array([level.name for level in comparison.levels], pa.string())
        said = scored.taken(scored.levels[comparison.field] != MISSING)
        level = names.take(pa.array(said.levels[comparison.field]))
        parts.append(_reasons(said, comparison.field, level, keys))
    for field, level_name in ((PRIOR, "any two records"), (HOUSEHOLD, "relatives apart")):
        said = scored.taken(scored.weights[field] != 0)
        parts.append(_reasons(said, field, pa.repeat(pa.scalar(level_name), len(said)), keys))
    for number, kind in enumerate(KEY_KINDS):
        said = scored.taken(scored.key == number)
        said = Scored(
            said.left, said.right, said.rule, said.key, said.levels,
            {**said.weights, kind: said.weights[KEY]},
        )  # fmt: skip
        parts.append(_reasons(said, kind, pa.repeat(pa.scalar("same"), len(said)), keys))
    return pa.concat_tables(parts)


def _reasons(said: Scored, field: str, level: pa.Array, keys: pa.Array) -> pa.Table:
    return _ordered(
        {
            "record_l": keys.take(pa.array(said.left)),
            "record_r": keys.take(pa.array(said.right)),
            "field": pa.repeat(pa.scalar(field), len(said)),
            "comparison_level": level,
            "weight": pa.array(said.weights[field]),
        }
    )


def _ordered(columns: dict[str, pa.Array]) -> pa.Table:
    """Return the rows with the alphabetically smaller record first."""
    left, right = columns["record_l"], columns["record_r"]
    swaps = pc.greater(left, right)
    columns["record_l"] = pc.if_else(swaps, right, left)
    columns["record_r"] = pc.if_else(swaps, left, right)
    return pa.table(columns)


def link_rows(
    pairs: pa.Table,
    decisions: Sequence[str],
    reasons: Sequence[str],
    model_version: str,
    as_of: dt.date,
) -> pa.Table:
    """Return the rows of identity.links."""
    n = pairs.num_rows
    return (
        pairs.select(PAIR_COLUMNS)
        .append_column("decision", pa.array(decisions, pa.string()))
        .append_column("reason", pa.array(reasons, pa.string()))
        .append_column("model_version", pa.repeat(pa.scalar(model_version), n))
        .append_column("as_of_date", pa.repeat(pa.scalar(as_of, pa.date32()), n))
    )


def review_rows(links: pa.Table, is_linked: npt.NDArray[np.bool_], as_of: dt.date) -> pa.Table:
    """Return the rows of identity.review_queue: the likeliest pairs that are still two customers.

    A pair that is one customer already through other records needs nobody.
    """
    waits = pc.and_(
        pc.is_in(links["decision"], value_set=pa.array(["review", "blocked"])),
        pa.chunked_array([pa.array(~is_linked)]),
    )
    reasons_settled = pa.array(["decided_different", "different_ids"])
    waits = pc.and_(waits, pc.invert(pc.is_in(links["reason"], value_set=reasons_settled)))
    queue = links.filter(waits).sort_by(
        [("match_probability", "descending"), ("record_l", "ascending"), ("record_r", "ascending")]
    )
    n = queue.num_rows
    likely = pc.greater_equal(queue["match_probability"], 0.5)
    contradicts = pc.equal(queue["reason"], "contradiction")
    same = pc.and_(likely, pc.invert(contradicts))
    return pa.table(
        {
            "record_l": queue["record_l"],
            "record_r": queue["record_r"],
            "match_probability": queue["match_probability"],
            "priority": pa.array(np.arange(1, n + 1), pa.int32()),
            "suggested_decision": pc.if_else(same, "same", "different"),
            "reason": queue["reason"],
            "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), n),
        }
    )

"""Association rules: who buys these also buys that, and how sure it is that this is no chance."""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from crm_tasks.contracts.ml_patterns import ASSOCIATION_RULES
from crm_tasks.ml.patterns.significance import fisher_p, q_values

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from crm_tasks.ml.patterns.itemsets import Ints, Itemsets
    from crm_tasks.ml.patterns.params import PatternParams

DECIMALS = 6
JOINED = " + "
KEY = ["antecedent", "consequent"]


def find_rules(found: Itemsets, params: PatternParams) -> tuple[pd.DataFrame, dict[int, float]]:
    """Return the rules worth publishing, and how many of each length were tested.

    A rule is worth it if its sides go together oftener than by chance, and each item of its
    antecedent adds to that: among the baskets that hold the others too (Webb 2007, productive
    rules, https://doi.org/10.1007/s10994-007-5006-x). The p-value is the largest of these tests;
    the q-value's family are all rules of its length that the frequent items could form, whether or
    not anybody bought such a set.
    """
    parts = [_rules_of(found, length) for length in sorted(found.sets) if length > 1]
    tested = {k: _n_possible(len(found.items), k) for k in found.sets if k > 1}
    if not parts:
        return pd.DataFrame(), tested
    rules = pd.concat(parts, ignore_index=True)
    rules["q_value"] = 1.0
    for length, of_length in rules.groupby("n_items"):
        q = q_values(of_length["p_value"].to_numpy(), tested[int(str(length))])
        rules.loc[of_length.index, "q_value"] = q
    sure = rules[(rules["q_value"] <= params.max_q) & (rules["lift"] > 1)]
    order = ["q_value", "p_value", "lift", "antecedent", "consequent"]
    sure = sure.sort_values(order, ascending=[True, True, False, True, True])
    return sure.head(params.max_rules), tested


def _n_possible(n_items: int, length: int) -> float:
    return float(comb(n_items, length)) * length


def _rules_of(found: Itemsets, length: int) -> pd.DataFrame:
    """Return all rules from the frequent sets of one length: each item follows the others."""
    sets, n_both = found.sets[length], found.counts[length]
    parts = []
    for right in ([place] for place in range(length)):
        left = [place for place in range(length) if place not in right]
        part = _measured(found, sets[:, left], sets[:, right], n_both)
        _compare_with_shorter(part, found, sets, left, right)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _measured(found: Itemsets, left: Ints, right: Ints, n_both: Ints) -> pd.DataFrame:
    n = found.n_baskets
    n_left, n_right = found.count(left), found.count(right)
    confidence, base = n_both / n_left, n_right / n
    certain = confidence >= 1
    conviction = np.divide(1 - base, 1 - confidence, out=np.full(len(left), np.nan), where=~certain)
    return pd.DataFrame(
        {
            "antecedent": _joined(found, left, "product_id"),
            "consequent": _joined(found, right, "product_id"),
            "antecedent_label": _joined(found, left, "label"),
            "consequent_label": _joined(found, right, "label"),
            "n_items": np.full(len(left), left.shape[1] + right.shape[1], dtype=np.int32),
            "support": n_both / n,
            "confidence": confidence,
            "lift": confidence / base,
            "leverage": n_both / n - (n_left / n) * base,
            "conviction": conviction,
            "p_value": fisher_p(n_both, n_left, n_right, n),
            "n_baskets": n_both,
        }
    )


def _compare_with_shorter(
    part: pd.DataFrame, found: Itemsets, sets: Ints, left: Sequence[int], right: Sequence[int]
) -> None:
    """Add what each item of the antecedent brings, and let the least sure of them decide."""
    n_both, n_left = found.count(sets), found.count(sets[:, left])
    best = found.count(sets[:, right]) / found.n_baskets
    for item in left if len(left) > 1 else []:
        kept = [i for i in left if i != item]
        n_kept = found.count(sets[:, kept])
        n_then = found.count(sets[:, sorted([*kept, *right])])
        best = np.maximum(best, n_then / n_kept)
        p = fisher_p(n_both, n_left, n_then, n_kept)
        part["p_value"] = np.maximum(part["p_value"], p)
    part["improvement"] = part["confidence"] - best


def _joined(found: Itemsets, sets: Ints, column: str) -> np.ndarray:
    texts = found.items.column(column).to_numpy(zero_copy_only=False)
    joined = texts[sets[:, 0]]
    for place in range(1, sets.shape[1]):
        joined = joined + JOINED + texts[sets[:, place]]
    return np.asarray(joined, dtype=object)


def rule_rows(rules: pd.DataFrame, previous: pa.Table | None, as_of: dt.date) -> pa.Table:
    """Return the rows of ml.association_rules.

    Parameters
    ----------
    previous : pyarrow.Table or None
        The predecessor's rules: one that held there holds since then.
    """
    if rules.empty:
        return ASSOCIATION_RULES.arrow_schema.empty_table()
    rows = rules.round(dict.fromkeys(rules.select_dtypes("float"), DECIMALS))
    rows["valid_from"] = held_since(rows, KEY, previous, as_of)
    rows["as_of_date"] = as_of
    schema = ASSOCIATION_RULES.arrow_schema
    return pa.Table.from_pandas(rows[schema.names], schema=schema, preserve_index=False)


def held_since(
    rows: pd.DataFrame, key: list[str], previous: pa.Table | None, as_of: dt.date
) -> list[dt.date]:
    """Return since which as-of date each rule has been published without a break."""
    if previous is None:
        return [as_of] * len(rows)
    columns = [previous.column(name).to_pylist() for name in key]
    dates = previous.column("valid_from").to_pylist()
    since = dict(zip(zip(*columns, strict=True), dates, strict=True))
    keys = zip(*(rows[name] for name in key), strict=True)
    return [min(since.get(one, as_of), as_of) for one in keys]

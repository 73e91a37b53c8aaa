"""Do the warehouse and the newcomer's script say the same? Where they cannot, say why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

Agreement = Literal["identical", "differs", "close", "not comparable"]

#: How far two ways of summing the same floats may lie apart, as a share of values above 1.
TOLERANCE = 1e-6

NOT_COMPARABLE = {
    "communities": "Louvain (networkx) and Leiden (NetworKit) part the same network differently",
    "actions": "the script ranks by RFM alone; the plan obeys rules, caps and consent",
    "landing, gates, history, lineage, publishing": "the script has nothing of the kind",
}


@dataclass(frozen=True)
class Comparison:
    """One thing that both computed: what each found and whether it is the same."""

    name: str
    guanxi: str
    newcomer: str
    agreement: Agreement


def compare_counts(guanxi: dict[str, object], newcomer: dict[str, object]) -> list[Comparison]:
    """Return one comparison per figure both name; figures are equal or they differ.

    >>> compare_counts({"orders": 2}, {"orders": 3})[0].agreement
    'differs'
    """
    return [
        Comparison(
            name,
            str(guanxi[name]),
            str(newcomer[name]),
            "identical" if guanxi[name] == newcomer[name] else "differs",
        )
        for name in guanxi
        if name in newcomer
    ]


def compare_values(
    guanxi: pd.DataFrame,
    newcomer: pd.DataFrame,
    key: Sequence[str],
    value: str,
    unit: float = 0.0,
) -> Comparison:
    """Compare one column row by row: the same keys, and values within 1e-6 of each other.

    Parameters
    ----------
    guanxi, newcomer : DataFrame
        Both with the key columns, unique, and ``value``.
    unit : float
        What the last digit is worth (0.01 for cents): where values differ by no more than that,
        they were rounded differently and are close.
    """
    mine, theirs = guanxi[[*key, value]], newcomer[[*key, value]]
    both = mine.merge(
        theirs, on=list(key), how="outer", validate="one_to_one", suffixes=("", "_newcomer"),
        indicator=True,
    )  # fmt: skip
    unmatched = int((both["_merge"] != "both").sum())
    matched = both[both["_merge"] == "both"]
    distance = _distance(matched[value], matched[f"{value}_newcomer"])
    size = np.maximum(1.0, np.abs(matched[value].to_numpy(dtype=np.float64)))
    n_apart, largest = int((distance / size > TOLERANCE).sum()), float(distance.max(initial=0.0))
    agreement: Agreement = "close" if largest <= unit + TOLERANCE else "differs"
    return Comparison(
        value,
        f"{len(mine):,} rows",
        f"{len(theirs):,} rows; {unmatched} unmatched, {n_apart} differ, by {largest:.1e} at most",
        "differs" if unmatched else ("identical" if n_apart == 0 else agreement),
    )


def compare_ties(name: str, guanxi: pd.DataFrame, newcomer: pd.DataFrame) -> Comparison:
    """Compare two sets of ties (src_id, dst_id, strength) that rank equal strengths differently.

    They are close if at least 999 of 1,000 ties stand in both, with strengths within 1e-6.
    """
    keys = ["src_id", "dst_id"]
    both = guanxi.merge(newcomer, on=keys, validate="one_to_one", suffixes=("", "_newcomer"))
    overlap = len(both) / max(len(guanxi) + len(newcomer) - len(both), 1)
    largest = float(_distance(both["strength"], both["strength_newcomer"]).max(initial=0.0))
    is_close = overlap >= 0.999 and largest <= TOLERANCE
    agreement: Agreement = "close" if is_close else "differs"
    return Comparison(
        name,
        f"{len(guanxi):,} ties",
        f"{len(newcomer):,} ties; {overlap:.4%} in both, largest difference {largest:.1e}",
        "identical" if is_close and overlap == 1 else agreement,
    )


def not_comparable() -> list[Comparison]:
    """Return what cannot be compared, each with its reason."""
    return [Comparison(name, "", why, "not comparable") for name, why in NOT_COMPARABLE.items()]


def _distance(left: pd.Series, right: pd.Series) -> np.ndarray:
    return np.abs(left.to_numpy(dtype=np.float64) - right.to_numpy(dtype=np.float64))

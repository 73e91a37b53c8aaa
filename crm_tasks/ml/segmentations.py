# ruff: noqa: RUF001 (Chinese text has its own punctuation)
"""All segmentations of one date side by side: by rule (RFM, lifecycle, loyalty) and by interest.

Lifecycle compares the days since the last order with the customer's own rhythm: the mean gap
between his orders, drawn towards the median customer's as if one more gap of that length had been
seen. Loyalty counts orders and asks for the same rhythm. Both are rules of thumb and predict
nothing; ``ml.predictions`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.optimize import linear_sum_assignment

from crm_tasks.ml.interests import INTEREST
from crm_tasks.ml.interests import MODEL_VERSION as INTEREST_VERSION
from crm_tasks.ml.segments import DECIMALS, SHARE_OF_LINES, Segment

if TYPE_CHECKING:
    import datetime as dt

    import numpy.typing as npt

    from crm_tasks.ml.interests import Interests

    Floats = npt.NDArray[np.float64]

LIFECYCLE, LOYALTY = "lifecycle", "loyalty"
RULE_VERSION = "rhythm-1"
NEW_DAYS = 90
#: Own gaps since the last order.
IN_RHYTHM, SLIPPING = 2, 4
FEW = 3
BEST_FIFTH = 5
#: Members two groups must share, of those in either, to be one group on two dates.
SAME_GROUP = 0.3

RULES: dict[str, tuple[Segment, ...]] = {
    LIFECYCLE: (
        Segment("prospect", "潜在客户", "No order is known", "没有已知订单"),
        Segment("new", "新客户", "First order within 90 days", "首次下单在 90 天以内"),
        Segment("active", "活跃客户", "Last order at most two of the own gaps ago",
                "距最近一次购买不超过自身购买间隔的两倍"),
        Segment("slipping", "流失边缘客户", "Last order two to four of the own gaps ago",
                "距最近一次购买为自身购买间隔的二至四倍"),
        Segment("lapsed", "已流失客户", "Last order more than four of the own gaps ago",
                "距最近一次购买超过自身购买间隔的四倍"),
    ),
    LOYALTY: (
        Segment("none", "无购买", "No order is known", "没有已知订单"),
        Segment("one_time", "一次性客户", "One order so far", "仅购买一次"),
        Segment("occasional", "偶尔购买客户", "Two or three orders so far", "购买两至三次"),
        Segment("regular", "常客", "Four orders or more, at most two own gaps ago",
                "购买四次以上，且仍在自身购买节奏内"),
        Segment("devoted", "忠实客户", "Regular, and among the fifth who order most",
                "常客，且购买次数居前五分之一"),
        Segment("former", "昔日常客", "Four orders or more, longer away than two own gaps",
                "购买四次以上，但已超出自身购买节奏"),
    ),
}  # fmt: skip


def by_rule(rfm: pa.Table) -> dict[str, npt.NDArray[np.object_]]:
    """Return each customer's lifecycle and loyalty segment.

    Parameters
    ----------
    rfm : pyarrow.Table
        recency_days, frequency, customer_age_days, avg_order_gap_days, f_score.
    """
    names = ("recency_days", "frequency", "customer_age_days", "avg_order_gap_days", "f_score")
    recency, orders, age, gap, f_score = (
        rfm.column(name).cast(pa.float64()).to_numpy().astype(np.float64) for name in names
    )
    orders = np.nan_to_num(orders)
    usual = float(np.median(gap[np.isfinite(gap)])) if np.isfinite(gap).any() else float(NEW_DAYS)
    own = (np.nan_to_num(gap) * np.maximum(orders - 1, 0) + usual) / np.maximum(orders, 1)
    away = np.nan_to_num(recency) / np.maximum(own, 1.0)
    lifecycle = [orders == 0, age <= NEW_DAYS, away <= IN_RHYTHM, away <= SLIPPING]
    loyalty = [orders == 0, orders == 1, orders <= FEW, away > IN_RHYTHM, f_score < BEST_FIFTH]
    return {
        LIFECYCLE: np.select(lifecycle, ["prospect", "new", "active", "slipping"], "lapsed").astype(
            object
        ),
        LOYALTY: np.select(
            loyalty, ["none", "one_time", "occasional", "former", "regular"], "devoted"
        ).astype(object),
    }


def name_groups(found: Interests, previous: pa.Table | None) -> list[str]:
    """Return an id per interest group: the predecessor's where most members are the same.

    ``previous`` are the predecessor's ml.segments.
    """
    if previous is not None:
        previous = previous.filter(pc.equal(previous.column("segmentation"), INTEREST))
    if previous is None or not previous.num_rows:
        return [f"{INTEREST}:{number + 1:02d}" for number in _by_size(found)]
    old = pc.unique(previous.column("segment_id")).to_pylist()
    place = pc.index_in(found.customers, value_set=previous.column("customer_id").combine_chunks())
    known = place.is_valid().to_numpy(zero_copy_only=False)
    before = previous.column("segment_id").take(place.drop_null())
    number = pc.index_in(before, value_set=pa.array(old)).to_numpy()
    shared = np.zeros((len(found.names), len(old)))
    np.add.at(shared, (found.group[known], number), 1.0)
    sizes = np.bincount(found.group, minlength=len(found.names))[:, None]
    counts = pc.value_counts(previous.column("segment_id")).to_pylist()
    old_sizes = {one["values"]: one["counts"] for one in counts}
    either = sizes + np.array([old_sizes[one] for one in old])[None, :] - shared
    overlap = shared / np.maximum(either, 1)
    rows, columns = linear_sum_assignment(-overlap)
    kept = {r: old[c] for r, c in zip(rows, columns, strict=True) if overlap[r, c] >= SAME_GROUP}
    free = max(int(one.split(":")[1]) for one in old) + 1
    names = []
    for group in range(len(found.names)):
        names.append(kept.get(group, f"{INTEREST}:{free:02d}"))
        free += group not in kept
    return names


def _by_size(found: Interests) -> list[int]:
    """Return the rank of each group, the largest first."""
    sizes = np.bincount(found.group, minlength=len(found.names))
    order = sorted(range(len(sizes)), key=lambda g: (-sizes[g], found.names[g]))
    return [order.index(group) for group in range(len(order))]


def definition_rows(
    found: Interests | None, ids: list[str], as_of: dt.date
) -> list[dict[str, object]]:
    """Return the definitions of lifecycle, loyalty and interest segments."""
    rows: list[dict[str, object]] = [
        {
            "segment_id": f"{segmentation}:{segment.name}",
            "segmentation": segmentation,
            "segment_name": segment.name,
            "segment_name_zh": segment.name_zh,
            "definition": segment.definition,
            "definition_zh": segment.definition_zh,
            "model_version": RULE_VERSION,
            "as_of_date": as_of,
        }
        for segmentation, segments in RULES.items()
        for segment in segments
    ]
    rows += [
        {
            "segment_id": segment_id,
            "segmentation": INTEREST,
            "segment_name": name,
            "segment_name_zh": name,
            "definition": f"Buy more than others of: {name}",
            "definition_zh": f"比其他客户更多购买：{name}",
            "model_version": INTEREST_VERSION,
            "as_of_date": as_of,
        }
        for segment_id, name in zip(ids, found.names if found else [], strict=True)
    ]
    return rows


def rule_members(rfm: pa.Table, as_of: dt.date) -> list[pa.Table]:
    """Return rows of ml.segments for lifecycle and loyalty."""
    return [
        _members(rfm.column("customer_id"), segmentation, names, as_of)
        for segmentation, names in by_rule(rfm).items()
    ]


def _members(
    customers: pa.ChunkedArray, segmentation: str, names: npt.NDArray[np.object_], as_of: dt.date
) -> pa.Table:
    n = len(customers)
    ids = pc.binary_join_element_wise(segmentation, pa.array(names, pa.string()), ":")
    return _rows(customers, segmentation, ids, pa.nulls(n, pa.float64()), pa.repeat(1.0, n), as_of)


def interest_members(found: Interests, ids: list[str], as_of: dt.date) -> pa.Table:
    """Return rows of ml.segments for interests."""
    return _rows(
        found.customers,
        INTEREST,
        pa.array(ids).take(pa.array(found.group)),
        pa.array(found.distance.round(DECIMALS)),
        pa.array(found.probability.round(DECIMALS)),
        as_of,
    )


def taste_rows(found: Interests, ids: list[str], profiles: pa.Table) -> pa.Table:
    """Return the rows of ml.segment_profiles that say what interest groups buy.

    ``profiles`` are the groups' other rows, whose customers, revenue and terms these repeat.
    """
    known = {row["segment_id"]: row for row in profiles.to_pylist()}
    rows = [
        known[segment_id] | {
            "feature": f"{SHARE_OF_LINES}{category}",
            "mean": round(float(found.tastes.mean[group, place]), DECIMALS),
            "z_vs_all": round(float(found.tastes.z[group, place]), DECIMALS),
        }
        for group, segment_id in enumerate(ids)
        if segment_id in known
        for place, category in enumerate(found.tastes.categories)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=profiles.schema)


def _rows(
    customers: pa.Array,
    segmentation: str,
    ids: pa.Array,
    distance: pa.Array,
    probability: pa.Array,
    as_of: dt.date,
) -> pa.Table:
    n = len(customers)
    day = pa.scalar(as_of, pa.date32())
    return pa.table(
        {
            "customer_id": customers,
            "segmentation": pa.repeat(segmentation, n),
            "segment_id": ids,
            "distance_to_center": distance,
            "membership_probability": probability,
            "assigned_at": pa.repeat(day.cast(pa.timestamp("us")), n),
            "as_of_date": pa.repeat(day, n),
        }
    )

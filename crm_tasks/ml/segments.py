# ruff: noqa: RUF001 (Chinese text has its own punctuation)
"""Segments of customers: what they are called, who is in them and how they differ.

The first segmentation is the rule-based RFM grid that features.feat_customer_rfm computes; here it
gets its meaning in words and its profile against all customers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.errors import ContractError

if TYPE_CHECKING:
    import datetime as dt

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

RFM = "rfm"
MODEL_VERSION = "rfm-quintiles-1"
DECIMALS = 6
TERMS = 2

#: Before the name of a category: its share of a customer's order lines, of interest segments only.
SHARE_OF_LINES = "share_of_lines:"
#: Features a segment is described by, with the words for more and for less of them.
PROFILED = {
    "recency_days": ("long since the last order", "ordered lately"),
    "frequency": ("many orders", "few orders"),
    "monetary_value": ("large orders", "small orders"),
    "net_revenue_total": ("high revenue", "low revenue"),
    "customer_age_days": ("long-standing", "new"),
    "avg_order_gap_days": ("long gaps", "short gaps"),
}


@dataclass(frozen=True)
class Segment:
    """One segment: its name in the data and its meaning in English and Chinese."""

    name: str
    name_zh: str
    definition: str
    definition_zh: str


RFM_SEGMENTS = (
    Segment("champions", "冠军客户", "Ordered lately, often and for much: all scores 4 or 5",
            "近期、频繁且高额购买：三项得分均为 4 或 5"),
    Segment("loyal", "忠诚客户", "Order often (frequency 4 or 5) and have not been away for long",
            "购买频繁（频率得分 4 或 5），且最近仍有购买"),
    Segment("new", "新客户", "First order within 90 days and none of the segments above",
            "首次下单在 90 天以内，且不属于以上各类"),
    Segment("potential_loyal", "潜在忠诚客户", "Ordered lately and more than once in a while",
            "近期有购买，购买次数中等以上"),
    Segment("promising", "有希望客户", "Ordered lately, but seldom so far",
            "近期有购买，但次数尚少"),
    Segment("need_attention", "需要关注客户", "Middling recency, ordered more than a few times",
            "最近一次购买居中，购买次数不算少"),
    Segment("about_to_sleep", "即将沉睡客户", "Middling recency and few orders",
            "最近一次购买居中，购买次数少"),
    Segment("cannot_lose", "不可流失客户", "Used to order often and for much, not lately",
            "过去购买频繁且金额高，近期没有购买"),
    Segment("at_risk", "有风险客户", "Used to order at least fairly often, not lately",
            "过去购买较频繁，近期没有购买"),
    Segment("hibernating", "休眠客户", "Ordered seldom and some time ago",
            "购买次数少，且已有一段时间没有购买"),
    Segment("lost", "流失客户", "Ordered seldom and longest ago", "购买次数少，且最久没有购买"),
    Segment("no_orders", "无订单客户", "No order is known", "没有已知订单"),
)  # fmt: skip


def segment_id(name: str, segmentation: str = RFM) -> str:
    """Return the id of a segment.

    >>> segment_id("loyal")
    'rfm:loyal'
    """
    return f"{segmentation}:{name}"


def define_segments(as_of: dt.date) -> pa.Table:
    """Return the rows of ml.segment_definitions."""
    n = len(RFM_SEGMENTS)
    return pa.table(
        {
            "segment_id": [segment_id(segment.name) for segment in RFM_SEGMENTS],
            "segmentation": pa.repeat(RFM, n),
            "segment_name": [segment.name for segment in RFM_SEGMENTS],
            "segment_name_zh": [segment.name_zh for segment in RFM_SEGMENTS],
            "definition": [segment.definition for segment in RFM_SEGMENTS],
            "definition_zh": [segment.definition_zh for segment in RFM_SEGMENTS],
            "model_version": pa.repeat(MODEL_VERSION, n),
            "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), n),
        }
    )


def assign_segments(rfm: pa.Table, as_of: dt.date) -> pa.Table:
    """Return the rows of ml.segments: each customer's segment by the rule.

    Raises
    ------
    ContractError
        A segment of features.feat_customer_rfm has no definition here.
    """
    known = pa.array([segment.name for segment in RFM_SEGMENTS])
    unknown = rfm.num_rows - int(pc.sum(pc.is_in(rfm.column("rfm_segment"), known)).as_py() or 0)
    if unknown:
        raise ContractError(
            f"features.feat_customer_rfm: {unknown} rows have an rfm_segment without a definition; "
            "add it to crm_tasks/ml/segments.py"
        )
    n = rfm.num_rows
    midnight = pa.scalar(as_of, pa.date32()).cast(pa.timestamp("us"))
    return pa.table(
        {
            "customer_id": rfm.column("customer_id"),
            "segmentation": pa.repeat(RFM, n),
            "segment_id": pc.binary_join_element_wise(RFM, rfm.column("rfm_segment"), ":"),
            "distance_to_center": pa.nulls(n, pa.float64()),
            "membership_probability": pa.repeat(1.0, n),
            "assigned_at": pa.repeat(midnight, n),
            "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), n),
        }
    )


def profile_members(rfm: pa.Table, members: pa.Table, as_of: dt.date) -> pa.Table:
    """Return the rows of ml.segment_profiles of any segmentation, from its rows of ml.segments."""
    place = pc.index_in(
        rfm.column("customer_id"), value_set=members.column("customer_id").combine_chunks()
    )
    known = rfm.filter(place.is_valid())
    ids = members.column("segment_id").take(place.drop_null())
    names = pc.list_element(pc.split_pattern(ids, ":", max_splits=1), 1)
    column = known.schema.get_field_index("rfm_segment")
    segmentation = members.column("segmentation")[0].as_py()
    return profile_segments(known.set_column(column, "rfm_segment", names), as_of, segmentation)


def profile_segments(rfm: pa.Table, as_of: dt.date, segmentation: str = RFM) -> pa.Table:
    """Return the rows of ml.segment_profiles: each segment's means against all customers.

    A mean is over the customers that have the feature, and NULL if none has it; ``z_vs_all`` is
    in population standard deviations of all customers, NULL where they do not vary. Sums run in
    the order of customer_id, so that the order of the rows cannot change them.
    """
    ordered = rfm.sort_by("customer_id")
    names = ordered.column("rfm_segment").combine_chunks().dictionary_encode()
    code = names.indices.to_numpy().astype(np.int64)
    found = names.dictionary.to_pylist()
    size = np.bincount(code, minlength=len(found))
    revenue = _summed(code, _numbers(ordered, "net_revenue_total"), len(found))
    share = revenue / revenue.sum() if revenue.sum() > 0 else np.full(len(found), np.nan)
    measured = {f: _compare(code, _numbers(ordered, f), len(found)) for f in PROFILED}
    columns: dict[str, list[object]] = {name: [] for name in _PROFILE_TYPES}
    for i in sorted(range(len(found)), key=lambda i: str(found[i])):
        terms = _top_terms({feature: float(z[i]) for feature, (_, z) in measured.items()})
        for feature, (mean, z) in measured.items():
            row = (
                segment_id(found[i], segmentation),
                int(size[i]),
                share[i],
                feature,
                mean[i],
                z[i],
                terms,
            )
            for column, value in zip(columns, (*row, as_of), strict=True):
                columns[column].append(_null_if_nan(value))
    return pa.table({n: pa.array(columns[n], kind) for n, kind in _PROFILE_TYPES.items()})


_PROFILE_TYPES = {
    "segment_id": pa.string(),
    "n_customers": pa.int64(),
    "revenue_share": pa.float64(),
    "feature": pa.string(),
    "mean": pa.float64(),
    "z_vs_all": pa.float64(),
    "top_terms": pa.string(),
    "as_of_date": pa.date32(),
}


def _numbers(rows: pa.Table, name: str) -> Floats:
    numbers = rows.column(name).cast(pa.float64()).to_numpy()
    return np.asarray(numbers, dtype=np.float64)


def _summed(code: Ints, values: Floats, n: int) -> Floats:
    return np.bincount(code, np.nan_to_num(values), minlength=n).astype(np.float64)


def _compare(code: Ints, values: Floats, n: int) -> tuple[Floats, Floats]:
    """Return (mean, z against all) per segment; NaN where there is nothing to say."""
    has = np.isfinite(values)
    count = np.bincount(code[has], minlength=n)
    mean = np.divide(_summed(code, values, n), count, out=np.full(n, np.nan), where=count > 0)
    if not has.any():
        return mean, np.full(n, np.nan)
    overall, spread = values[has].mean(), values[has].std()
    z = (mean - overall) / spread if spread > 0 else np.full(n, np.nan)
    return mean.round(DECIMALS), z.round(DECIMALS)


def _top_terms(z: dict[str, float]) -> str | None:
    """Return the words for the features that differ most, the strongest first."""
    said = sorted((-abs(v), feature) for feature, v in z.items() if np.isfinite(v) and v)
    words = [PROFILED[feature][0 if z[feature] > 0 else 1] for _, feature in said[:TERMS]]
    return ", ".join(words) or None


def _null_if_nan(value: object) -> object:
    if isinstance(value, float):
        return None if np.isnan(value) else round(float(value), DECIMALS)
    return value

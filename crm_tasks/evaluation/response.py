# ruff: noqa: RUF001 (Chinese text has its own punctuation)
"""What followed past campaigns: response rates with intervals, labelled for what they are.

Nothing here is an effect. Where targets were chosen, contacted and other customers differ from the
start, so their orders stand side by side and are not subtracted; every row says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.evaluation.intervals import wilson_interval

if TYPE_CHECKING:
    import datetime as dt

    from crm_tasks.contracts.frames import Scratch

DECIMALS = 6

LABELS = {
    "observational": (
        "Observational: targets were chosen, so the groups differ from the start; association only",
        "观察性数据：目标客户是挑选而非随机抽取的，两组客户起点不同。各数字仅供并列参考，只表示相关",
    ),
    "randomised": (
        "Targets were drawn at random; the figures stand side by side, no difference is estimated",
        "目标客户为随机抽取。各数字并列展示，此处不估计差异",
    ),
}

_RESPONSES = """
with customers_n as (
    select count(*) as n from customers
),

contacted as (
    select
        campaign_id,
        customer_id,
        max(case when converted_at is not null then 1 else 0 end) as has_responded
    from contacts
    where campaign_id is not null and customer_id is not null
    group by campaign_id, customer_id
),

windows as (
    select
        campaigns.campaign_id,
        campaigns.is_randomized,
        (cast(campaigns.start_date as timestamp) at time zone $time_zone) at time zone 'UTC'
            as starts_at,
        (
            cast(coalesce(campaigns.end_date, $as_of) + 1 as timestamp) at time zone $time_zone
        ) at time zone 'UTC' as ends_before
    from campaigns
    where campaigns.campaign_id in (select contacted.campaign_id from contacted)
),

ordered as (
    select distinct windows.campaign_id, orders.customer_id
    from windows
    inner join orders
        on windows.starts_at <= orders.ordered_at and orders.ordered_at < windows.ends_before
    where orders.customer_id is not null
),

summed as (
    select
        contacted.campaign_id,
        count(*) as n_contacted,
        cast(sum(contacted.has_responded) as bigint) as n_responded,
        count(ordered.customer_id) as n_contacted_with_orders
    from contacted
    left join ordered
        on
            contacted.campaign_id = ordered.campaign_id
            and contacted.customer_id = ordered.customer_id
    group by contacted.campaign_id
),

ordered_summed as (
    select campaign_id, count(*) as n_with_orders from ordered group by campaign_id
)

select
    summed.campaign_id,
    summed.n_contacted,
    summed.n_responded,
    summed.n_contacted_with_orders,
    customers_n.n - summed.n_contacted as n_not_contacted,
    coalesce(ordered_summed.n_with_orders, 0) - summed.n_contacted_with_orders
        as n_not_contacted_with_orders,
    case when windows.is_randomized then 'randomised' else 'observational' end as evidence
from summed
inner join windows on summed.campaign_id = windows.campaign_id
left join ordered_summed on summed.campaign_id = ordered_summed.campaign_id
cross join customers_n
order by summed.campaign_id
"""


def measure_response(scratch: Scratch, as_of: dt.date, time_zone: str = "UTC") -> pa.Table:
    """Return the rows of evaluation.campaign_response.

    ``scratch`` holds customers (customer_id), contacts (core.fct_contacts), campaigns
    (core.dim_campaigns) and orders (customer_id, ordered_at), as known before ``as_of``. A
    campaign without an end counts until ``as_of``.
    """
    rows = scratch.query(_RESPONSES, {"as_of": as_of, "time_zone": time_zone})
    n_responded, n_contacted = (rows.column(c).to_numpy() for c in ("n_responded", "n_contacted"))
    low, high = wilson_interval(n_responded, n_contacted)
    english, chinese = (_said(rows.column("evidence"), which) for which in (0, 1))
    added = {
        "response_rate": (n_responded / np.maximum(n_contacted, 1)).round(DECIMALS),
        "ci_low": low.round(DECIMALS),
        "ci_high": high.round(DECIMALS),
        "label": english,
        "label_zh": chinese,
        "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), rows.num_rows),
    }
    for name, values in added.items():
        rows = rows.append_column(
            name, values if isinstance(values, pa.Array) else pa.array(values)
        )
    return rows


def _said(evidence: pa.ChunkedArray, language: int) -> pa.Array:
    kinds = pa.array(list(LABELS))
    texts = pa.array([text[language] for text in LABELS.values()])
    return texts.take(pc.index_in(evidence, value_set=kinds).combine_chunks())

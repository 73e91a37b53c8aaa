"""The step that says what customers speak of: summaries, topics, needs, each as of a date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.contracts import find_table
from crm_tasks.contracts.features_needs import TABLES as NEEDS
from crm_tasks.contracts.frames import StepReport
from crm_tasks.contracts.text import (
    COMPLAINT_THEMES,
    EMERGING_TOPICS,
    SUMMARIES,
    TOPIC_TRENDS,
)

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from crm_tasks.steps.run import Run

READS = {
    "messages": (
        "core.fct_messages",
        ("message_id", "conversation_id", "customer_id", "text_id", "text", "direction", "need",
         "topic", "summary", "sentiment", "is_complaint", "is_open_issue", "sent_at"),
    ),
    "reviews": (
        "core.fct_reviews",
        ("review_id", "customer_id", "text_id", "content", "topic", "sentiment", "is_low_score",
         "product_id", "reviewed_at"),
    ),
    "labels": ("ml.text_labels", ("text_id", "summary")),
    "products": ("core.dim_products", ("product_id", "category_l2")),
    "segments": ("ml.segments", ("customer_id", "segmentation", "segment_id")),
}  # fmt: skip
SAID = """
select
    message_id as source_id, conversation_id, customer_id, text_id, text as masked_text,
    need, topic, summary, sentiment, is_complaint, coalesce(is_open_issue, false) as is_open_issue,
    is_complaint as is_bad, sent_at as said_at, cast(null as varchar) as category,
    cast(null as varchar) as product_id, true as is_letter
from messages
where coalesce(direction, 'in') = 'in' and text is not null
union all
select
    review_id, null, customer_id, reviews.text_id, content, null, topic, labels.summary, sentiment,
    coalesce(is_low_score, false), false, coalesce(is_low_score, sentiment < -0.3, false),
    reviewed_at, products.category_l2, reviews.product_id, false
from reviews
left join labels on reviews.text_id = labels.text_id
left join products on reviews.product_id = products.product_id
where content is not null
order by text_id, source_id
"""
SEGMENTED = """
select said.*, own.segment_id
from said
left join (
    select customer_id, min(segment_id) as segment_id from segments
    where segmentation = 'rfm' group by customer_id
) as own on said.customer_id = own.customer_id
order by text_id, source_id
"""
FEATURES = (
    "recency_days", "frequency", "monetary_value", "net_90d", "sessions_90d", "contacts_30d",
    "csat_last", "degree", "pagerank", "avg_score", "sentiment_90d",
)  # fmt: skip
TABLES = (SUMMARIES, TOPIC_TRENDS, COMPLAINT_THEMES, EMERGING_TOPICS, *NEEDS)


def describe_voice(run: Run) -> StepReport:
    """Write text.summaries, topics, themes and what emerges, and features.need_*."""
    frames = {name: run.read(table, columns) for name, (table, columns) in READS.items()}
    with run.scratch(**frames) as scratch:
        said = scratch.query(SAID)
        if said.num_rows:
            scratch.register("said", said)
            said = scratch.query(SEGMENTED)
    found = described(run, said) if said.num_rows else {}
    written = {}
    for table in TABLES:
        rows = found.get(table.full_name)
        if rows is None or not rows.num_rows:
            rows = find_table(table.full_name).arrow_schema.empty_table()
        written[table.full_name] = run.write(table.full_name, rows)
    return StepReport(
        rows_in=said.num_rows,
        rows_written=sum(written.values()),
        message=f"{said.num_rows:,} texts described" if said.num_rows else "no source has texts",
        figures=written,
    )


def described(run: Run, said: pa.Table) -> dict[str, pa.Table]:
    """Return what is worked out from what customers said, by table."""
    from crm_tasks.text import needs, topics
    from crm_tasks.text.reading import dated
    from crm_tasks.text.summaries import SummaryParams, summarise

    told = said.to_pandas()
    letters: pd.DataFrame = told[told.is_letter & told.customer_id.notna()]
    wide = run.read("features.feat_customers_wide", ("customer_id", *FEATURES)).to_pandas()
    for name in FEATURES:
        wide[name] = wide[name].astype(float)
    as_of = run.as_of
    summaries = summarise(said, SummaryParams())
    return {
        "text.summaries": dated([summaries], as_of),
        "text.topic_trends": topics.topic_trends(told, as_of),
        "text.complaint_themes": topics.complaint_themes(told, as_of),
        "text.emerging_topics": topics.emerging_topics(told, as_of),
        "features.need_distribution": needs.need_distribution(letters, as_of),
        "features.need_trend": needs.need_trend(letters, as_of),
        "features.need_correlation": needs.need_correlation(letters, wide, FEATURES, as_of),
    }

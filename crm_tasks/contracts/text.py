"""Contracts of the text tables: masked texts, their summaries and what they speak of over time."""

from __future__ import annotations

from crm_tasks.contracts.table import Column, Table, as_of_date_column

MASKED_TEXTS = Table(
    schema="text",
    name="masked_texts",
    grain="One row per text known before the as-of date, personal data masked",
    key=("text_id",),
    columns=(
        Column("text_id", "VARCHAR", "entity:source system:identifier there", False),
        Column("source_entity", "VARCHAR", "messages, reviews or social_interactions", False),
        Column("customer_id", "VARCHAR", "Who wrote it, or to whom; NULL where nobody is named"),
        Column(
            "is_from_customer", "BOOLEAN", "Whether a customer wrote it, not the company", False
        ),
        Column("text_token", "VARCHAR", "Token of the text as it came", False),
        Column(
            "language_code",
            "VARCHAR",
            "zh, en, other (a language that is not read) or und (it does not tell)",
            False,
        ),
        Column(
            "masked_text",
            "VARCHAR",
            "The text without markup; personal data give way to their kind: [phone], [name] ...",
            False,
        ),
        Column("n_masked", "INTEGER", "Places masked", False, "places"),
        Column("is_cut", "BOOLEAN", "Whether it was cut for its length", False),
        Column("written_at", "TIMESTAMP", "When it was written, in UTC"),
        Column("masking_version", "VARCHAR", "Version of cleaning and masking", False),
        as_of_date_column(),
    ),
)

LANGUAGE_MODEL_ANSWERS = Table(
    schema="text",
    name="language_model_answers",
    grain="One row per message the model was not sure of, where a language model is declared",
    key=("text_id",),
    columns=(
        Column("text_id", "VARCHAR", "Text in text.masked_texts", False),
        Column("customer_id", "VARCHAR", "Who wrote it; NULL where nobody is named"),
        Column("text_token", "VARCHAR", "Token of the text that was asked about", False),
        Column(
            "outcome",
            "VARCHAR",
            "answered, no_intent (it named none), no_consent (not sent), over_limit (not sent), "
            "refused or unavailable (the server)",
            False,
        ),
        Column("label", "VARCHAR", "Intent it named; it stands in ml.text_labels"),
        Column("reason", "VARCHAR", "Why there is none"),
        Column("asked", "VARCHAR", "Model asked and digest of what it was asked", False),
        as_of_date_column(),
    ),
)

SUMMARIES = Table(
    schema="text",
    name="summaries",
    grain="One row per sentence of the summary of a conversation or of a customer",
    key=("scope", "subject_id", "rank"),
    columns=(
        Column("scope", "VARCHAR", "conversation or customer", False),
        Column("subject_id", "VARCHAR", "conversation_id or customer_id", False),
        Column("rank", "INTEGER", "Place in the summary, the weightiest first", False),
        Column("sentence", "VARCHAR", "As it stands in the masked text", False),
        Column("customer_id", "VARCHAR", "Who wrote it; NULL where nobody is named"),
        Column("source_id", "VARCHAR", "Message or review it is from", False),
        Column("text_id", "VARCHAR", "Text it is from, in text.masked_texts", False),
        Column("said_at", "TIMESTAMP", "When it was written, in UTC", False),
        as_of_date_column(),
    ),
)

TOPIC_TRENDS = Table(
    schema="text",
    name="topic_trends",
    grain="One row per week and topic of what customers wrote in the last 26 weeks",
    key=("week_start", "topic"),
    columns=(
        Column("week_start", "DATE", "Monday of the week", False),
        Column("topic", "VARCHAR", "What the texts are about", False),
        Column("n_texts", "BIGINT", "Texts about it", False, "texts"),
        Column("n_all", "BIGINT", "Texts of the week about any topic", False, "texts"),
        Column("share", "DOUBLE", "n_texts / n_all", False, "share"),
        Column("ci_low", "DOUBLE", "Lower end of the 95 % Wilson interval", False, "share"),
        Column("ci_high", "DOUBLE", "Upper end of the 95 % Wilson interval", False, "share"),
        Column("n_bad", "BIGINT", "Of the texts, complaints and low scores", False, "texts"),
        Column("sentiment", "DOUBLE", "Average sentiment, -1 to 1"),
        as_of_date_column(),
    ),
)

COMPLAINT_THEMES = Table(
    schema="text",
    name="complaint_themes",
    grain="One row per segment, category or product and topic complained of in the last 365 days",
    key=("dimension", "value", "topic"),
    columns=(
        Column("dimension", "VARCHAR", "segment, category or product (of at least 5 texts)", False),
        Column(
            "value",
            "VARCHAR",
            "segment_id in ml.segment_definitions, category_l2 or product_id",
            False,
        ),
        Column("topic", "VARCHAR", "What is complained of", False),
        Column("n_complaints", "BIGINT", "Complaints and low scores about it", False, "texts"),
        Column(
            "n_texts", "BIGINT", "All texts of the segment, category or product", False, "texts"
        ),
        Column("share", "DOUBLE", "n_complaints / n_texts", False, "share"),
        Column("ci_low", "DOUBLE", "Lower end of the 95 % Wilson interval", False, "share"),
        Column("ci_high", "DOUBLE", "Upper end of the 95 % Wilson interval", False, "share"),
        as_of_date_column(),
    ),
)

EMERGING_TOPICS = Table(
    schema="text",
    name="emerging_topics",
    grain="One row per term that customers use more in the last 14 days than in the 90 before",
    key=("term",),
    columns=(
        Column(
            "term",
            "VARCHAR",
            "Word, pair of words or run of Chinese characters; no stop words",
            False,
        ),
        Column("rank", "BIGINT", "Place by q_value, from 1", False),
        Column("n_recent", "BIGINT", "Customers who used it lately", False, "customers"),
        Column("n_recent_all", "BIGINT", "Customers who wrote lately", False, "customers"),
        Column("n_before", "BIGINT", "Customers who used it before", False, "customers"),
        Column("n_before_all", "BIGINT", "Customers who wrote before", False, "customers"),
        Column("share_recent", "DOUBLE", "n_recent / n_recent_all", False, "share"),
        Column("share_before", "DOUBLE", "n_before / n_before_all", False, "share"),
        Column("ci_low", "DOUBLE", "Lower end of share_recent's 95 % interval", False, "share"),
        Column("ci_high", "DOUBLE", "Upper end of share_recent's 95 % interval", False, "share"),
        Column("q_value", "DOUBLE", "Of the rise, over all terms looked at", False),
        Column("is_alert", "BOOLEAN", "Whether q_value is at most 0.05", False),
        as_of_date_column(),
    ),
)

TABLES = (
    MASKED_TEXTS,
    LANGUAGE_MODEL_ANSWERS,
    SUMMARIES,
    TOPIC_TRENDS,
    COMPLAINT_THEMES,
    EMERGING_TOPICS,
)

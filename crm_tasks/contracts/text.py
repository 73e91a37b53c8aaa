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

TABLES = (MASKED_TEXTS,)

"""Contracts of what the text classifier says: a row per text, and whom to ask next."""

from __future__ import annotations

from crm_tasks.contracts.table import Column, Table, as_of_date_column

TEXT_LABELS = Table(
    schema="ml",
    name="text_labels",
    grain="One row per text in a language that is read: what it wants, how it sounds",
    key=("text_id",),
    columns=(
        Column("text_id", "VARCHAR", "Text in text.masked_texts", False),
        Column("customer_id", "VARCHAR", "Who wrote it; NULL where nobody is named"),
        Column(
            "label",
            "VARCHAR",
            "Intent; NULL where the model is not sure enough, and for texts that are no messages",
        ),
        Column("best_label", "VARCHAR", "The likeliest intent, sure or not; messages only"),
        Column("probability", "DOUBLE", "Calibrated probability of best_label", unit="share"),
        Column("second_label", "VARCHAR", "The next likely intent"),
        Column("second_probability", "DOUBLE", "Its probability", unit="share"),
        Column("sentiment", "DOUBLE", "P(positive) - P(negative), -1 to 1", False),
        Column("need", "VARCHAR", "What the customer needs, by the intent"),
        Column("topic", "VARCHAR", "What it is about: by the intent, else by its words"),
        Column("is_urgent", "BOOLEAN", "Whether it says that it cannot wait", False),
        Column("is_complaint", "BOOLEAN", "Whether the intent says that something went wrong"),
        Column("needs_answer", "BOOLEAN", "Whether it waits for an answer; NULL without an intent"),
        Column("answer_within_hours", "INTEGER", "Time to answer it", unit="hours"),
        Column("summary", "VARCHAR", "The sentence of it that says most", False),
        Column("model_version", "VARCHAR", "Model that read it", False),
        as_of_date_column(),
    ),
)

TEXT_LABEL_QUEUE = Table(
    schema="ml",
    name="text_label_queue",
    grain="One row per text whose label would teach the model most, the least certain first",
    key=("text_id",),
    columns=(
        Column("text_id", "VARCHAR", "Text in text.masked_texts", False),
        Column("customer_id", "VARCHAR", "Who wrote it; NULL where nobody is named"),
        Column("priority", "INTEGER", "Place in the queue, from 1", False),
        Column("best_label", "VARCHAR", "The likeliest intent", False),
        Column("probability", "DOUBLE", "Its probability", False, "share"),
        Column("second_label", "VARCHAR", "The next likely intent", False),
        Column("second_probability", "DOUBLE", "Its probability", False, "share"),
        Column("model_version", "VARCHAR", "Model that is not sure", False),
        as_of_date_column(),
    ),
)

TABLES = (TEXT_LABELS, TEXT_LABEL_QUEUE)

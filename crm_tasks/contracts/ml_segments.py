"""Contract of the history of segments: who came in and who left, run by run."""

from __future__ import annotations

from crm_tasks.contracts.table import Column, Table, as_of_date_column

SEGMENT_HISTORY = Table(
    schema="ml",
    name="segment_history",
    grain="One row per customer who entered or left a segment since the run before",
    key=("customer_id", "segmentation", "segment_id", "event", "as_of_date"),
    columns=(
        Column("customer_id", "VARCHAR", "Customer", False),
        Column("segmentation", "VARCHAR", "Which way of segmenting", False),
        Column("segment_id", "VARCHAR", "Segment in ml.segment_definitions", False),
        Column("event", "VARCHAR", "entered or left", False),
        Column("entered_at", "TIMESTAMP", "Start of the as-of date he came in", False),
        Column("left_at", "TIMESTAMP", "Start of the as-of date he had left; NULL: entered"),
        as_of_date_column(),
    ),
    history="append",
)

TABLES = (SEGMENT_HISTORY,)

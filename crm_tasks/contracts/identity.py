"""Contracts of the identity tables: which source record is which customer."""

from __future__ import annotations

from crm_tasks.contracts.table import Column, Table, as_of_date_column

RECORDS = Table(
    schema="identity",
    name="records",
    grain="One row per customer record of a source system",
    key=("source_system", "source_record_id"),
    columns=(
        Column("source_system", "VARCHAR", "Source system the record comes from", False),
        Column("source_record_id", "VARCHAR", "Identifier in that source", False),
        Column("customer_id", "VARCHAR", "Persistent pseudonymous customer", False),
        Column("match_status", "VARCHAR", "singleton, matched or manual", False),
        Column("cluster_size", "INTEGER", "Records that share this customer_id", False),
        Column("first_linked_at", "TIMESTAMP", "When the record was first known", False),
        as_of_date_column(),
    ),
)

EVENTS = Table(
    schema="identity",
    name="events",
    grain="One row per change of identity: a customer created, merged, split, linked or erased",
    key=("event_id",),
    columns=(
        Column("event_id", "VARCHAR", "Digest of the event's content", False),
        Column("event_type", "VARCHAR", "created, merged, split, linked or erased", False),
        Column("customer_id", "VARCHAR", "Customer the event is about", False),
        Column("other_customer_id", "VARCHAR", "Second customer of a merge or split"),
        Column("reason", "VARCHAR", "Why, as a code", False),
        Column("occurred_at", "TIMESTAMP", "When the deciding fact was known", False),
        as_of_date_column(),
    ),
    history="append",
)

TABLES = (RECORDS, EVENTS)

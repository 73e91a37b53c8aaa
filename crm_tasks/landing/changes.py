"""What a build may take up instead of everything, as SQL text that dbt runs before its models.

The schema ``changes`` of the working file (dbt_project/macros/changes.sql) says what differs from
what a layer was built from: batches, customers of source records, the as-of date.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.contracts.sql_text import literal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path


def batches_sql(changed: Sequence[str]) -> str:
    """Return the statements that list the batches whose rows are new, gone or typed again."""
    return ";\n".join(
        [
            "create schema if not exists changes",
            f"create or replace table changes.batches as\n{_listed('batch_id', changed)}",
        ]
    )


def core_sql(changed: Sequence[str], built_for: dt.datetime, records: tuple[Path, Path]) -> str:
    """Return the statements for a build of core.

    Parameters
    ----------
    built_for : datetime
        First moment the build so far does not see, in UTC.
    records : tuple of Path
        Parquet of ``identity.records``, as of the build so far and as of now.
    """
    before, now = (f"read_parquet({literal(path)})" for path in records)
    customers = (
        "select\n"
        "    coalesce(now.source_system, before.source_system) || ':'\n"
        "    || coalesce(now.source_record_id, before.source_record_id) as customer_record_id\n"
        f"from {now} as now\nfull outer join {before} as before\n"
        "    on\n        now.source_system = before.source_system\n"
        "        and now.source_record_id = before.source_record_id\n"
        "where now.customer_id is distinct from before.customer_id"
    )
    built = f"select timestamp {literal(built_for)} as as_of_at"
    return ";\n".join(
        [
            batches_sql(changed),
            f"create or replace table changes.built as\n{built}",
            f"create or replace table changes.customers as\n{customers}",
        ]
    )


def _listed(column: str, values: Sequence[str]) -> str:
    if not values:
        return f"select cast(null as varchar) as {column} where false"
    rows = ", ".join(f"({literal(value)})" for value in values)
    return f"select {column} from (values {rows}) as listed ({column})"  # noqa: S608 (literals)

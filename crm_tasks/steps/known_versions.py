"""Which version of a staged record holds, in SQL for the steps that read staging themselves."""

from __future__ import annotations


def with_known(rows: str, key: str) -> str:
    """Return a CTE ``known``: of every key the version landed last among those known by then.

    As core takes it (dbt_project/macros/as_of.sql). A deletion is a version too: whoever reads
    ``known`` leaves out rows that have a ``reject_reason``. The statement takes ``$moment``.

    Parameters
    ----------
    rows : str
        A staging table; with ``source_system``, ``known_at``, ``reject_reason``,
        ``landing_sequence``, ``record_no`` and ``batch_id``.
    key : str
        The column that names a record within its source system.
    """
    return f"""
with known as (
    select * from {rows}
    where (reject_reason is null or reject_reason = 'DELETED')
        and coalesce(known_at < $moment, true)
    qualify row_number() over (
        partition by source_system, {key}
        order by landing_sequence desc nulls last, record_no desc nulls last, batch_id desc
    ) = 1
)"""  # noqa: S608 (both are names in our own code)

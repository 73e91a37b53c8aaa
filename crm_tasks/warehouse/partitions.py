"""Which rows of a table a version holds: its run's own, and those kept of other dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_tasks.contracts.sql_text import literal, quoted
from crm_tasks.errors import RunStateError
from crm_tasks.warehouse.tables import handed_over

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from crm_tasks.contracts import Table
    from crm_tasks.warehouse.home import Home

    #: A file, and when the run that wrote it was opened.
    Partition = tuple[Path, str]


def partitions(
    home: Home, table: Table, runs: Sequence[Mapping[str, Any]], run_id: str
) -> list[Partition]:
    """Return the files of a table that is kept by date, each with when its run was opened.

    Parameters
    ----------
    runs : sequence of mapping
        Rows of ``ops.runs``, one per date.
    run_id : str
        The run that is published: it must have written the table. A run of earlier code need not.
    """
    return [
        (file, str(run["started_at"]))
        for run in runs
        if (file := _file(home, table, run["run_id"], is_needed=run["run_id"] == run_id))
    ]


def partitions_sql(table: Table, files: Sequence[Partition]) -> str:
    """Return the rows of a table that is kept by date, as SQL.

    ``snapshot``: the partition of each run. ``append``: the same, but a row that was written once
    stays as it was: of rows with one key that of the run opened first counts.
    """
    if table.history == "snapshot" or len(files) == 1:
        return rows_of(*(file for file, _ in files))
    key = ", ".join(quoted(name) for name in table.key)
    opened = sorted(files, key=lambda found: (found[1], str(found[0])))
    parts = "\nunion all by name\n".join(
        f"select *, {place} as opened_as from {rows_of(file)}"
        for place, (file, _) in enumerate(opened)
    )
    return (
        "(select * exclude (opened_as, version_no) from (\n"
        f"select *, row_number() over (partition by {key} order by opened_as) as version_no\n"
        f"from (\n{parts}\n)) where version_no = 1)"
    )


def rows_of(*files: Path) -> str:
    """Return the rows of Parquet files as SQL."""
    listed = ", ".join(literal(file) for file in files)
    return f"read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"


def _file(home: Home, table: Table, run_id: str, *, is_needed: bool) -> Path | None:
    try:
        return handed_over(home, table, run_id)
    except RunStateError:
        if is_needed:
            raise
        return None

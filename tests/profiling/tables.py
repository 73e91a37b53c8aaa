"""Tables of a few invented rows, judged as `crm profile init` judges files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.profiling.columns import ColumnFacts, column_facts, propose_null_tokens
from crm_tasks.profiling.containers import Container
from crm_tasks.profiling.decisions import NOTHING, Decision
from crm_tasks.profiling.drafts import Draft, Writing, judged
from crm_tasks.profiling.mapping import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SURNAMES, GIVEN = "王李张刘陈杨赵黄", "伟芳娜敏静丽强磊"


def rows(columns: Mapping[str, Sequence[object]]) -> pa.Table:
    """Return values as a table of text."""
    return pa.table(
        {
            name: pa.array([None if v is None else str(v) for v in values], pa.string())
            for name, values in columns.items()
        }
    )


def facts_of(name: str, values: Sequence[object]) -> ColumnFacts:
    """Return what is known of one column."""
    table = rows({name: values})
    return column_facts(table, propose_null_tokens(table))[name]


def table(name: str, columns: Mapping[str, Sequence[object]], *, is_whole: bool = True) -> Table:
    """Return a table with the facts of its columns."""
    made = draft(name, columns)
    return Table(name, made.known, made.facts, is_whole)


def draft(
    label: str,
    columns: Mapping[str, Sequence[object]],
    *,
    files: Sequence[str] = (),
    kind: str = "csv",
) -> Draft:
    """Return a file of these rows as a judged draft."""
    encoding = Decision("utf-8", 0.95, NOTHING) if kind == "csv" else None
    delimiter = Decision(",", 0.99, NOTHING) if kind == "csv" else None
    writing = Writing(Decision(Container(kind), 1.0, NOTHING), "none", encoding, delimiter)
    names = tuple(files) or (f"{label}.{kind}",)
    return judged(Draft(label, names, writing, rows(columns), is_whole=True))


def chinese_names(n: int) -> list[str]:
    return [SURNAMES[i % 8] + GIVEN[i // 8 % 8] + GIVEN[i % 7] for i in range(n)]


def invoice_lines(n: int = 60) -> dict[str, list[object]]:
    """Return a flat export of invoice lines: three per invoice, no line number, no line total."""
    invoices = [f"R{1000 + i // 3}" for i in range(n)]
    articles = [f"A{i % 7:02d}" for i in range(n)]
    return {
        "InvoiceNo": invoices,
        "StockCode": articles,
        "Description": [f"INVENTED ARTICLE {article}" for article in articles],
        "Quantity": [i % 5 + 1 for i in range(n)],
        "InvoiceDate": [f"2024-03-{i // 3 % 28 + 1:02d} 10:00:00" for i in range(n)],
        "UnitPrice": [f"{i % 7 + i % 4 * 0.25 + 1:.2f}" for i in range(n)],
        "CustomerID": [i // 3 % 9 + 100 for i in range(n)],
        "Country": [("Utopia", "Erewhon")[i // 3 % 9 % 2] for i in range(n)],
    }

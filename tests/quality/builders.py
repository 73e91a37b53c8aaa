"""A table of toys with expectations about it, and a reader that notes what it was asked for."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import yaml

from crm_tasks.contracts import Column, Table

if TYPE_CHECKING:
    from pathlib import Path

TOYS = Table(
    schema="core",
    name="fct_toys",
    grain="One row per toy sold",
    key=("shop", "toy_id"),
    columns=(
        Column("shop", "VARCHAR", "Shop", False),
        Column("toy_id", "VARCHAR", "Toy", False),
        Column("quantity", "INTEGER", "How many"),
        Column("net_amount", "DECIMAL(18,2)", "What was received"),
        Column("owner", "VARCHAR", "Who bought it"),
        Column("is_boxed", "BOOLEAN", "Whether it has its box"),
        Column("sold_at", "TIMESTAMP", "When"),
        Column("as_of_date", "DATE", "Date the row was computed for"),
    ),
    writer="dbt",
)

POSITIVE = {
    "name": "quantity_is_positive",
    "type": "expect_column_values_to_be_between",
    "kwargs": {"column": "quantity", "min_value": 0, "strict_min": True},
}
NOT_EMPTY = {
    "name": "toys_were_sold",
    "type": "expect_table_row_count_to_be_between",
    "kwargs": {"min_value": 1},
}


def toys(**columns: list[Any]) -> pa.Table:
    """Return rows of toys: the columns given, every other one NULL, keys counted up."""
    n = len(next(iter(columns.values())))
    given = {"shop": ["s"] * n, "toy_id": [f"t{i}" for i in range(n)]} | columns
    arrays = [
        pa.array(given.get(column.name, [None] * n), TOYS.arrow_schema.field(column.name).type)
        for column in TOYS.columns
    ]
    return pa.table(arrays, names=TOYS.column_names)


def expectation(like: dict[str, Any] = POSITIVE, **changes: Any) -> dict[str, Any]:
    """Return an expectation as a file holds it; ``mostly`` and limits go into its kwargs."""
    told = {
        "severity": "critical",
        "treatment": "the row stays and is not counted",
        "why": "nobody buys fewer than one toy",
    }
    return deepcopy(told | like | changes)  # a shared part would be dumped as an alias


def write_suite(root: Path, *expectations: dict[str, Any], **more: Any) -> Path:
    """Write ``core/fct_toys.yml`` below ``root`` and return its path."""
    path = root / "core" / "fct_toys.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    declared = {"table": "core.fct_toys", **more, "expectations": list(expectations)}
    path.write_text(yaml.safe_dump(declared, sort_keys=False), encoding="utf-8")
    return path


@dataclass
class Shelf:
    """Reads columns of one table and remembers which."""

    rows: pa.Table
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def __call__(self, table: str, columns: tuple[str, ...]) -> pa.Table:
        self.asked.append((table, tuple(columns)))
        return self.rows.select(list(columns))

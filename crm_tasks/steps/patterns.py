"""The step that finds what is bought together, and what is bought after what."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.contracts.frames import StepReport
from crm_tasks.errors import RunStateError
from crm_tasks.ml.patterns import find
from crm_tasks.ml.patterns.params import PatternParams

if TYPE_CHECKING:
    from crm_tasks.steps.run import Run

log = logging.getLogger(__name__)

READS = {
    "order_items": (
        "core.fct_order_items",
        (
            "order_id",
            "customer_id",
            "product_id",
            "ordered_at",
            "net_amount",
            "is_unknown_product",
            "is_zero_quantity",
        ),
    ),
    "products": ("core.dim_products", ("product_id", "name")),
}


def find_patterns(run: Run) -> StepReport:
    """Write association rules, sequence rules and what was counted for them."""
    frames = {name: run.read(table, columns) for name, (table, columns) in READS.items()}
    previous = (_former(run, "ml.association_rules"), _former(run, "ml.sequence_rules"))
    with run.scratch(**frames) as scratch:
        tables = find.find_patterns(scratch, previous, run.as_of, PatternParams())
    written = {name: run.write(f"ml.{name}", rows) for name, rows in tables.items()}
    together, after = written["association_rules"], written["sequence_rules"]
    return StepReport(
        rows_in=sum(rows.num_rows for rows in frames.values()),
        rows_written=sum(written.values()),
        message=f"{together:,} rules of what goes together, {after:,} of what follows what",
        figures=written,
    )


def _former(run: Run, table: str) -> pa.Table | None:
    """Return the predecessor's rules; None if it was run by code that knew no patterns."""
    try:
        return run.read_predecessor(table)
    except (RunStateError, pa.ArrowInvalid):
        log.info("the predecessor found no patterns: all rules count as new")
        return None

"""The step that recommends products, by the method that foretold best what customers bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.contracts.frames import StepReport
from crm_tasks.ml.recommendations import RecommendationParams, recommend
from crm_tasks.steps.patterns import READS

if TYPE_CHECKING:
    from crm_tasks.steps.run import Run

PRODUCTS = ("product_id", "name", "category_l1", "category_l2")


def recommend_products(run: Run) -> StepReport:
    """Write ml.recommendations, and hand over how each list was judged."""
    order_items, lines = READS["order_items"]
    frames = {
        "order_items": run.read(order_items, lines),
        "products": run.read("core.dim_products", PRODUCTS),
    }
    with run.scratch(**frames) as scratch:
        tables = recommend(scratch, run.as_of, RecommendationParams())
    written = run.write("ml.recommendations", tables["recommendations"])
    judged = run.write_part("ml.model_comparisons", tables["model_comparisons"])
    return StepReport(
        rows_in=sum(rows.num_rows for rows in frames.values()),
        rows_written=written + judged,
        message=f"{written:,} products recommended",
    )

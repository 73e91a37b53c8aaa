"""The steps that look ahead in time: what customers are worth and what will be sold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.contracts.frames import StepReport
from crm_tasks.ml.cards import ModelCard, metric_rows, model_rows, picture_name, reliability_rows
from crm_tasks.ml.forecasting.backtest import ForecastParams
from crm_tasks.ml.forecasting.outlook import forecast_outlook
from crm_tasks.ml.forecasting.series import sales_series
from crm_tasks.ml.judgement import Judgement, JudgementParams, comparison_table
from crm_tasks.ml.pictures import draw_fan
from crm_tasks.ml.timing.next_purchase import TimingParams, next_purchases
from crm_tasks.ml.value.histories import purchase_days
from crm_tasks.ml.value.model import ValueParams
from crm_tasks.ml.value.outlook import value_outlook
from crm_tasks.steps.artifacts import keep_artifacts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.steps.run import Run

ITEMS = ("customer_id", "product_id", "ordered_at", "quantity", "net_amount", "is_countable")
ORDERS = ("customer_id", "ordered_at", "net_amount")


def build_value(run: Run) -> StepReport:
    """Write ml.clv and contribute what value models were judged to be."""
    orders = run.read("core.fct_orders", ORDERS)
    with run.scratch(orders=orders) as scratch:
        days = purchase_days(scratch, run.profile.time_zone)
    found = value_outlook(
        days, run.as_of, run.profile.currency_code, ValueParams(), JudgementParams()
    )
    keep_artifacts(run, found.artifacts)
    written = run.write("ml.clv", found.clv)
    handed = contribute(run, (found.judged.purchases, found.judged.ranking), found.cards)
    return StepReport(
        rows_in=orders.num_rows,
        rows_written=written + handed,
        message=f"{written:,} customers valued by {found.method}",
    )


def build_forecasts(run: Run) -> StepReport:
    """Write ml.forecasts and contribute what forecasting methods were judged to be."""
    items = run.read("core.fct_order_items", ITEMS)
    products = run.read("core.dim_products", ("product_id", "category_l1", "category_l2"))
    params = ForecastParams()
    with run.scratch(order_items=items, products=products) as scratch:
        series = sales_series(
            scratch, run.as_of, run.profile.time_zone,
            categories=params.categories, sparse_share=params.sparse_share,
        )  # fmt: skip
    found = forecast_outlook(
        series, run.as_of, run.profile.currency_code, params, JudgementParams()
    )
    written = run.write("ml.forecasts", found.forecasts)
    for card in found.cards:
        metric = card.target.split(":")[1]
        past = next(one for one in series if one.level == "all" and one.metric == metric)
        rows = [row for row in found.forecasts.to_pylist()
                if (row["level"], row["metric"]) == ("all", metric)]  # fmt: skip
        run.write_picture(picture_name(card.version), draw_fan(past.dated, rows))
    handed = contribute(run, found.judgements, found.cards)
    told = found.coverage["net_amount"].items()
    held = ", ".join(f"{name} {one.value:.2f}" for name, one in told)
    return StepReport(
        rows_in=items.num_rows + products.num_rows,
        rows_written=written + handed,
        message=f"{len(series)} series, 30 steps; {held or 'too short for a backtest'}",
    )


def build_next_purchases(run: Run) -> StepReport:
    """Contribute each customer's next purchase and what its models were judged to be."""
    orders = run.read("core.fct_orders", ORDERS)
    with run.scratch(orders=orders) as scratch:
        days = purchase_days(scratch, run.profile.time_zone)
    found = next_purchases(days, run.as_of, TimingParams())
    keep_artifacts(run, found.artifacts)
    handed = contribute(run, found.judgements, found.cards)
    written = run.write_part("ml.predictions", found.predictions)
    dates, shares = (one.champion for one in found.judgements)
    return StepReport(
        rows_in=orders.num_rows,
        rows_written=written + handed,
        message=f"{written:,} next purchases: dates by {dates}, within 30 days by {shares}",
    )


def contribute(run: Run, judgements: Sequence[Judgement], cards: Sequence[ModelCard]) -> int:
    """Hand over this step's part of the comparisons and of the registry; return its rows."""
    parts = {
        "ml.model_comparisons": comparison_table(judgements, run.as_of, run.as_of),
        "ml.models": model_rows(cards, run.as_of),
        "ml.model_metrics": metric_rows(cards, run.as_of),
        "ml.reliability_bins": reliability_rows(cards, run.as_of),
    }
    return sum(run.write_part(table, rows) for table, rows in parts.items())

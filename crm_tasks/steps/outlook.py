"""The steps that look ahead in time: what customers are worth and what will be sold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.contracts.frames import StepReport
from crm_tasks.ml.cards import ModelCard, metric_rows, model_rows, reliability_rows
from crm_tasks.ml.judgement import Judgement, JudgementParams, comparison_table
from crm_tasks.ml.value.histories import purchase_days
from crm_tasks.ml.value.model import ValueParams
from crm_tasks.ml.value.outlook import value_outlook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.steps.run import Run

ORDERS = ("customer_id", "ordered_at", "net_amount")


def build_value(run: Run) -> StepReport:
    """Write ml.clv and contribute what value models were judged to be."""
    orders = run.read("core.fct_orders", ORDERS)
    with run.scratch(orders=orders) as scratch:
        days = purchase_days(scratch, run.profile.time_zone)
    found = value_outlook(
        days, run.as_of, run.profile.currency_code, ValueParams(), JudgementParams()
    )
    written = run.write("ml.clv", found.clv)
    contribute(run, (found.judged.purchases, found.judged.ranking), found.cards)
    return StepReport(
        rows_in=orders.num_rows,
        rows_written=written,
        message=f"{written:,} customers valued by {found.method}",
    )


def contribute(run: Run, judgements: Sequence[Judgement], cards: Sequence[ModelCard]) -> None:
    """Hand over this step's part of the comparisons and of the registry."""
    run.write_part("ml.model_comparisons", comparison_table(judgements, run.as_of, run.as_of))
    run.write_part("ml.models", model_rows(cards, run.as_of))
    run.write_part("ml.model_metrics", metric_rows(cards, run.as_of))
    run.write_part("ml.reliability_bins", reliability_rows(cards, run.as_of))

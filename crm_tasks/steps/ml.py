"""The steps that segment customers and compare methods with their baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.contracts.frames import StepReport
from crm_tasks.ml.comparisons import compare
from crm_tasks.ml.segments import PROFILED, assign_segments, define_segments, profile_segments

if TYPE_CHECKING:
    from crm_tasks.steps.run import Run

#: Tables of which every step of learning hands over its rows.
REGISTRY = ("ml.models", "ml.model_metrics", "ml.reliability_bins", "ml.predictions")


def build_segments(run: Run) -> StepReport:
    """Write ml.segment_definitions, ml.segments and ml.segment_profiles."""
    rfm = run.read("features.feat_customer_rfm", ("customer_id", "rfm_segment", *PROFILED))
    defined = run.write("ml.segment_definitions", define_segments(run.as_of))
    assigned = run.write("ml.segments", assign_segments(rfm, run.as_of))
    profiled = run.write("ml.segment_profiles", profile_segments(rfm, run.as_of))
    return StepReport(
        rows_in=rfm.num_rows,
        rows_written=defined + assigned + profiled,
        message=f"{assigned:,} customers in {profiled // len(PROFILED)} segments",
    )


def compare_models(run: Run) -> StepReport:
    """Write ml.model_comparisons and the registry from what each step of learning handed over."""
    judgements = run.read("graph.link_prediction_judgements")
    influence = run.read("graph.influence_comparisons")
    written = run.gather("ml.model_comparisons", compare(judgements, influence))
    registry = [run.gather(table) for table in REGISTRY]
    verdicts = run.read("ml.model_comparisons", ("verdict",)).column("verdict").to_pylist()
    return StepReport(
        rows_in=judgements.num_rows + influence.num_rows,
        rows_written=written + sum(registry),
        message=f"{verdicts.count('better')} of {len(verdicts)} methods better than their baseline",
    )

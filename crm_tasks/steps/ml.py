"""The steps that segment customers and compare methods with their baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.contracts.frames import StepReport
from crm_tasks.contracts.ml import SEGMENT_DEFINITIONS, SEGMENT_PROFILES
from crm_tasks.ml.comparisons import compare
from crm_tasks.ml.interests import InterestParams, find_interests
from crm_tasks.ml.segment_history import carry_over, stability_rows
from crm_tasks.ml.segmentations import (
    definition_rows,
    interest_members,
    name_groups,
    rule_members,
    taste_rows,
)
from crm_tasks.ml.segments import PROFILED, assign_segments, define_segments, profile_members

if TYPE_CHECKING:
    from crm_tasks.steps.run import Run

RFM_READS = ("customer_id", "rfm_segment", "f_score", *PROFILED)
BOUGHT = {
    "order_items": (
        "core.fct_order_items",
        ("customer_id", "product_id", "net_amount", "is_unknown_product"),
    ),
    "products": ("core.dim_products", ("product_id", "category_l1", "category_l2")),
}
#: Tables of which every step of learning hands over its rows.
REGISTRY = (
    "ml.models",
    "ml.model_metrics",
    "ml.reliability_bins",
    "ml.predictions",
    "ml.prediction_reasons",
)


def build_segments(run: Run) -> StepReport:
    """Write all segmentations with definitions, profiles, history and stability."""
    rfm = run.read("features.feat_customer_rfm", RFM_READS)
    frames = {name: run.read(table, columns) for name, (table, columns) in BOUGHT.items()}
    before = run.read_predecessor("ml.segments")
    with run.scratch(**frames) as scratch:
        found = find_interests(scratch, InterestParams())
        ids = name_groups(found, before) if found else []
        members = [assign_segments(rfm, run.as_of), *rule_members(rfm, run.as_of)]
        members += [interest_members(found, ids, run.as_of)] if found else []
        scratch.register("segments", pa.concat_tables(members))
        tables = carry_over(scratch, before, run.as_of)
        stability = stability_rows(scratch, found, run.predecessor_run_id, run.as_of)
    defined = pa.Table.from_pylist(
        definition_rows(found, ids, run.as_of), schema=SEGMENT_DEFINITIONS.arrow_schema
    )
    tables["segment_definitions"] = pa.concat_tables(
        [define_segments(run.as_of).cast(defined.schema), defined]
    )
    profiles = [profile_members(rfm, rows, run.as_of) for rows in members if rows.num_rows]
    n_segments = sum(len(pc.unique(rows["segment_id"])) for rows in profiles)
    profiles += [taste_rows(found, ids, profiles[-1])] if found else []
    nothing = SEGMENT_PROFILES.arrow_schema.empty_table()
    tables["segment_profiles"] = pa.concat_tables([nothing, *profiles], promote_options="default")
    written = {name: run.write(f"ml.{name}", rows) for name, rows in tables.items()}
    written["segment_stability"] = run.write("evaluation.segment_stability", stability)
    return StepReport(
        rows_in=rfm.num_rows + sum(rows.num_rows for rows in frames.values()),
        rows_written=sum(written.values()),
        message=f"{rfm.num_rows:,} customers in {n_segments} segments of {len(members)} kinds",
        figures=written | ({"interest_stability": found.stability} if found else {}),
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

"""Which method of the graph beats the simple one it must beat: its part of ml.model_comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from crm_tasks.contracts.ml import MODEL_COMPARISONS
from crm_tasks.ml.judgement import verdict

if TYPE_CHECKING:
    from collections.abc import Iterator


def compare(judgements: pa.Table, influence: pa.Table) -> pa.Table:
    """Return the graph's rows of ml.model_comparisons.

    Parameters
    ----------
    judgements : pyarrow.Table
        graph.link_prediction_judgements: the model against a count of common neighbours.
    influence : pyarrow.Table
        graph.influence_comparisons: seeds by reverse-reachable sets against those by out-degree.
    """
    rows = [*_links(judgements), *_seeds(influence)]
    return pa.Table.from_pylist(rows, schema=MODEL_COMPARISONS.arrow_schema)


def _links(judgements: pa.Table) -> Iterator[dict[str, Any]]:
    for row in judgements.to_pylist():
        if row["score"] == "model":
            yield {
                "target": f"link:{row['layer']}",
                "candidate": "path_and_embedding_logistic",
                "baseline": "common_neighbours",
                "metric": f"auc_{row['hardness']}",
                "candidate_value": row["auc"],
                "diff": row["lead"],
                "ci_low": row["lead_ci_low"],
                "ci_high": row["lead_ci_high"],
                "n": row["n_pairs"],
                "verdict": row["verdict"],
                "reason": row["reason"],
                "judged_as_of": row["as_of_date"],
                "as_of_date": row["as_of_date"],
            }


def _seeds(influence: pa.Table) -> Iterator[dict[str, Any]]:
    for row in influence.to_pylist():
        if row["method"] == "reach_sets":
            yield {
                "target": f"spread:{row['campaign_id']}:{row['diffusion_model']}",
                "candidate": "reach_sets",
                "baseline": "out_degree",
                "metric": "customers_active",
                "candidate_value": row["spread"],
                "diff": row["lead_over_out_degree"],
                "ci_low": row["lead_ci_low"],
                "ci_high": row["lead_ci_high"],
                "verdict": verdict(row["lead_ci_low"], row["lead_ci_high"]),
                "judged_as_of": row["as_of_date"],
                "as_of_date": row["as_of_date"],
            }

"""ml.model_comparisons: one row per model and the simple method it must beat."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa

from crm_tasks.contracts import check_rows, find_table
from crm_tasks.ml.comparisons import compare

AS_OF = dt.date(2024, 7, 1)


def judgements(*rows: tuple[str, str, float | None]) -> pa.Table:
    made = [
        {
            "layer": "trust", "hardness": "two_hops", "score": score, "verdict": verdict,
            "lead": lead, "lead_ci_low": lead, "lead_ci_high": lead, "as_of_date": AS_OF,
        }
        for score, verdict, lead in rows
    ]  # fmt: skip
    return pa.Table.from_pylist(
        made, schema=find_table("graph.link_prediction_judgements").arrow_schema
    )


def seeds(*rows: tuple[str, float, float]) -> pa.Table:
    made = [
        {
            "campaign_id": "standing", "diffusion_model": "independent_cascade", "method": method,
            "lead_over_out_degree": (low + high) / 2, "lead_ci_low": low, "lead_ci_high": high,
            "as_of_date": AS_OF,
        }
        for method, low, high in rows
    ]  # fmt: skip
    return pa.Table.from_pylist(made, schema=find_table("graph.influence_comparisons").arrow_schema)


def test_models_stand_beside_their_baselines_with_a_verdict():
    found = compare(
        judgements(("model", "better", 0.1), ("embedding", "worse", -0.1)),
        seeds(("reach_sets", -1.0, 3.0), ("random", -9.0, -8.0)),
    )
    check_rows(find_table("ml.model_comparisons"), found)
    shown = [(r["target"], r["baseline"], r["diff"], r["verdict"]) for r in found.to_pylist()]
    assert shown == [
        ("link:trust", "common_neighbours", 0.1, "better"),
        ("spread:standing:independent_cascade", "out_degree", 1.0, "not_better_than_baseline"),
    ]


def test_what_was_not_judged_has_no_difference():
    (row,) = compare(judgements(("model", "not_judged", None)), seeds()).to_pylist()
    assert (row["diff"], row["verdict"]) == (None, "not_judged")

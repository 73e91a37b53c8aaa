"""The step that draws what was learned: a picture per answering model, into the run's reports."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from crm_tasks.contracts.frames import StepReport
from crm_tasks.ml.cards import picture_name
from crm_tasks.ml.pictures import draw_probabilities, draw_profile

if TYPE_CHECKING:
    from crm_tasks.steps.run import Run


def draw_models(run: Run) -> StepReport:
    """Draw reliability and gains of every champion with probabilities, and profiles of segments."""
    models = run.read("ml.models", ("model_version", "picture"))
    drawn = set(models.filter(pc.is_valid(models.column("picture")))["model_version"].to_pylist())
    order = [("model_version", "ascending"), ("bin", "ascending")]
    bins = run.read("ml.reliability_bins").sort_by(order)
    profiles = run.read("ml.segment_profiles").to_pylist()
    named = run.read("ml.segment_definitions", ("segment_id", "segment_name")).to_pylist()
    name_of = {row["segment_id"]: row["segment_name"] for row in named}
    number = 0
    for version, rows in groupby(bins.to_pylist(), itemgetter("model_version")):
        if version in drawn:
            run.write_picture(picture_name(version), draw_probabilities(version, list(rows)))
            number += 1
    by_kind = {row["segment_id"].split(":", 1)[0] for row in profiles}
    for kind in sorted(by_kind):
        own = [row for row in profiles if row["segment_id"].startswith(f"{kind}:")]
        run.write_picture(picture_name(f"segments:{kind}"), draw_profile(kind, own, name_of))
        number += 1
    return StepReport(rows_in=models.num_rows, message=f"{number} pictures drawn")

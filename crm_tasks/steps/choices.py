"""The step that says what each customer chooses next, and what the next message is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.contracts.frames import StepReport
from crm_tasks.ml.cards import metric_rows, model_rows, reliability_rows
from crm_tasks.ml.choices import baskets, needs
from crm_tasks.ml.choices.choose import choose
from crm_tasks.ml.choices.params import ChoiceParams
from crm_tasks.ml.code import code_version
from crm_tasks.ml.judgement import comparison_table
from crm_tasks.steps.artifacts import keep_artifacts

if TYPE_CHECKING:
    from crm_tasks.steps.run import Run


def predict_choices(run: Run) -> StepReport:
    """Contribute next categories, prices and needs to ml.predictions, and their judgements."""
    params, code, as_of = ChoiceParams(), code_version("choices"), run.as_of
    reads = baskets.READS | needs.READS
    frames = {name: run.read(table, columns) for name, (table, columns) in reads.items()}
    zone = run.profile.time_zone
    with run.scratch(**frames) as scratch:
        found = choose(baskets.Baskets(scratch, zone), as_of, code, params)
        asked, cards, judged, kept = needs.foresee_needs(scratch, zone, as_of, code, params)
    keep_artifacts(run, found.artifacts | kept)
    every_card = [*found.cards, *cards]
    rows = {
        "ml.predictions": pa.concat_tables([found.rows, asked]),
        "ml.models": model_rows(every_card, as_of),
        "ml.model_metrics": metric_rows(every_card, as_of),
        "ml.reliability_bins": reliability_rows(every_card, as_of),
        "ml.model_comparisons": comparison_table([*found.judgements, judged], as_of, as_of),
    }
    written = sum(run.write_part(name, table) for name, table in rows.items())
    return StepReport(
        rows_in=sum(frame.num_rows for frame in frames.values()),
        rows_written=written,
        message=f"{rows['ml.predictions'].num_rows:,} predictions of what comes next",
    )

"""The step that learns what customers are likely to do, and says so of each of them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from crm_tasks.contracts.frames import StepReport
from crm_tasks.contracts.ops import MODEL_MONITORING
from crm_tasks.errors import RunStateError
from crm_tasks.ml.code import code_version
from crm_tasks.ml.propensity.facts import READS, Facts
from crm_tasks.ml.propensity.params import PropensityParams
from crm_tasks.ml.propensity.predict import Day, Predicted, predict
from crm_tasks.ml.propensity.season import seasonal_of
from crm_tasks.ml.propensity.standing import CARRIED, Standing, champion_of, rows_of
from crm_tasks.steps.artifacts import keep_artifacts, model_store, read_artifact
from crm_tasks.steps.registry import find_step

if TYPE_CHECKING:
    from crm_tasks.steps.run import Run

log = logging.getLogger(__name__)


def predict_customers(run: Run) -> StepReport:
    """Write predictions with their reasons, drivers, and what the registry says of their models."""
    params = PropensityParams()
    frames = {name: run.read(table, columns) for name, (table, columns) in READS.items()}
    with run.scratch(**frames) as scratch:
        facts = Facts(scratch, run.profile.time_zone)
        day = Day(facts, run.as_of, code_version("propensity"), params)
        found = predict(day, standing_models(run, params))
    keep_artifacts(run, found.artifacts)
    record_monitoring(run, found.monitoring)
    written = _hand_over(run, found)
    answers = found.rows("ml.predictions").num_rows
    message = f"{answers:,} predictions, {len(found.artifacts)} models learned anew"
    rows_in = sum(rows.num_rows for rows in frames.values())
    return StepReport(rows_in=rows_in, rows_written=written, message=message)


def standing_models(run: Run, params: PropensityParams) -> dict[str, Standing]:
    """Return the models the predecessor used, by target.

    Raises
    ------
    RunStateError
        An artifact is missing, was changed, or is not what its card says.
    """
    former, found = _former_tables(run), {}
    store = model_store(run.home, run.ledger, run.profile.profile)
    for target in params.targets if former else ():
        row = champion_of(target, former["ml.models"])
        if row is not None:
            artifact = read_artifact(store, row)
            reference = artifact.told["reference"]
            found[target.name] = Standing(
                row["model_version"], seasonal_of(artifact), reference, row["trained_as_of"],
                rows_of(target, former, run.as_of),
            )  # fmt: skip
    return found


def _former_tables(run: Run) -> dict[str, pa.Table]:
    try:
        tables = {name: run.read_predecessor(name) for name in CARRIED}
    except (RunStateError, pa.ArrowInvalid):
        log.info("the predecessor was run by code without models: all are learned anew")
        return {}
    return {name: rows for name, rows in tables.items() if rows is not None}


def record_monitoring(run: Run, rows: list[dict[str, Any]]) -> None:
    """Write ops.model_monitoring."""
    names = MODEL_MONITORING.column_names
    told = [{name: {**row, "run_id": run.run_id}.get(name) for name in names} for row in rows]
    run.ledger.record(run.claim, MODEL_MONITORING, told)


def _hand_over(run: Run, found: Predicted) -> int:
    step = find_step(run.claim.step)
    parts = sum(run.write_part(name, found.rows(name)) for name in step.contributes)
    return parts + sum(run.write(name, found.rows(name)) for name in step.writes)

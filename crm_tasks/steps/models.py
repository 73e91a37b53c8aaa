"""The dbt steps: one build per layer of the working file, and its test results into ops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

from crm_tasks.contracts import ops
from crm_tasks.contracts.dbt_models import layer_tables
from crm_tasks.contracts.frames import StepReport
from crm_tasks.landing.views import landing_views_sql
from crm_tasks.quality.dbt_results import dbt_outcomes
from crm_tasks.steps.rejections import quarantine_rejected
from crm_tasks.warehouse.dbt import DbtCall, build
from crm_tasks.warehouse.files import write_text_atomically
from crm_tasks.warehouse.landed import landed_batches
from crm_tasks.warehouse.tables import count_rows, write_table

if TYPE_CHECKING:
    from pathlib import Path

    from crm_tasks.steps.run import Run

WIDE = "path:models/features/wide"


def build_staging(run: Run) -> StepReport:
    """Type the landed text once; rows that do not fit go to quarantine with their reason."""
    views = run.home.dbt / f"landing_views_{run.run_id}.sql"
    batches = landed_batches(run.home, run.ledger.batches_of_run(run.run_id))
    write_text_atomically(views, landing_views_sql(run.profile, batches))
    report = _build_layer(run, "staging", "path:models/staging", landing_sql=views)
    return quarantine_rejected(run, report)


def build_core(run: Run) -> StepReport:
    """Build dimensions and facts, cut at the as-of date."""
    return _build_layer(run, "core", "path:models/core", "path:seeds")


def build_features(run: Run) -> StepReport:
    """Build what is known about each customer from facts alone."""
    return _build_layer(run, "features", "path:models/features", exclude=(WIDE,))


def build_features_wide(run: Run) -> StepReport:
    """Add the position in the graph and put all features side by side."""
    return _build_layer(run, "features_wide", WIDE)


def build_bi(run: Run) -> StepReport:
    """Build the stable tables for dashboards, this run's quality results among them."""
    results = run.ledger.store.arrow(ops.DQ_RESULTS)
    own = pc.and_(
        pc.equal(results.column("run_id"), run.run_id),
        pc.invert(pc.starts_with(results.column("table_name"), "bi.")),
    )
    # Results on bi itself come after this build; keeping them out makes a rebuild equal.
    write_table(run.home, run.ledger, run.claim, ops.DQ_RESULTS, results.filter(own))
    return _build_layer(run, "bi", "path:models/bi")


def _build_layer(
    run: Run,
    layer: str,
    *select: str,
    exclude: tuple[str, ...] = (),
    landing_sql: Path | None = None,
) -> StepReport:
    call = DbtCall(run.home, run.settings, run.run_id, run_variables(run), landing_sql)
    run.ledger.begin_layer(run.claim, layer)
    try:
        build(call, select, exclude)
    finally:
        if (call.target / "run_results.json").exists():
            run.ledger.record_dq_results(run.claim, dbt_outcomes(call.target, run.run_id))
    run.ledger.complete_layer(run.claim, layer)
    rows = count_rows(run.home, layer_tables(layer))
    return StepReport(rows_written=sum(rows.values()), message=f"{len(rows)} tables")


def run_variables(run: Run) -> dict[str, str | bool]:
    """Return what models may know of the run, typed; the macros check each again."""
    return {
        "as_of": run.as_of.isoformat(),
        "currency_code": run.profile.currency_code,
        "time_zone": run.profile.time_zone,
        "is_synthetic": run.profile.is_synthetic,
        "consent_when_unknown": run.profile.contact.consent_when_unknown,
    }

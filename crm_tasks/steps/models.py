"""The dbt steps: one build per layer of the working file, and its test results into ops."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from crm_tasks.contracts import find_table, ops
from crm_tasks.contracts.dbt_models import layer_tables
from crm_tasks.contracts.frames import StepReport
from crm_tasks.identity.ids import start_of
from crm_tasks.landing.changes import batches_sql, core_sql
from crm_tasks.landing.views import landing_views_sql
from crm_tasks.quality.dbt_results import dbt_outcomes
from crm_tasks.steps.rejections import quarantine_rejected
from crm_tasks.warehouse.dbt import DbtCall, build
from crm_tasks.warehouse.delta import layer_delta
from crm_tasks.warehouse.files import write_text_atomically
from crm_tasks.warehouse.history import note_reach
from crm_tasks.warehouse.landed import landed_batches
from crm_tasks.warehouse.staged import known_from
from crm_tasks.warehouse.table_builds import table_builds
from crm_tasks.warehouse.tables import count_rows, handed_over, is_handed_over, write_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from crm_tasks.steps.run import Run
    from crm_tasks.warehouse.delta import Delta

WIDE = "path:models/features/wide"
#: Between dates further apart most keys come into or go out of sight: building all is cheaper.
DAYS_AT_MOST = dt.timedelta(days=31)


def build_staging(run: Run) -> StepReport:
    """Type landed text once; rows that do not fit go to quarantine with their reason."""
    delta = _delta(run, "staging")
    batches = landed_batches(run.home, run.ledger.batches_of_run(run.run_id))
    views = landing_views_sql(run.profile, batches, None if delta is None else delta.new)
    before = [batches_sql(() if delta is None else delta.changed), views]
    typed = [batch.batch_id for batch in batches if delta is None or batch.batch_id in delta.new]
    report = _build_layer(
        run,
        "staging",
        "path:models/staging",
        before=before,
        delta=delta,
        then=lambda: note_reach(run.ledger, known_from(run.home, typed)),
    )
    return quarantine_rejected(run, report)


def build_core(run: Run) -> StepReport:
    """Build dimensions and facts, cut at the as-of date."""
    delta = _core_delta(run)
    before = []
    if delta is not None:
        records = find_table("identity.records")
        runs = (delta.built["run_id"], run.run_id)
        files = [handed_over(run.home, records, run_id) for run_id in runs]
        built_for = start_of(date_of(delta.built), run.profile.time_zone)
        before = [core_sql(delta.changed, built_for, (files[0], files[1]))]
    return _build_layer(run, "core", "path:models/core", "path:seeds", before=before, delta=delta)


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
    before: Sequence[str] = (),
    delta: Delta | None = None,
    then: Callable[[], None] = lambda: None,
) -> StepReport:
    """Build a layer: what ``delta`` says has changed, or all of it without one.

    ``then`` is done before the layer counts as complete: what it notes is never missing.
    """
    sql = _written(run, layer, before) if before else None
    call = DbtCall(run.home, run.settings, run.run_id, run_variables(run), sql)
    run.ledger.begin_layer(run.claim, layer)
    try:
        build(call, select, exclude, is_full=delta is None)
    finally:
        if (call.target / "run_results.json").exists():
            run.ledger.record_dq_results(run.claim, dbt_outcomes(call.target, run.run_id))
    then()
    run.ledger.complete_layer(run.claim, layer)
    rows = count_rows(run.home, layer_tables(layer))
    builds = table_builds(run.home, call.target, run.run_id)
    run.ledger.record(run.claim, ops.TABLE_BUILDS, builds)
    how = "all" if delta is None else "what changed"
    return StepReport(
        rows_written=sum(rows.values()),
        rows_touched=sum(row["rows_touched"] for row in builds),
        message=f"{len(rows)} tables, {how} built",
        figures={row["table_name"]: row["rows_touched"] for row in builds},
    )


def _written(run: Run, layer: str, statements: Sequence[str]) -> Path:
    file = run.home.dbt / f"before_{layer}_{run.run_id}.sql"
    write_text_atomically(file, "\n;\n".join(statements))
    return file


def _delta(run: Run, layer: str) -> Delta | None:
    """Return what changed since a layer was built, or None where it must be built again."""
    built = run.ledger.run_of_layer(layer)
    dates = {date_of(row) for row in (built, run.row) if row is not None}
    moments = {date.isoformat(): start_of(date, run.profile.time_zone) for date in dates}
    return layer_delta(run.home, run.ledger, layer, run.row, run.profile, moments)


def _core_delta(run: Run) -> Delta | None:
    """Return what changed for core; far dates apart, or without rows that were there, build all."""
    delta = _delta(run, "core")
    if delta is None or delta.gone:
        return None
    is_near = abs(run.as_of - date_of(delta.built)) <= DAYS_AT_MOST
    records = find_table("identity.records")
    is_known = is_handed_over(run.home, records, delta.built["run_id"])
    return delta if is_near and is_known else None


def date_of(row: Mapping[str, Any]) -> dt.date:
    """Return the as-of date of a row of ``ops.runs``."""
    return dt.date.fromisoformat(row["as_of_date"])


def run_variables(run: Run) -> dict[str, str | bool]:
    """Return what models may know of the run, typed; the macros check each again."""
    return {
        "as_of": run.as_of.isoformat(),
        "currency_code": run.profile.currency_code,
        "time_zone": run.profile.time_zone,
        "is_synthetic": run.profile.is_synthetic,
        "consent_when_unknown": run.profile.contact.consent_when_unknown,
    }

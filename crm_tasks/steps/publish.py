"""The last step: one new version for readers, and the signed head of the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.contracts.frames import StepReport
from crm_tasks.privacy.keys import derived_key, own_secret
from crm_tasks.steps.registry import STEPS
from crm_tasks.warehouse.audit import sign_head
from crm_tasks.warehouse.dbt import DbtCall
from crm_tasks.warehouse.lineage import record_manifest
from crm_tasks.warehouse.publish import Publisher

if TYPE_CHECKING:
    from crm_tasks.steps.run import Run


def publish(run: Run) -> StepReport:
    """Make this run's tables the version readers see."""
    _record_lineage(run)
    publication = publisher_of(run).publish()
    secret = own_secret(run.settings, run.home.key_file)
    sign_head(run.ledger, run.home.audit_head_file, derived_key(secret, "audit"))
    return StepReport(
        rows_in=publication.rows,
        rows_written=publication.rows,
        rows_touched=publication.rows,
        message=f"version {publication.version}: {publication.file.name}",
        figures={"tables": len(publication.tables)},
    )


def record(run: Run) -> StepReport:
    """Keep this run's partitions for later versions; readers keep the version they have."""
    _record_lineage(run)
    tables = publisher_of(run).record()
    rows = sum(table.partition_rows for table in tables)
    return StepReport(
        rows_in=rows,
        rows_written=rows,
        rows_touched=rows,
        message=f"{run.as_of} recorded",
        figures={"tables": len(tables)},
    )


def publisher_of(run: Run) -> Publisher:
    """Return the publisher of a run whose tables lie in the working file."""
    return Publisher(
        home=run.home,
        ledger=run.ledger,
        claim=run.claim,
        run_id=run.run_id,
        as_of_date=run.as_of.isoformat(),
        layers=tuple(step.name for step in STEPS if step.is_dbt),
        memory_limit=run.settings.memory_limit,
        threads=run.settings.threads,
        time_zone=run.profile.time_zone,
    )


def _record_lineage(run: Run) -> None:
    call = DbtCall(run.home, run.settings, run.run_id, {})
    record_manifest(run.ledger, run.claim, call.target)

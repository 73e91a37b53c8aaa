"""The step that says which source record is which customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.contracts.frames import StepReport
from crm_tasks.contracts.identity import TABLES
from crm_tasks.identity.ids import start_of
from crm_tasks.identity.inputs import Inputs
from crm_tasks.identity.resolve import Resolution, resolve
from crm_tasks.identity.tables import resolved_rows, singleton_rows
from crm_tasks.steps.identity_inputs import (
    comparable_name,
    identifies_customers,
    model_store,
    new_decisions,
    params_of,
    read_inputs,
    read_previous,
    read_records,
    read_revenue,
    read_versions,
    vault_of,
)
from crm_tasks.steps.sent import sent_messages

if TYPE_CHECKING:
    from crm_tasks.identity.inputs import Decision
    from crm_tasks.steps.run import Run

STARTER_RULE = "rule: the first model of a profile"


def resolve_identities(run: Run) -> StepReport:
    """Write the identity tables; where nothing identifies, each record is a customer."""
    records = read_records(run)
    if not identifies_customers(run.profile):
        return _report(run, records, _singletons(run, records))
    versions = read_versions(run)
    inputs = read_inputs(run, records, versions)
    revenue = read_revenue(run, records)
    with run.scratch(threads=run.settings.threads) as scratch:
        found = resolve(scratch, inputs, params_of(run.profile))
        rows = resolved_rows(scratch, inputs, found, versions, revenue)
    rows["decisions"] = decision_rows(run, new_decisions(run, inputs.decisions))
    keep_for_successors(run, inputs, found)
    return _report(run, records, rows)


def _singletons(run: Run, records: pa.Table) -> dict[str, pa.Table]:
    return singleton_rows(
        Inputs(
            records=records,
            described=pa.table({}),
            key=run.key,
            token_key=b"",
            as_of=run.as_of,
            moment=start_of(run.as_of, run.profile.time_zone),
            trust={},
            date_formats={},
            previous=read_previous(run),
        )
    )


def decision_rows(run: Run, decisions: list[Decision]) -> pa.Table:
    """Return the rows of identity.decisions."""
    names = ("record_l", "record_r", "decision", "decided_by", "reason")
    columns = {
        name: pa.array([getattr(one, name) for one in decisions], pa.string()) for name in names
    }
    dates = pa.repeat(pa.scalar(run.as_of, pa.date32()), len(decisions))
    return pa.table({**columns, "as_of_date": dates})


def keep_for_successors(run: Run, inputs: Inputs, found: Resolution) -> None:
    """Keep what the next run builds upon: the model, and the comparable records in the vault.

    The first model of a profile is accepted by rule; it was trained without labels on what this
    run reads. Comparable records of runs before the predecessor are of no use any more.
    """
    if inputs.model is None:
        model_store(run).keep(
            run.claim,
            found.model.version,
            found.model.to_bytes(),
            decided_by=STARTER_RULE,
            trained_by_run=run.run_id,
        )
    vault = vault_of(run)
    vault.put(comparable_name(run, run.run_id), found.comparable)
    kept = {comparable_name(run, one) for one in (run.run_id, run.predecessor_run_id) if one}
    for name in vault.parts(f"identity/{run.profile.profile}"):
        if name not in kept:
            vault.remove(name)


def _report(run: Run, records: pa.Table, rows: dict[str, pa.Table]) -> StepReport:
    """Hand every identity table over, without rows where the run has none."""
    rows["sent_messages"] = sent_messages(run, rows["records"], rows["events"])
    written = {}
    for table in TABLES:
        found = rows.get(table.name, table.arrow_schema.empty_table())
        written[table.name] = run.write(table.full_name, found)
    customers = len(set(rows["records"]["customer_id"].to_pylist()))
    created = rows["events"]["event_type"].to_pylist().count("created")
    message = f"{records.num_rows:,} records, {customers:,} customers, {created:,} of them new"
    return StepReport(rows_in=records.num_rows, rows_written=sum(written.values()), message=message)

"""What a run was delivered that its predecessor had not: batches, volumes, changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_tasks.identity.ids import start_of
from crm_tasks.landing.snapshots import believed
from crm_tasks.quality.deliveries import Changed, Delivery, change_outcomes, volume_outcomes
from crm_tasks.steps.models import date_of
from crm_tasks.warehouse.landed import landed_batches
from crm_tasks.warehouse.staged import changes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crm_tasks.profiles import SourceTable
    from crm_tasks.quality.outcomes import ExpectationOutcome
    from crm_tasks.steps.run import Run

Batch = dict[str, Any]


def delivery_outcomes(run: Run) -> list[ExpectationOutcome]:
    """Return what is expected of a run's delivery, and what it changed."""
    before = run.ledger.find_run(run.predecessor_run_id) if run.predecessor_run_id else None
    batches = run.ledger.batches_of_run(run.run_id)
    had = set() if before is None else _ids(run, before["run_id"])
    new = [batch for batch in batches if batch["batch_id"] not in had]
    volumes = [] if before is None else list(_volumes(run, before, batches, new))
    start = start_of(run.as_of, run.profile.time_zone)
    seen = start if before is None else start_of(date_of(before), run.profile.time_zone)
    ids = set() if before is None else {batch["batch_id"] for batch in new}
    changed = changes(run.home, sorted(run.profile.entities_fed), ids, start, seen)
    told = [Changed(**vars(change)) for change in changed]
    return [
        *volume_outcomes(volumes),
        *change_outcomes(told, "" if before is None else before["as_of_date"]),
    ]


def _volumes(
    run: Run, before: Mapping[str, Any], batches: Sequence[Batch], new: Sequence[Batch]
) -> Iterator[Delivery]:
    """Yield what each table was delivered beside the delivery before; nothing if nothing came.

    A table that was delivered nothing while others were counts as empty only where the profile
    declares a volume: not every table has something new each time.
    """
    earlier = before["predecessor_run_id"]
    had = None if earlier is None else _ids(run, earlier)
    for source in run.profile.sources if new else ():
        for table in source.tables:
            place = (source.source_system, table.name)
            if table.load == "full":
                own = [b for b in batches if _place(b) == place]
                sizes = _snapshots(run, table, own, new)
            else:
                own = [b for b in new if _place(b) == place]
                last = [b for b in batches if _place(b) == place and b not in own]
                if had is None or not (own or table.volume):
                    continue
                sizes = (_size(own), _size([b for b in last if b["batch_id"] not in had]))
            if sizes is not None:
                yield Delivery(source.source_system, table, *sizes)


def _snapshots(
    run: Run, table: SourceTable, batches: Sequence[Batch], new: Sequence[Batch]
) -> tuple[int, int] | None:
    """Return the records of the newest snapshot, if it is new, and of the last whole one before."""
    snapshots = list(believed(landed_batches(run.home, batches), table.smallest_share))
    whole = [delivery for delivery, is_whole in snapshots[:-1] if is_whole]
    if not whole or snapshots[-1][0][0].batch_id not in {batch["batch_id"] for batch in new}:
        return None
    newest, last = snapshots[-1][0], whole[-1]
    return sum(batch.n_loaded for batch in newest), sum(batch.n_loaded for batch in last)


def _ids(run: Run, run_id: str) -> set[str]:
    return {batch["batch_id"] for batch in run.ledger.batches_of_run(run_id)}


def _place(batch: Batch) -> tuple[str, str]:
    return batch["source_system"], batch["table_name"]


def _size(batches: Sequence[Batch]) -> int:
    return sum(int(batch["n_loaded"]) for batch in batches)

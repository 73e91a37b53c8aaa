"""What a delivery is expected to be: not much smaller than the one before; and what it changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_tasks.quality.outcomes import ExpectationOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crm_tasks.profiles import SourceTable
    from crm_tasks.profiles.volume import Volume

SUITE = "landing"


@dataclass(frozen=True)
class Delivery:
    """What one source table was delivered, in records; ``n_before``: by the delivery before."""

    source_system: str
    table: SourceTable
    n_records: int
    n_before: int

    @property
    def volume(self) -> Volume:
        return self.table.expected_volume

    @property
    def share(self) -> float:
        return round(self.n_records / self.n_before, 6)


@dataclass(frozen=True)
class Changed:
    """What a delivery changed of one entity (see ``warehouse.staged``)."""

    entity: str
    n_delivered: int
    n_corrections: int
    n_late: int
    n_deleted: int


def volume_outcomes(deliveries: Iterable[Delivery]) -> list[ExpectationOutcome]:
    """Return one outcome per delivery that can be compared with the one before it."""
    return [
        ExpectationOutcome(
            suite=SUITE,
            expectation="delivery_is_large_enough",
            table_name=f"landing.{delivery.source_system}.{delivery.table.name}",
            column_name="",
            is_success=delivery.share >= delivery.volume.at_least_share,
            severity="critical" if delivery.volume.otherwise == "stop" else "warning",
            n_rows=delivery.n_records,
            n_unexpected=None,
            observed_value=delivery.share,
            threshold=f"at least {delivery.volume.at_least_share:g} of the "
            f"{delivery.n_before:,} records delivered before",
            treatment="The run stops; readers keep the version they have."
            if delivery.volume.otherwise == "stop"
            else "The records count; the delivery may be incomplete.",
            why="An export that broke off looks like a day on which little happened, and where it "
            "is the whole table, like a deletion of all it lacks.",
            file="volume in the profile",
        )
        for delivery in deliveries
        if delivery.n_before > 0
    ]


def change_outcomes(changes: Iterable[Changed], before: str) -> list[ExpectationOutcome]:
    """Return what deliveries changed of each entity: deletions, corrections, late records.

    Parameters
    ----------
    before : str
        As-of date of the run before, or '' without one.
    """
    return [outcome for change in changes for outcome in _outcomes(change, before)]


def _outcomes(change: Changed, before: str) -> Iterator[ExpectationOutcome]:
    yield _told(
        change,
        "deleted_records_are_left_out",
        change.n_deleted,
        "any number of keys",
        "Facts leave core; customers and products stay, inactive, with their history. The records "
        "stay in the lake and in staging.",
        "The source deleted them: a full table lacks them, or a record says so.",
    )
    if not before:
        return
    yield _told(
        change,
        "corrected_records_count_as_landed_last",
        change.n_corrections,
        "any number of records",
        "The version landed last counts; the one before stays in the lake and in staging, of "
        "customers in core.dim_customers_history too.",
        "The source said something about them before.",
    )
    yield _told(
        change,
        "records_come_before_their_date_is_published",
        change.n_late,
        f"none known before {before}",
        "They count from their moment on, so published dates after it are out of date: "
        "ops.runs.stale_because names them, crm backfill makes them again.",
        "A feed whose records come later than lag_days says changes what was known in the past.",
        is_success=change.n_late == 0,
    )


def _told(  # noqa: PLR0913
    change: Changed,
    name: str,
    n: int,
    threshold: str,
    treatment: str,
    why: str,
    *,
    is_success: bool = True,
) -> ExpectationOutcome:
    return ExpectationOutcome(
        suite=SUITE,
        expectation=name,
        table_name=f"staging.stg_{change.entity}",
        column_name="known_at",
        is_success=is_success,
        severity="warning",
        n_rows=change.n_delivered,
        n_unexpected=n,
        observed_value=None,
        threshold=threshold,
        treatment=treatment,
        why=why,
        file="crm_tasks/quality/deliveries.py",
    )

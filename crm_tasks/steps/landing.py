"""The first step: turn the sources into batches, then freeze what the run will compute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_tasks.connectors.files import read_chunks, source_files, source_root
from crm_tasks.connectors.generated import sources_base
from crm_tasks.connectors.preflight import fingerprint, refuse_changed
from crm_tasks.contracts.frames import StepReport
from crm_tasks.errors import LandingRefused, RunStateError
from crm_tasks.landing.rows import BatchOrigin
from crm_tasks.profiles import Source, SourceTable, load_profile, profile_path
from crm_tasks.steps.coverage import record_coverage
from crm_tasks.steps.identify import identify_run
from crm_tasks.steps.landing_extracts import land_extracts
from crm_tasks.steps.landing_place import Counts, Landing, landed_file
from crm_tasks.warehouse.batches import landed_manifest, write_batch
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.landing_records import record_batch, record_refused_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crm_tasks.settings import Settings
    from crm_tasks.steps.attempt import Attempt
    from crm_tasks.warehouse.home import Home
    from crm_tasks.warehouse.landing_records import LandedFile
    from crm_tasks.warehouse.ledger import Claim, Ledger


@dataclass(frozen=True)
class SourceFile:
    """One file of one source table; ``is_only``: the table has no other."""

    source: Source
    table: SourceTable
    path: Path
    is_only: bool


def land(
    attempt: Attempt, settings: Settings, home: Home, ledger: Ledger, claim: Claim
) -> StepReport:
    """Land every file that is not yet a batch, freeze the run and note what it can feed."""
    profile, counts = load_profile(attempt.profile), Counts()
    if ledger.run_of_attempt(attempt.attempt_id) is None:
        if attempt.reads_sources:
            landing = Landing.of(settings, profile, home, ledger, claim)
            folder = profile_path(attempt.profile).parent
            base = sources_base(profile, folder, home.generated)
            counts = sum((_land_source(s, landing, base) for s in profile.sources), Counts())
        identify_run(attempt, profile, home, ledger, claim)
    frozen = ledger.run_of_attempt(attempt.attempt_id)
    if frozen is None:
        raise RunStateError("the run was not frozen after landing")
    record_coverage(ledger, claim, frozen["run_id"], profile)
    batches = ledger.batches_of_run(frozen["run_id"])
    return StepReport(
        rows_in=sum(batch["n_records"] for batch in batches),
        rows_written=sum(batch["n_loaded"] for batch in batches),
        rows_quarantined=sum(batch["n_quarantined"] for batch in batches),
        rows_touched=counts.n_landed,
        message=f"{len(batches)} batches, as of {frozen['as_of_date']}",
        figures={
            "blank": sum(batch["n_blank"] for batch in batches),
            "read from databases and web": counts.n_read,
        },
    )


def _land_source(source: Source, landing: Landing, base: Path) -> Counts:
    """Land what one source holds and is no batch yet."""
    if source.database is not None or source.web is not None:
        return land_extracts(source, landing, base)
    counts = Counts()
    for file in _files(source, base):
        landed = _land_file(file, landing)
        if record_batch(landing.ledger, landing.claim, landed):
            counts += Counts(n_landed=landed.manifest["n_loaded"])
    return counts


def _files(source: Source, base: Path) -> Iterator[SourceFile]:
    root = source_root(source, base)
    for table in source.tables:
        paths = source_files(root, table)
        for path in paths:
            yield SourceFile(source, table, path, is_only=len(paths) == 1)


def _land_file(file: SourceFile, landing: Landing) -> LandedFile:
    """Write a file as a batch unless the same bytes were landed before, and describe it."""
    before = fingerprint(file.path, landing.limits)
    number = landing.delivery_no(file.source, file.table, before.sha256) if file.is_only else 1
    place = landing.place(file.source.source_system, file.table, before.sha256, number)
    if landed_manifest(place.folder) is None:
        origin = BatchOrigin(place.batch_id, before.sha256, utc_now())
        try:
            write_batch(
                place,
                read_chunks(file.path, file.table, landing.limits),
                origin,
                landing.token_key,
                landing.vault,
                landing.claim.token,
                last_check=lambda: refuse_changed(file.path, before),
            )
        except LandingRefused as error:
            where = (file.source.source_system, file.table.name, before.sha256, before.size)
            reason = str(error).partition(":")[0]
            record_refused_file(landing.ledger, landing.claim, where, reason)
            raise
    return landed_file(place, landing.profile, delivery_no=number)

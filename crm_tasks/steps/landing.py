"""The first step: turn the sources into batches, then freeze what the run will compute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_tasks.connectors.files import file_columns, read_chunks, source_files, source_root
from crm_tasks.contracts.frames import StepReport
from crm_tasks.errors import RunStateError, SettingsError
from crm_tasks.landing.rows import BatchOrigin
from crm_tasks.privacy.keys import derived_key, home_secret, keyed_digest
from crm_tasks.privacy.vault import Vault
from crm_tasks.profiles import Profile, Source, SourceTable, load_profile, profile_path
from crm_tasks.steps.coverage import record_coverage
from crm_tasks.steps.identify import identify_run
from crm_tasks.warehouse.batches import BatchPlace, landed_manifest, write_batch
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.files import sha256_of
from crm_tasks.warehouse.landing_records import LandedFile, record_batch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crm_tasks.settings import Settings
    from crm_tasks.steps.attempt import Attempt
    from crm_tasks.warehouse.home import Home
    from crm_tasks.warehouse.ledger import Claim, Ledger


@dataclass(frozen=True)
class SourceFile:
    """One file of one source table."""

    source: Source
    table: SourceTable
    path: Path


def land(
    attempt: Attempt, settings: Settings, home: Home, ledger: Ledger, claim: Claim
) -> StepReport:
    """Land every file that is not yet a batch, freeze the run and note what it can feed."""
    profile = load_profile(attempt.profile)
    if ledger.run_of_attempt(attempt.attempt_id) is None:
        for file in _files(profile, profile_path(attempt.profile).parent):
            record_batch(ledger, claim, _land_file(file, profile, settings, home, claim))
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
        message=f"{len(batches)} batches, as of {frozen['as_of_date']}",
        figures={"blank": sum(batch["n_blank"] for batch in batches)},
    )


def _files(profile: Profile, profile_folder: Path) -> Iterator[SourceFile]:
    for source in profile.sources:
        root = source_root(source, profile_folder)
        for table in source.tables:
            for path in source_files(root, table):
                yield SourceFile(source, table, path)


def _land_file(
    file: SourceFile, profile: Profile, settings: Settings, home: Home, claim: Claim
) -> LandedFile:
    """Write a file as a batch unless the same bytes were landed before, and describe it."""
    secret = home_secret(settings, profile, home.key_file)
    digest = sha256_of(file.path)
    declared = file.table.model_dump_json(include={"columns", "format", "delimiter"})
    batch_id = keyed_digest(
        derived_key(secret, "batch"), file.source.source_system, file.table.name, digest, declared
    )
    place = BatchPlace(home, file.source.source_system, file.table, batch_id)
    if landed_manifest(place.folder) is None:
        origin = BatchOrigin(batch_id, digest, utc_now())
        vault = Vault(home.vault, derived_key(secret, "vault"))
        chunks = read_chunks(file.path, file.table)
        write_batch(place, chunks, origin, derived_key(secret, "token"), vault, claim.token)
        if sha256_of(file.path) != digest:
            raise SettingsError(f"{file.path.name} changed while it was read; land it again")
    manifest = landed_manifest(place.folder)
    if manifest is None:
        raise RunStateError(f"batch {batch_id} of {file.path.name} was not written")
    return LandedFile(
        profile=profile.profile,
        source_system=file.source.source_system,
        table_name=file.table.name,
        manifest=manifest,
        columns=file_columns(file.path, file.table),
        quarantine_name=place.quarantine_name,
    )

"""The first step: turn the sources into batches, then freeze what the run will compute."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_tasks.connectors.files import read_chunks, source_files, source_root
from crm_tasks.connectors.generated import sources_base
from crm_tasks.connectors.preflight import Limits, fingerprint, refuse_changed
from crm_tasks.contracts.frames import StepReport
from crm_tasks.errors import LandingRefused, RunStateError
from crm_tasks.landing.rows import BatchOrigin
from crm_tasks.privacy.keys import derived_key, home_secret, kept_key, keyed_digest
from crm_tasks.privacy.vault import Vault
from crm_tasks.profiles import Profile, Source, SourceTable, load_profile, profile_path
from crm_tasks.steps.coverage import record_coverage
from crm_tasks.steps.identify import identify_run
from crm_tasks.warehouse.batches import BatchPlace, landed_manifest, write_batch
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.landing_records import LandedFile, record_batch, record_refused_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crm_tasks.settings import Settings
    from crm_tasks.steps.attempt import Attempt
    from crm_tasks.warehouse.home import Home
    from crm_tasks.warehouse.ledger import Claim, Ledger

log = logging.getLogger(__name__)

#: What of a table's declaration decides which rows its files become.
DIALECT = {"compression", "encoding", "quote", "escape", "has_header", "sheet", "records",
           "unknown_keys"}  # fmt: skip


@dataclass(frozen=True)
class SourceFile:
    """One file of one source table."""

    source: Source
    table: SourceTable
    path: Path


@dataclass(frozen=True)
class Landing:
    """Where one profile's files land, and with which keys."""

    profile: Profile
    limits: Limits
    home: Home
    ledger: Ledger
    claim: Claim
    batch_key: bytes
    token_key: bytes
    vault: Vault

    @classmethod
    def of(
        cls, settings: Settings, profile: Profile, home: Home, ledger: Ledger, claim: Claim
    ) -> Landing:
        """Return the landing of a profile in a home."""
        secret = home_secret(settings, profile, home.key_file)
        return cls(
            profile=profile,
            limits=Limits(file_bytes=settings.file_bytes_at_most),
            home=home,
            ledger=ledger,
            claim=claim,
            batch_key=derived_key(secret, "batch")
            if profile.uses_demo_key
            else kept_key(secret, "batch", home.keyring_file),
            token_key=derived_key(secret, "token"),
            vault=Vault(home.vault, derived_key(secret, "vault")),
        )

    def place(self, source_system: str, table: SourceTable, sha256: str) -> BatchPlace:
        """Return where a file of that digest lands: the same bytes, the same place."""
        batch_id = keyed_digest(self.batch_key, source_system, table.name, sha256, declared(table))
        return BatchPlace(self.home, source_system, table, batch_id)


def land(
    attempt: Attempt, settings: Settings, home: Home, ledger: Ledger, claim: Claim
) -> StepReport:
    """Land every file that is not yet a batch, freeze the run and note what it can feed."""
    profile = load_profile(attempt.profile)
    if ledger.run_of_attempt(attempt.attempt_id) is None:
        landing = Landing.of(settings, profile, home, ledger, claim)
        folder = profile_path(attempt.profile).parent
        for file in _files(profile, sources_base(profile, folder, home.generated)):
            record_batch(ledger, claim, _land_file(file, landing))
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


def _files(profile: Profile, base: Path) -> Iterator[SourceFile]:
    for source in profile.sources:
        root = source_root(source, base)
        for table in source.tables:
            for path in source_files(root, table):
                yield SourceFile(source, table, path)


def _land_file(file: SourceFile, landing: Landing) -> LandedFile:
    """Write a file as a batch unless the same bytes were landed before, and describe it."""
    before = fingerprint(file.path, landing.limits)
    place = landing.place(file.source.source_system, file.table, before.sha256)
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
    return landed_file(place, landing.profile)


def landed_file(place: BatchPlace, profile: Profile) -> LandedFile:
    """Return what is to be recorded of a batch that was written."""
    manifest = landed_manifest(place.folder)
    if manifest is None:
        raise RunStateError(f"batch {place.batch_id} was not written")
    for note in manifest["notes"]:
        log.warning("batch %s of %s: %s", place.batch_id, place.table.name, note)
    return LandedFile(
        profile=profile.profile,
        source_system=place.source_system,
        table_name=place.table.name,
        manifest=manifest,
        columns=dict(manifest["columns"]),
        undeclared=tuple(
            name for name, _ in manifest["columns"] if name not in place.table.columns
        ),
        quarantine_name=place.quarantine_name,
    )


def declared(table: SourceTable) -> str:
    """Return the part of a table's declaration that decides which rows its files become."""
    always = table.model_dump(mode="json", include={"columns", "format", "delimiter"})
    more = table.model_dump(mode="json", include=DIALECT, exclude_defaults=True)
    return json.dumps(always | more, sort_keys=True)

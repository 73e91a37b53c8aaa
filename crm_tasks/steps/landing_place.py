"""Where one profile's batches land, with which keys, and how they are recorded."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_tasks.connectors.preflight import Limits
from crm_tasks.errors import RunStateError
from crm_tasks.privacy.keys import derived_key, home_secret, keyed_digest
from crm_tasks.privacy.vault import Vault
from crm_tasks.warehouse.batches import BatchPlace, landed_manifest
from crm_tasks.warehouse.extract_records import EarlierExtracts
from crm_tasks.warehouse.landing_records import LandedFile, delivery_no

if TYPE_CHECKING:
    from crm_tasks.profiles import Profile, Source, SourceTable
    from crm_tasks.settings import Settings
    from crm_tasks.warehouse.home import Home
    from crm_tasks.warehouse.ledger import Claim, Ledger

log = logging.getLogger(__name__)

#: What of a table's declaration decides which rows its files become.
DIALECT = {"compression", "encoding", "quote", "escape", "has_header", "sheet", "records",
           "unknown_keys", "optional_columns", "selector", "binary"}  # fmt: skip


@dataclass(frozen=True)
class Counts:
    """Records that databases and web sources were asked for, and rows that were landed."""

    n_read: int = 0
    n_landed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.n_read + other.n_read, self.n_landed + other.n_landed)


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
    user_agent: str

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
            batch_key=derived_key(secret, "batch"),
            token_key=derived_key(secret, "token"),
            vault=Vault(home.vault, derived_key(secret, "vault")),
            user_agent=settings.user_agent,
        )

    def place(
        self, source_system: str, table: SourceTable, sha256: str, delivery_no: int = 1
    ) -> BatchPlace:
        """Return where a file of that digest lands: the same bytes, the same place."""
        again = (str(delivery_no),) if delivery_no > 1 else ()
        what = (source_system, table.name, sha256, declared(table), *again)
        return BatchPlace(self.home, source_system, table, keyed_digest(self.batch_key, *what))

    def delivery_no(self, source: Source, table: SourceTable, sha256: str) -> int:
        """Return which delivery these bytes are; only a table's sole file can come back."""
        if table.load != "full":
            return 1
        where = (source.source_system, table.name)
        return delivery_no(self.ledger, self.profile.profile, where, sha256)

    def earlier(self, source_system: str, table: SourceTable) -> EarlierExtracts:
        """Return what was landed of a database or web table before."""
        return EarlierExtracts(self.ledger, self.home, self.profile.profile, source_system, table)


def landed_file(
    place: BatchPlace,
    profile: Profile,
    delivery_no: int = 1,
    completes_batch_id: str | None = None,
) -> LandedFile:
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
        has_cursor=place.table.cursor is not None,
        delivery_no=delivery_no,
        completes_batch_id=completes_batch_id,
    )


def declared(table: SourceTable) -> str:
    """Return the part of a table's declaration that decides which rows its files become."""
    always = table.model_dump(mode="json", include={"columns", "format", "delimiter"})
    more = table.model_dump(mode="json", include=DIALECT, exclude_defaults=True)
    return json.dumps(always | more, sort_keys=True)

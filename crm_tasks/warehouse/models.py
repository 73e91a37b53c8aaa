"""Trained models as files: named by their version, registered in ops, read back only unchanged."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from crm_tasks.contracts.ops import MODEL_ARTIFACTS
from crm_tasks.errors import RunStateError
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.files import fsync_path

if TYPE_CHECKING:
    from crm_tasks.warehouse.home import Home
    from crm_tasks.warehouse.ledger import Claim, Ledger


def accepted_model(ledger: Ledger, profile: str, kind: str) -> dict[str, Any] | None:
    """Return the row of the model that is in force for a profile, or None."""
    rows = ledger.store.rows(
        "select * from model_artifacts where profile = ? and model_kind = ? "
        "and status = 'accepted' order by accepted_at desc, model_version limit 1",
        (profile, kind),
    )
    return rows[0] if rows else None


def proposed_models(ledger: Ledger, profile: str, kind: str) -> list[str]:
    """Return the versions of a profile that were trained and not accepted, in order."""
    rows = ledger.store.rows(
        "select model_version from model_artifacts where profile = ? and model_kind = ? "
        "and status = 'proposed' order by model_version",
        (profile, kind),
    )
    return [row["model_version"] for row in rows]


@dataclass(frozen=True)
class ModelStore:
    """The artifacts of one kind of model of one profile.

    Parameters
    ----------
    kind : str
        Which model: ``identity``, or ``learning`` for those of ml.models.
    suffix : str
        Ending of its files.
    """

    home: Home
    ledger: Ledger
    profile: str
    kind: str
    suffix: str = "json"

    def accepted(self) -> dict[str, Any] | None:
        """Return the row of the version that is in force: the latest accepted one, or None."""
        return accepted_model(self.ledger, self.profile, self.kind)

    def versions(self) -> set[str]:
        """Return the versions that were kept."""
        rows = self.ledger.store.rows(
            "select model_version from model_artifacts where profile = ? and model_kind = ?",
            (self.profile, self.kind),
        )
        return {str(row["model_version"]) for row in rows}

    def latest(self, at_most: int) -> list[dict[str, Any]]:
        """Return the rows of the models trained last, the newest first."""
        return self.ledger.store.rows(
            "select * from model_artifacts where profile = ? and model_kind = ? "
            "order by created_at desc, model_version limit ?",
            (self.profile, self.kind, at_most),
        )

    def find(self, version: str) -> dict[str, Any]:
        """Return the row of the version that begins so.

        Raises
        ------
        RunStateError
            None, or more than one, does.
        """
        rows = self.ledger.store.rows(
            "select * from model_artifacts where profile = ? and model_kind = ?",
            (self.profile, self.kind),
        )
        fitting = [row for row in rows if row["model_version"].startswith(version)]
        if len(fitting) != 1:
            raise RunStateError(f"{len(fitting)} {self.kind} models begin with {version!r}")
        return fitting[0]

    def read(self, row: dict[str, Any]) -> bytes:
        """Return an artifact's bytes.

        Raises
        ------
        RunStateError
            The file is missing or not the one that was registered.
        """
        path = self.home.root / str(row["artifact_path"])
        content = path.read_bytes() if path.is_file() else b""
        if sha256(content).hexdigest() != row["artifact_sha256"]:
            raise RunStateError(
                f"{self.kind} model {row['model_version']}: {row['artifact_path']} is missing or "
                "was changed; restore it from a backup, or train another one"
            )
        return content

    def keep(
        self,
        claim: Claim,
        version: str,
        content: bytes,
        *,
        decided_by: str | None,
        trained_by_run: str | None,
    ) -> None:
        """Write an artifact and register it: accepted by whoever is named, else proposed."""
        folder = self.home.models / self.kind
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"{self.profile}-{version.replace(':', '-')}.{self.suffix}"
        temporary = path.with_name(f"{path.name}.{claim.token}.tmp")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        temporary.replace(path)
        fsync_path(folder)
        now = utc_now()
        row = {
            "model_kind": self.kind, "profile": self.profile, "model_version": version,
            "artifact_path": str(path.relative_to(self.home.root)),
            "artifact_sha256": sha256(content).hexdigest(),
            "status": "accepted" if decided_by else "proposed", "decided_by": decided_by,
            "trained_by_run": trained_by_run, "created_at": now,
            "accepted_at": now if decided_by else None,
        }  # fmt: skip
        self.ledger.record(claim, MODEL_ARTIFACTS, [row])

    def accept(self, claim: Claim, version: str, decided_by: str) -> dict[str, Any]:
        """Put a version in force from the next run on, and return its row."""
        row = {**self.find(version), "status": "accepted", "decided_by": decided_by}
        self.read(row)
        self.ledger.record(claim, MODEL_ARTIFACTS, [{**row, "accepted_at": utc_now()}])
        return row

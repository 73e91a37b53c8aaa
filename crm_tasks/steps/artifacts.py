"""Models of ml.models as files: kept when learned, read back only as what was registered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_tasks.errors import RunStateError
from crm_tasks.ml.artifacts import Artifact
from crm_tasks.warehouse.models import ModelStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crm_tasks.steps.run import Run
    from crm_tasks.warehouse.home import Home
    from crm_tasks.warehouse.ledger import Ledger

KIND = "learning"
RULE = "rule: better than the naive method out of time, or the naive method"
#: Of an artifact, what is told beside the model itself: its digest is not among its parameters.
BESIDE = ("reference",)


def model_store(home: Home, ledger: Ledger, profile: str) -> ModelStore:
    """Return the artifacts of a profile's models."""
    return ModelStore(home, ledger, profile, KIND, suffix="skops")


def keep_artifacts(run: Run, artifacts: Mapping[str, Artifact]) -> None:
    """Register what was learned, by version.

    Raises
    ------
    RunStateError
        An artifact would not come back from its bytes as it is: it could answer to nobody.
    """
    store = model_store(run.home, run.ledger, run.profile.profile)
    for version, artifact in sorted(artifacts.items()):
        content = artifact.to_bytes()
        Artifact.from_bytes(content, artifact.digest)
        store.keep(run.claim, version, content, decided_by=RULE, trained_by_run=run.run_id)


def read_artifact(store: ModelStore, row: Mapping[str, Any]) -> Artifact:
    """Return the artifact of a row of ml.models.

    Raises
    ------
    RunStateError
        Its file is missing or was changed, or holds other parameters than the row says.
    """
    artifact = Artifact.from_bytes(store.read(store.find(row["model_version"])))
    told = {name: value for name, value in artifact.told.items() if name not in BESIDE}
    plain = Artifact(artifact.estimator, artifact.features, told)
    if plain.digest != row["parameters_sha256"]:
        raise RunStateError(
            f"model {row['model_version']}: its artifact holds other parameters than ml.models "
            "registers; restore it from a backup"
        )
    return artifact


def read_all(store: ModelStore, rows: Iterable[Mapping[str, Any]]) -> int:
    """Read every artifact that belongs to rows of ml.models, and return how many there are.

    Raises
    ------
    RunStateError
        One is missing, was changed, or is not what its row says.
    """
    kept = store.versions()
    mine = [row for row in rows if row["model_version"] in kept]
    for row in mine:
        read_artifact(store, row)
    return len(mine)

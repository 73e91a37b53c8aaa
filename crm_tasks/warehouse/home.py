"""Where everything generated lies: the one place that knows the paths under ``CRM_HOME``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from crm_tasks.contracts import Table


@dataclass(frozen=True)
class Home:
    """The folder tree of one home. Nothing is created until a writer asks for it."""

    root: Path

    @property
    def lake(self) -> Path:
        """Parquet of landing and of every Python step."""
        return self.root / "lake"

    @property
    def landing(self) -> Path:
        return self.lake / "landing"

    @property
    def warehouse_file(self) -> Path:
        """The private working file; dbt is its only writer."""
        return self.root / "warehouse.duckdb"

    @property
    def serve(self) -> Path:
        """Published versions and the symlink readers open."""
        return self.root / "serve"

    @property
    def served_link(self) -> Path:
        return self.serve / "crm.duckdb"

    @property
    def ops_file(self) -> Path:
        """Run state, written by the ledger only."""
        return self.root / "ops" / "ops.sqlite"

    @property
    def audit_head_file(self) -> Path:
        """Signed heads of the audit chain, one JSON line per run."""
        return self.root / "ops" / "audit_heads.jsonl"

    @property
    def outbox(self) -> Path:
        """Lists that were handed over as files; mode 0700."""
        return self.root / "outbox"

    @property
    def vault(self) -> Path:
        """Encrypted identifying values; mode 0700."""
        return self.root / "vault"

    @property
    def models(self) -> Path:
        """Trained models; they hold digests of values, so the folder has mode 0700."""
        return self.root / "models"

    @property
    def generated(self) -> Path:
        """Source files that a profile's generator makes."""
        return self.root / "sources"

    @property
    def key_file(self) -> Path:
        return self.root / "keys" / "crm.key"

    @property
    def keyring_file(self) -> Path:
        """Keys that outlive a rotation, encrypted under the key in force."""
        return self.root / "keys" / "keyring.bin"

    @property
    def dbt(self) -> Path:
        """Dbt's target and log folders."""
        return self.root / "dbt"

    @property
    def airflow(self) -> Path:
        """AIRFLOW_HOME of the embedded scheduler."""
        return self.root / "airflow"

    @property
    def temporary(self) -> Path:
        """DuckDB's spill folder; mode 0700."""
        return self.root / "tmp"

    @property
    def run_lock(self) -> Path:
        return self.root / "run.lock"

    def table_dir(self, table: Table, run_id: str, part: str | None = None) -> Path:
        """Return the folder of one table's rows as one run wrote them, or of one step's part."""
        folder = self.lake / table.schema / table.name
        return (folder / f"part={part}" if part else folder) / f"run={run_id}"

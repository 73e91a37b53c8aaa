"""A new generation of everything stored, put together aside and switched to as a whole.

Rotation of the key and erasure change the lake, the vault, the working file and the served one. A
crash in between must leave the old generation or the new one, never parts of both. So the next
generation is built in ``$CRM_HOME/.next``; writing its journal is the moment of decision; from
then on whoever opens the home completes the switch, before that whoever opens it sweeps it away.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_tasks.contracts import ops
from crm_tasks.warehouse.audit import append_in
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.files import fsync_path
from crm_tasks.warehouse.ops_store import insert_rows
from crm_tasks.warehouse.publications import (
    remove_versions_before,
    switch_link,
    version_file_name,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from crm_tasks.warehouse.home import Home
    from crm_tasks.warehouse.ledger import Ledger

JOURNAL = "journal.json"
#: What is switched by renaming, in this order; the served version follows by its link.
ITEMS = ("lake", "vault", "models", "keys", "warehouse.duckdb", "ops/audit_heads.jsonl")


@dataclass(frozen=True)
class NextGeneration:
    """The generation that is being put together.

    Parameters
    ----------
    home : Home
        The home it will take over.
    operation : str
        What makes it, with an id: it is audited once under this name.
    """

    home: Home
    operation: str

    @property
    def root(self) -> Path:
        return self.home.root / ".next"

    def begin(self) -> None:
        """Sweep what an earlier try left and make the folder, readable by its owner only."""
        settle(self.home)
        self.root.mkdir(parents=True, mode=0o700)

    def commit(
        self,
        ledger: Ledger,
        *,
        statements: Sequence[tuple[str, Sequence[Any]]],
        publication: dict[str, Any] | None,
        audit: dict[str, Any],
    ) -> None:
        """Decide for the next generation and switch to it.

        Parameters
        ----------
        statements : sequence of (str, sequence)
            What changes in the ops store; each must do no harm when repeated.
        publication : dict, optional
            ``version`` and ``run_id`` of the served file that lies in the generation.
        audit : dict
            Counts for the audit log, never personal data.
        """
        told = {
            "operation": self.operation,
            "statements": [[text, list(values)] for text, values in statements],
            "publication": publication,
            "audit": audit,
        }
        for path in sorted(self.root.rglob("*")):
            if path.is_dir():
                fsync_path(path)
        aside = self.root / f"{JOURNAL}.tmp"
        aside.write_text(json.dumps(told), encoding="utf-8")
        fsync_path(aside)
        aside.rename(self.root / JOURNAL)
        fsync_path(self.root)
        settle(self.home, ledger)

    def link_or_copy(self, source: Path, target: Path) -> None:
        """Take an unchanged file over: the same bytes on disk under two names."""
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except OSError:  # another file system, or one without hard links
            shutil.copy2(source, target)


def settle(home: Home, ledger: Ledger | None = None) -> None:
    """Complete a switch that was decided, or sweep one that was not; do nothing otherwise.

    Every step does no harm when repeated, so that a crash in here is settled by the next call.
    """
    folder = home.root / ".next"
    if not folder.exists():
        return
    journal = folder / JOURNAL
    if not journal.is_file():
        shutil.rmtree(folder)
        return
    from crm_tasks.warehouse.ledger import Ledger as OpsLedger

    told = json.loads(journal.read_text(encoding="utf-8"))
    former = home.root / ".former"
    for item in ITEMS:
        _switch(folder / item, home.root / item, former / item)
    if told["publication"] is not None:
        _publish(home, folder, told["publication"])
    with (ledger or OpsLedger(home.ops_file)).store.transaction() as connection:
        _record(connection, told)
    shutil.rmtree(former, ignore_errors=True)
    journal.unlink()
    shutil.rmtree(folder)
    fsync_path(home.root)


def _switch(fresh: Path, current: Path, former: Path) -> None:
    if not fresh.exists():
        return
    if current.exists() and not former.exists():
        former.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        current.rename(former)
    current.parent.mkdir(parents=True, exist_ok=True)
    if fresh.is_file() and fresh.stat().st_size == 0:  # an empty file: there is none any more
        current.with_name(f"{current.name}.wal").unlink(missing_ok=True)
        fresh.unlink()
    else:
        fresh.rename(current)
    fsync_path(current.parent)


def _publish(home: Home, folder: Path, publication: dict[str, Any]) -> None:
    """Give the served file its name, switch readers to it and remove all older versions."""
    name = version_file_name(publication["version"], publication["run_id"])
    export = name.replace(".duckdb", ".parquet")
    for one in (name, export):
        if (folder / "serve" / one).exists():
            (folder / "serve" / one).rename(home.serve / one)
    fsync_path(home.serve)
    switch_link(home.serve / "parquet", export)
    switch_link(home.served_link, name)
    remove_versions_before(home, publication["version"])


def _record(connection: sqlite3.Connection, told: dict[str, Any]) -> None:
    done = connection.execute(
        "select 1 from audit_log where action = 'generation.switched' and object = ?",
        (told["operation"],),
    ).fetchone()
    for text, values in told["statements"]:
        connection.execute(text, values)
    publication = told["publication"]
    if publication is not None:
        name = version_file_name(publication["version"], publication["run_id"])
        row = {**publication, "file_name": name, "published_at": utc_now()}
        insert_rows(connection, ops.PUBLICATIONS, [row])
    if not done:
        append_in(connection, "generation.switched", told["operation"], told["audit"])

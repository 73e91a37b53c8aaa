"""What a step is given: one run, its date, profile and tables."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from crm_tasks.contracts import find_table
from crm_tasks.errors import RunStateError
from crm_tasks.privacy.keys import derived_key, home_secret
from crm_tasks.steps.registry import steps_contributing_to
from crm_tasks.warehouse.files import file_aside
from crm_tasks.warehouse.history import line
from crm_tasks.warehouse.scratch import scratch
from crm_tasks.warehouse.tables import has_written, read_part, read_table, write_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.privacy.keys import Purpose
    from crm_tasks.profiles import Profile
    from crm_tasks.settings import Settings
    from crm_tasks.warehouse.home import Home
    from crm_tasks.warehouse.ledger import Claim, Ledger


@dataclass(frozen=True)
class Run:
    """One run as a step sees it: what to compute for, where to read and where to write."""

    settings: Settings
    profile: Profile
    home: Home
    ledger: Ledger
    claim: Claim
    run_id: str
    as_of: dt.date
    predecessor_run_id: str | None
    is_dry_run: bool
    key: bytes = field(repr=False)
    row: Mapping[str, Any] = field(repr=False, compare=False)
    reads: list[str] = field(default_factory=list, compare=False)

    @classmethod
    def from_row(
        cls,
        settings: Settings,
        profile: Profile,
        home: Home,
        ledger: Ledger,
        claim: Claim,
        row: Mapping[str, Any],
    ) -> Run:
        """Return the run a row of ``ops.runs`` describes."""
        return cls(
            settings=settings,
            profile=profile,
            home=home,
            ledger=ledger,
            claim=claim,
            run_id=row["run_id"],
            as_of=dt.date.fromisoformat(row["as_of_date"]),
            predecessor_run_id=row["predecessor_run_id"],
            is_dry_run=bool(row["is_dry_run"]),
            key=derived_key(home_secret(settings, profile, home.key_file), "customer_id"),
            row=row,
        )

    def read(self, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return a table of this run, by ``schema.name``; nothing stays open."""
        self.reads.append(table)
        return read_table(self.home, find_table(table), self.run_id, columns)

    def read_predecessor(self, table: str, columns: Sequence[str] | None = None) -> pa.Table | None:
        """Return the same Python table as the predecessor wrote it, or None without one.

        All of its columns or the named ones: earlier code may have written fewer.
        """
        if self.predecessor_run_id is None:
            return None
        return read_table(self.home, find_table(table), self.predecessor_run_id, columns)

    def read_decided(self, table: str) -> pa.Table | None:
        """Return what an earlier run of a date that is over decided, or None if the date is open.

        Raises
        ------
        RunStateError
            Earlier code wrote it, without columns that a decision has now.
        """
        decided = self.row["decisions_run_id"]
        if decided is None:
            return None
        try:
            return read_table(self.home, find_table(table), decided)
        except pa.ArrowInvalid:
            raise RunStateError(
                f"{table} of run {decided} was written by earlier code and lacks columns: the "
                f"decisions of {self.as_of} stand and cannot be carried over"
            ) from None

    def read_history(
        self, table: str, columns: Sequence[str] | None = None, since: dt.date | None = None
    ) -> list[pa.Table]:
        """Return what the runs that stand for earlier dates wrote of a kept Python table.

        All of its columns or the named ones; of all dates or those from ``since`` on. A run of
        before the table existed wrote nothing of it.
        """
        if self.predecessor_run_id is None:
            return []
        until = self.ledger.find_run(self.predecessor_run_id)["as_of_date"]
        runs = line(self.ledger, self.profile.profile, until)
        first, kept = since.isoformat() if since else "", find_table(table)
        return [
            read_table(self.home, kept, run["run_id"], columns)
            for run in runs
            if run["as_of_date"] >= first and has_written(self.home, kept, run["run_id"])
        ]

    def write(self, table: str, rows: pa.Table | Iterable[pa.Table]) -> int:
        """Check ``rows`` against the contract, hand them over and return their number.

        Many rows may come as slices in the order of the key.
        """
        return write_table(self.home, self.ledger, self.claim, find_table(table), rows)

    def write_part(self, table: str, rows: pa.Table) -> int:
        """Hand over what this step contributes to a table that a later step gathers.

        The step names the table in its ``contributes``; rows are checked as those of a whole table.
        """
        contract = find_table(table)
        return write_table(self.home, self.ledger, self.claim, contract, rows, is_part=True)

    def write_picture(self, name: str, content: bytes) -> None:
        """Put a picture into the run's report folder, wholly or not at all."""
        folder = self.home.reports / self.run_id
        folder.mkdir(parents=True, exist_ok=True)
        with self.ledger.fenced(self.claim), file_aside(folder / name) as file:
            file.write(content)

    def gather(self, table: str, own: pa.Table | None = None) -> int:
        """Write a table out of what every step contributed to it, and rows of this step's own."""
        contract = find_table(table)
        parts = [
            read_part(self.home, contract, self.run_id, step.name)
            for step in steps_contributing_to(contract)
        ]
        empty = contract.arrow_schema.empty_table()
        whole = pa.concat_tables([empty, *parts, *([] if own is None else [own])])
        return self.write(table, whole)

    @contextmanager
    def scratch(self, threads: int = 1, **frames: pa.Table) -> Iterator[Scratch]:
        """Lend a private SQL engine with ``frames`` registered by name."""
        with scratch(self.home, self.settings.memory_limit, frames, threads) as lent:
            yield lent

    def derived_key(self, purpose: Purpose) -> bytes:
        """Return the home's key for one purpose."""
        return derived_key(home_secret(self.settings, self.profile, self.home.key_file), purpose)

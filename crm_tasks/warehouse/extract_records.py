"""What earlier extracts of a database or web table left: how far they read, and in what order."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from crm_tasks.landing.cursors import Reached
from crm_tasks.warehouse.batches import SEEN, BatchPlace, landed_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from crm_tasks.profiles import SourceTable
    from crm_tasks.warehouse.home import Home
    from crm_tasks.warehouse.ledger import Ledger


class EarlierExtracts:
    """The extracts of one table that were landed for a profile, as the ledger knows them."""

    def __init__(
        self, ledger: Ledger, home: Home, profile: str, source_system: str, table: SourceTable
    ) -> None:
        self.ledger, self.home, self.profile = ledger, home, profile
        self.source_system, self.table = source_system, table

    def reached(self) -> Reached | None:
        """Return where reading by the cursor begins again; None where the table is read whole.

        That is the watermark, with what the last batch says of it and the digests beside it. Where
        several profiles land the table the watermark is that of another, and the batch decides.
        """
        if self.table.cursor is None:
            return None
        marks = self.ledger.store.rows(
            "select high_watermark, (select count(distinct profile) from batches "
            "where source_system = ?1 and table_name = ?2) as n_profiles "
            "from watermarks where source_system = ?1 and entity = ?2",
            (self.source_system, self.table.name),
        )
        newest = next(self._newest_first(), None)
        cursor = newest[1]["extract"].get("cursor") if newest else None
        if newest is None or cursor is None or not marks:
            return None
        if cursor["column"] != self.table.cursor.column:
            return None
        is_ours = marks[0]["n_profiles"] == 1
        return _reached(
            newest[0], cursor, marks[0]["high_watermark"] if is_ours else cursor["high"]
        )

    def last_two(self) -> list[str]:
        """Return the batch ids of the last extract and the one before."""
        newest = itertools.islice(self._newest_first(), 2)
        return [str(manifest["batch_id"]) for _, manifest in newest]

    def has(self, batch_id: str) -> bool:
        """Return whether a batch was ever landed."""
        query = "select 1 from batches where batch_id = ?"
        return bool(self.ledger.store.rows(query, (batch_id,)))

    def _newest_first(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Yield folder and manifest of each extract; what a replay landed is none."""
        rows = self.ledger.store.rows(
            "select batch_id from batches where profile = ? and source_system = ? "
            "and table_name = ? order by landing_sequence desc",
            (self.profile, self.source_system, self.table.name),
        )
        for row in rows:
            folder = BatchPlace(self.home, self.source_system, self.table, row["batch_id"]).folder
            manifest = landed_manifest(folder)
            if manifest is not None and "extract" in manifest:
                yield folder, manifest


def _reached(folder: Path, cursor: Mapping[str, str], high: str) -> Reached:
    digests = pa.ipc.open_stream((folder / SEEN).read_bytes()).read_all()
    seen = Counter(digests.column("digest").to_pylist())
    low = cursor["low"] if high == cursor["high"] else high  # somebody set the watermark by hand
    return Reached(high=high, low=low, type=cursor["type"], seen=seen)

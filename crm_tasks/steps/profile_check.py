"""`crm profile check`: everything that keeps a profile from running, told at once."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from crm_tasks.connectors.check import sample_of
from crm_tasks.connectors.files import read_chunks, source_files, source_root
from crm_tasks.connectors.generated import sources_base
from crm_tasks.errors import CrmError, ProfileError
from crm_tasks.landing.rows import BatchOrigin, lake_rows
from crm_tasks.landing.views import LandedBatch
from crm_tasks.profiles import Profile, load_profile, profile_path
from crm_tasks.steps.coverage import coverage
from crm_tasks.strict_yaml import problems_of
from crm_tasks.warehouse.dry_run import FeedFit, dry_run

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from crm_tasks.connectors.preflight import Limits
    from crm_tasks.landing.rows import Chunk
    from crm_tasks.profiles import Source, SourceTable

RECORDS_AT_MOST = 50_000
FILES_AT_MOST = 3
#: Past that share of refused rows a gate, or landing itself, stops the run.
STOPS_ABOVE = 0.05
#: A throw-away key: tokens of a check are compared with each other and with nothing else.
CHECK_KEY = b"tokens of a check are thrown away"


@dataclass(frozen=True)
class Finding:
    """One thing that stops a run (``error``) or deserves a look (``warning``)."""

    level: Literal["error", "warning"]
    where: str
    message: str


@dataclass(frozen=True)
class TableSample:
    """What was read of a table: records kept, and those set aside by reason."""

    source_system: str
    table: SourceTable
    n_parts: int
    n_kept: int
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        return f"{self.source_system}.{self.table.name}"


@dataclass(frozen=True)
class Checked:
    """All findings, what was sampled, what staging would make of it, and what will be on."""

    findings: tuple[Finding, ...]
    samples: tuple[TableSample, ...] = ()
    fits: tuple[FeedFit, ...] = ()
    coverage: tuple[dict[str, str], ...] = ()

    @property
    def is_runnable(self) -> bool:
        return not any(finding.level == "error" for finding in self.findings)


def check_profile(name_or_file: str, generated: Path, limits: Limits, now: dt.datetime) -> Checked:
    """Return everything that is wrong with a profile and its sources.

    Parameters
    ----------
    generated : Path
        Where generated sources lie.
    now : datetime
        The sample counts as landed then.
    """
    path = profile_path(name_or_file)
    wrong = problems_of(path, Profile, ProfileError)
    if wrong:
        return Checked(tuple(Finding("error", str(path), text) for text in wrong))
    profile = load_profile(name_or_file)
    base = sources_base(profile, path.parent, generated)
    findings: list[Finding] = []
    with tempfile.TemporaryDirectory(prefix="crm-check-") as folder:
        sampler = _Sampler(base, limits, now, Path(folder))
        for source in profile.sources:
            for table in source.tables:
                problem = sampler.take(source, table)
                if problem is not None:
                    where = f"{source.source_system}.{table.name}"
                    findings.append(Finding("error", where, problem))
        fits = dry_run(Path(folder) / "tmp", profile, sampler.batches, now.date())
    findings += _of_samples(sampler.samples)
    findings += _of_fits(fits)
    return Checked(tuple(findings), tuple(sampler.samples), tuple(fits), tuple(coverage(profile)))


@dataclass
class _Sampler:
    """Reads the beginning of each table by the real connectors, into batches nobody keeps."""

    base: Path
    limits: Limits
    now: dt.datetime
    folder: Path
    samples: list[TableSample] = field(default_factory=list)
    batches: list[LandedBatch] = field(default_factory=list)

    def take(self, source: Source, table: SourceTable) -> str | None:
        """Sample a table; return why it cannot be read, if so."""
        where = f"{source.source_system}.{table.name}"
        refused: Counter[str] = Counter()
        try:
            parts = self._parts(source, table)
            kept = [
                lake_rows(chunk, table, BatchOrigin(where, f"part-{n}", self.now), CHECK_KEY)
                for n, part in enumerate(parts)
                for chunk in _first_chunks(part, refused)
            ]
        except CrmError as error:
            return str(error)
        n_kept = sum(rows.num_rows for rows in kept)
        system = source.source_system
        self.samples.append(TableSample(system, table, len(parts), n_kept, refused))
        if n_kept:
            number = len(self.samples)
            place = self.folder / f"{number}.parquet"
            pq.write_table(pa.concat_tables(kept), place)
            batch = LandedBatch(where, number, system, table.name, str(place), self.now)
            self.batches.append(batch)
        return None

    def _parts(self, source: Source, table: SourceTable) -> list[Iterator[Chunk]]:
        """Return the first and last files of a table, or what a server gives as a sample."""
        if source.root is None and source.package is None:
            return [sample_of(source, self.base)(table)]
        files = source_files(source_root(source, self.base), table)
        chosen = [*files[: FILES_AT_MOST - 1], *files[-1:]][: len(files)]
        return [read_chunks(path, table, self.limits) for path in chosen]


def _first_chunks(chunks: Iterator[Chunk], refused: Counter[str]) -> Iterator[Chunk]:
    """Yield chunks up to a bound, noting why records were refused."""
    n_read = 0
    for chunk in chunks:
        refused.update(record.reason for record in chunk.refused)
        yield chunk
        n_read += chunk.rows.num_rows + len(chunk.refused)
        if n_read >= RECORDS_AT_MOST // FILES_AT_MOST:
            return


def _of_samples(samples: list[TableSample]) -> Iterator[Finding]:
    for sample in samples:
        n_refused = sum(sample.refused.values())
        if n_refused:
            share = n_refused / (n_refused + sample.n_kept)
            reasons = ", ".join(f"{n} {reason}" for reason, n in sorted(sample.refused.items()))
            level: Literal["error", "warning"] = "error" if share > STOPS_ABOVE else "warning"
            text = f"{n_refused} of {n_refused + sample.n_kept} records set aside: {reasons}"
            yield Finding(level, sample.name, text)
        if not sample.n_kept + n_refused and not sample.table.may_be_empty:
            yield Finding("warning", sample.name, "holds no record")
        if not sample.table.feeds:
            yield Finding("warning", sample.name, "feeds no entity: it lands and nothing reads it")


def _of_fits(fits: list[FeedFit]) -> Iterator[Finding]:
    for fit in fits:
        where = f"{fit.batch_id} -> {fit.entity}"
        n_refused = fit.n_rows - fit.n_accepted
        if n_refused:
            reasons = ", ".join(f"{n} {reason}" for reason, n in sorted(fit.reasons.items()))
            stops = n_refused > STOPS_ABOVE * fit.n_rows
            text = f"{n_refused} of {fit.n_rows} sampled rows would be refused: {reasons}"
            yield Finding("error" if stops else "warning", where, text)
        if fit.n_keys < fit.n_accepted:
            text = (
                f"{fit.n_accepted - fit.n_keys} of {fit.n_accepted} sampled rows repeat a key; "
                "of rows with the same key the one landed last counts"
            )
            yield Finding("warning", where, text)

"""Erase a person: everything of one goes from the home at once, and nothing brings one back."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crm_tasks.connectors.sending.files import leave_out
from crm_tasks.contracts import find_table
from crm_tasks.errors import RunStateError
from crm_tasks.landing.erasure import Erased, Remainder, record_digest, without_erased
from crm_tasks.privacy.keys import DEMO_SECRET, derived_key, home_secret, keyed_digest, own_secret
from crm_tasks.privacy.vault import Vault
from crm_tasks.profiles import load_profile
from crm_tasks.steps.landing_place import batch_key_of
from crm_tasks.warehouse.batches import values_without
from crm_tasks.warehouse.byte_scan import Scan, scan_home
from crm_tasks.warehouse.erased_tables import Person
from crm_tasks.warehouse.erasures import (
    batch_statements,
    forget_statements,
    note_verified,
    request_statements,
)
from crm_tasks.warehouse.generations import NextGeneration
from crm_tasks.warehouse.history import line
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.rewriting import MANIFEST, next_served_file, rewrite_run_tables
from crm_tasks.warehouse.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crm_tasks.profiles import Profile, SourceTable
    from crm_tasks.settings import Settings

#: Shorter texts, and dates, stand in many places for other things.
TELLING_LENGTH, TELLING_LENGTH_CHINESE = 6, 3
DATE = re.compile(r"[\d./-]{1,10}")
STAGES = ("landing", "vault", "tables", "served", "commit")


@dataclass(frozen=True)
class Erasure:
    """What an erasure did.

    ``counts``: rows deleted and rows left without the person, by place. ``needles`` are what a
    search has to look for; they are held in memory only.
    """

    request_id: str
    n_records: int
    counts: dict[str, tuple[int, int]]
    needles: frozenset[str] = field(repr=False)


@dataclass
class _Work:
    settings: Settings
    home: Home
    ledger: Ledger
    profile: Profile
    generation: NextGeneration
    records: frozenset[str] = field(repr=False)
    secret: bytes = field(repr=False)
    ids: set[str] = field(default_factory=set, repr=False)
    values: set[str] = field(default_factory=set, repr=False)
    left: dict[str, Remainder] = field(default_factory=dict, repr=False)
    statements: list[tuple[str, list[Any]]] = field(default_factory=list, repr=False)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    payloads: set[str] = field(default_factory=set)

    @property
    def erased(self) -> Erased:
        key = batch_key_of(self.settings, self.profile, self.home)
        named = (record.partition(":") for record in self.records)
        return Erased(key, frozenset(record_digest(key, s, r) for s, _, r in named))

    @property
    def vault(self) -> Vault:
        return Vault(self.home.vault, derived_key(self.secret, "vault"))


def erase(settings: Settings, subject: str) -> Erasure:
    """Take a person out of landing, vault, lake, working file, served file and run state.

    The next generation is put together aside and switched to as a whole. Later deliveries of the
    same source records are left out at landing. The working file is emptied: the next run builds
    it again from what landing holds now.

    Parameters
    ----------
    subject : str
        A customer_id, or one record as ``source_system:source_record_id``.

    Raises
    ------
    RunStateError
        There is no published run, or it knows no such subject.
    """
    home = Home(settings.home_path)
    generation = NextGeneration(home, f"erasure-{uuid4()}")
    profile = load_profile(settings.profile)
    ledger = Ledger(home.ops_file)
    records, customer = _subject(home, ledger, profile, subject)
    generation.begin()
    secret = home_secret(settings, profile, home.key_file)
    work = _Work(settings, home, ledger, profile, generation, records, secret)
    work.ids |= {keyed_digest(derived_key(secret, "customer_id"), *record.split(":", 1))
                 for record in records} | {customer}  # fmt: skip
    reached("landing")
    _rewrite_landing(work)
    reached("vault")
    _rewrite_vault(work)
    reached("tables")
    person = Person(frozenset(work.ids), records)
    rewrite_run_tables(generation, person.taken_out)
    (generation.root / home.warehouse_file.name).touch()  # an empty one takes its place: none
    reached("served")
    _, publication, hashes = next_served_file(generation, settings, ledger, person.taken_out)
    work.counts += Counter({(name, "deleted"): n for name, n in person.deleted.items()})
    work.counts += Counter({(name, "blanked"): n for name, n in person.pseudonymised.items()})
    counts = {name: (work.counts[name, "deleted"], work.counts[name, "blanked"])
              for name in {name for name, _ in work.counts}}  # fmt: skip
    subject_hash = keyed_digest(work.erased.key, "subject", customer)
    reached("commit")
    generation.commit(
        ledger,
        statements=[
            *work.statements,
            *hashes,
            *forget_statements(records, work.ids, work.payloads),
            *request_statements(
                generation.operation, subject_hash, work.erased.digests, counts
            ),
        ],
        publication=publication,
        audit={"records": len(records), "places": len(counts)},
    )  # fmt: skip
    ledger.store.compact()
    leave_out(home.outbox, work.ids)
    return Erasure(generation.operation, len(records), counts, frozenset(work.values | work.ids))


def reached(stage: str) -> None:
    """Mark a stage; a crash before ``commit`` leaves the home as it was."""
    assert stage in STAGES  # noqa: S101 (a misspelt stage)


def verify(settings: Settings, done: Erasure) -> Scan:
    """Search every file of the home for what identified the person, and note it if none is left."""
    home = Home(settings.home_path)
    secrets = (own_secret(settings, home.key_file), DEMO_SECRET.encode())
    vaults = [Vault(home.vault, derived_key(secret, "vault")) for secret in secrets]
    scan = scan_home(home, done.needles, vaults)
    if scan.is_clean:
        note_verified(Ledger(home.ops_file), done.request_id, scan.n_bytes)
    return scan


def _subject(
    home: Home, ledger: Ledger, profile: Profile, subject: str
) -> tuple[frozenset[str], str]:
    """Return all records of a subject, of any published run, and the customer of the last one."""
    runs = line(ledger, profile.profile)
    if not runs:
        raise RunStateError(f"profile {profile.profile}: no published run; `crm run` first")
    table = find_table("identity.records")
    owners: dict[str, str] = {}
    columns = ["source_system", "source_record_id", "customer_id"]
    for row in read_table(home, table, runs[0]["run_id"], columns).to_pylist():
        owners[f"{row['source_system']}:{row['source_record_id']}"] = row["customer_id"]
    customer = owners.get(subject, subject)
    records = frozenset(record for record, owner in owners.items() if owner == customer)
    if not records:
        raise RunStateError(
            "no such customer or record in the last run; give a customer_id or "
            "source_system:source_record_id"
        )
    return records, customer


# --- landing --------------------------------------------------------------------------------------


def _rewrite_landing(work: _Work) -> None:
    """Write the landed batches anew; take over what belongs to other profiles or says nothing."""
    tables = {(s.source_system, t.name): t for s in work.profile.sources for t in s.tables}
    batches = {row["batch_id"]: row for row in work.ledger.store.rows("select * from batches")}
    for path in sorted(work.home.landing.rglob("*")):
        target = work.generation.root / "lake" / path.relative_to(work.home.lake)
        if path.is_dir() or target.exists():
            continue
        batch = batches.get(path.parent.name.removeprefix("batch="))
        is_ours = batch is not None and batch["profile"] == work.profile.profile
        table = tables.get((batch["source_system"], batch["table_name"])) if batch else None
        if not is_ours or table is None or path.name != "rows.parquet" or batch is None:
            work.generation.link_or_copy(path, target)
            continue
        _rewrite_batch(work, batch, table, path, target)
    work.ids -= _held_by_others(work)


def _held_by_others(work: _Work) -> set[str]:
    """Return the tokens among those taken out that other persons' rows have as well."""
    sought = pa.array(sorted(work.ids), pa.string())
    found: set[str] = set()
    for path in sorted((work.generation.root / "lake" / "landing").rglob("rows.parquet")):
        names = [name for name in pq.read_schema(path).names if name.endswith("_token")]
        for column in pq.read_table(path, columns=names, partitioning=None).columns:
            held = column.filter(pc.is_in(column, value_set=sought))
            found |= set(held.unique().to_pylist())
    return found


def _rewrite_batch(
    work: _Work, batch: dict[str, Any], table: SourceTable, path: Path, target: Path
) -> None:
    rows = pq.read_table(path, partitioning=None)
    left = without_erased(rows, table, batch["source_system"], work.erased)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not left.gone and not left.blanked and left.rows.equals(rows):
        work.generation.link_or_copy(path, target)
        return
    pq.write_table(left.rows, target, compression="zstd")
    work.ids |= _tokens_gone(rows, left.rows)
    work.left[batch["batch_id"]] = left
    manifest = json.loads(path.with_name(MANIFEST).read_text(encoding="utf-8"))
    n_erased = int(batch["n_erased"] or 0) + len(left.gone)
    manifest |= {"n_loaded": left.rows.num_rows, "n_erased": n_erased}
    beside = target.with_name(MANIFEST)
    beside.unlink(missing_ok=True)  # it may be the same bytes on disk as the one in force
    beside.write_text(json.dumps(manifest, sort_keys=True), encoding="utf-8")
    work.statements.append(batch_statements(batch["batch_id"], left.rows.num_rows, n_erased))
    where = f"landing.{batch['source_system']}.{batch['table_name']}"
    work.counts[where, "deleted"] += len(left.gone)
    work.counts[where, "blanked"] += len(left.blanked)


def _tokens_gone(before: pa.Table, after: pa.Table) -> set[str]:
    """Return the tokens of one batch that nobody else in it has."""
    found: set[str] = set()
    for name in before.column_names:
        if name.endswith("_token"):
            held, kept = (set(t[name].drop_null().to_pylist()) for t in (before, after))
            found |= {one for one in held - kept if not one.startswith("[")}
    return found


# --- vault ----------------------------------------------------------------------------------------


def _rewrite_vault(work: _Work) -> None:
    """Write the vault anew without the person, and learn what identified nobody else."""
    vault, fresh = work.vault, Vault(work.generation.root / "vault", work.vault.key)
    fresh.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    chunks = sorted(vault.root.rglob("chunk-*.bin")) if vault.root.is_dir() else []
    opened = {path for path in chunks if vault.opens(path)}
    work.values |= _telling_values(work, sorted(opened))
    for path in chunks:
        target = fresh.root / path.relative_to(vault.root)
        rows = vault.open(path) if path in opened else None
        kept = _vault_rows(work, str(path.parent.relative_to(vault.root)), rows)
        if rows is None or kept is None or kept.equals(rows):
            work.generation.link_or_copy(path, target)
            continue
        vault.rewrite_chunk(path, fresh, lambda _, __, kept=kept: kept)  # type: ignore[misc]
        work.counts["vault", "deleted"] += rows.num_rows - kept.num_rows


def _vault_rows(work: _Work, name: str, rows: pa.Table | None) -> pa.Table | None:
    """Return what is left of a chunk; None where nothing in it can be of a person."""
    if rows is None:
        return None
    if name.startswith("quarantine/"):
        return _without_raw(work, name, rows)
    if "record_key" in rows.column_names:
        gone = pc.is_in(rows["record_key"], value_set=pa.array(sorted(work.records)))
        return rows.filter(pc.invert(gone))
    if name.startswith("crosswalk/"):
        ids = pa.array(sorted(work.ids))
        held = pc.or_(pc.is_in(rows["old"], value_set=ids), pc.is_in(rows["new"], value_set=ids))
        return rows.filter(pc.invert(held))
    left = work.left.get(_batch_of(name))
    return values_without(rows, left.gone, left.blanked) if left is not None else None


def _batch_of(name: str) -> str:
    return next((p.removeprefix("batch=") for p in name.split("/") if p.startswith("batch=")), "")


def _without_raw(work: _Work, name: str, rows: pa.Table) -> pa.Table:
    """Return quarantined bytes without those in which something of the person stands."""
    needles = [value.encode(charset, errors="ignore") for value in work.values
               for charset in ("utf-8", "utf-16-le", "gb18030")]  # fmt: skip
    raws = rows["raw"].to_pylist()
    keeps = [not any(needle in raw for needle in needles if needle) for raw in raws]
    folder = name.rpartition("/")[0]
    for record, is_kept in zip(rows["record_no"].to_pylist(), keeps, strict=True):
        if not is_kept:
            work.payloads |= {f"{folder}#{record}", f"{name}#{record}"}
    return rows.filter(pa.array(keeps, pa.bool_()))


def _telling_values(work: _Work, chunks: list[Path]) -> set[str]:
    """Return the person's clear values that stand in no value of anybody else."""
    own: set[str] = set()
    others: set[str] = set()
    for name, rows in _columns(work, chunks):
        left = work.left.get(_batch_of(name))
        numbers = sorted(left.gone | left.blanked) if left is not None else []
        is_own = pc.is_in(rows["record_no"], value_set=pa.array(numbers, pa.int64()))
        own |= set(rows.filter(is_own)["value"].drop_null().to_pylist())
        others |= set(rows.filter(pc.invert(is_own))["value"].drop_null().to_pylist())
    told = "\n".join(sorted(others))
    return {value for value in map(str.strip, own - others) if _is_telling(value)
            and value not in told}  # fmt: skip


def _columns(work: _Work, chunks: list[Path]) -> Iterator[tuple[str, pa.Table]]:
    for path in chunks:
        name = str(path.parent.relative_to(work.home.vault))
        if "batch=" in name and not name.startswith("quarantine/"):
            yield name, work.vault.open(path)


def _is_telling(value: str) -> bool:
    least = TELLING_LENGTH if value.isascii() else TELLING_LENGTH_CHINESE
    return len(value) >= least and DATE.fullmatch(value) is None

"""Another key for a home: every pseudonym, token and chunk anew, all of it or nothing."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from crm_tasks.errors import SettingsError
from crm_tasks.identity.comparisons import FROZEN_FREQUENCIES
from crm_tasks.identity.model import IdentityModel, value_digest
from crm_tasks.privacy.keys import DEMO_SECRET, derived_key, kept_key, own_secret, write_keyring
from crm_tasks.privacy.rekey import handle_crosswalk, id_crosswalk, rekeyed, token_crosswalk
from crm_tasks.privacy.vault import Vault
from crm_tasks.warehouse.audit import signed_again, verify_audit
from crm_tasks.warehouse.generations import NextGeneration
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.rewriting import (
    next_served_file,
    rewrite_landing,
    rewrite_run_tables,
    rewrite_working_file,
)

if TYPE_CHECKING:
    from pathlib import Path

    from crm_tasks.settings import Settings

MODEL_DIGEST = """
update model_artifacts set artifact_sha256 = ?
where model_kind = ? and profile = ? and model_version = ?"""
STAGES = ("crosswalk", "lake", "vault", "models", "keys", "working", "served", "commit")


@dataclass(frozen=True)
class Rotation:
    """What a rotation did, in counts."""

    operation: str
    n_customers: int
    n_tokens: int


@dataclass(frozen=True)
class _Work:
    settings: Settings
    home: Home
    ledger: Ledger
    generation: NextGeneration
    old: bytes = field(repr=False)
    new: bytes = field(repr=False)

    def vault(self) -> Vault:
        return Vault(self.home.vault, derived_key(self.old, "vault"))

    def next_vault(self) -> Vault:
        return Vault(self.generation.root / "vault", derived_key(self.new, "vault"))


def rotate_key(settings: Settings) -> Rotation:
    """Re-key a home: tokens, ids, vault, models, signatures and the served file.

    The new key comes from ``CRM_NEW_KEY`` where ``CRM_KEY`` holds the old one, else a generated
    one takes the place of the generated one. An encrypted crosswalk from old to new pseudonyms
    stays in the vault, so that actions already sent still join.

    Raises
    ------
    SettingsError
        There is no key to rotate to, or it is the same.
    """
    home = Home(settings.home_path)
    ledger = Ledger(home.ops_file)
    old = own_secret(settings, home.key_file)
    new = _new_secret(settings, old)
    generation = NextGeneration(home, f"rotation-{uuid4()}")
    generation.begin()
    work = _Work(settings, home, ledger, generation, old, new)
    _check_audit(work)
    ids, tokens = _crosswalks(work)
    crosswalk = {**ids, **tokens}
    reached("lake")
    rewrite_run_tables(generation, lambda _, rows: rekeyed(rows, crosswalk))
    rewrite_landing(generation, lambda _, rows: rekeyed(rows, crosswalk))
    reached("vault")
    _rewrite_vault(work, ids, tokens)
    reached("models")
    statements = _rewrite_models(work)
    reached("keys")
    _write_keys(work)
    reached("working")
    rewrite_working_file(generation, settings, lambda _, rows: rekeyed(rows, crosswalk))
    reached("served")
    _, publication, hashes = next_served_file(
        generation, settings, ledger, lambda _, rows: rekeyed(rows, crosswalk)
    )
    reached("commit")
    generation.commit(
        ledger,
        statements=[*statements, *hashes, *_failed_rows(ledger, crosswalk)],
        publication=publication,
        audit={"customers": len(ids), "tokens": len(tokens)},
    )
    return Rotation(generation.operation, len(ids), len(tokens))


def reached(stage: str) -> None:
    """Mark a stage; a crash before ``commit`` leaves the home as it was."""
    assert stage in STAGES  # noqa: S101 (a misspelt stage)


def _new_secret(settings: Settings, old: bytes) -> bytes:
    if settings.key is None:
        return secrets.token_urlsafe(48).encode()
    if settings.new_key is None:
        raise SettingsError("CRM_KEY holds the key in force: give the next one as CRM_NEW_KEY")
    new = settings.new_key.get_secret_value().encode()
    if new == old:
        raise SettingsError("CRM_NEW_KEY is the key in force already")
    return new


def _check_audit(work: _Work) -> None:
    """Sign nothing again that was not whole before."""
    heads = work.home.audit_head_file
    lines = heads.read_text(encoding="utf-8").splitlines() if heads.exists() else []
    rows = work.ledger.store.rows("select * from audit_log order by seq")
    verify_audit(rows, lines, derived_key(work.old, "audit"))
    if lines:
        fresh = work.generation.root / "ops" / heads.name
        fresh.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(signed_again(lines, derived_key(work.new, "audit")), encoding="utf-8")


# --- crosswalk ------------------------------------------------------------------------------------


def _crosswalks(work: _Work) -> tuple[dict[str, str], dict[str, str]]:
    """Return old -> new of customer ids, and of tokens."""
    reached("crosswalk")
    records: set[tuple[str, str]] = set()
    for path in sorted((work.home.lake / "identity" / "records").glob("run=*/*.parquet")):
        rows = pq.read_table(path, columns=["source_system", "source_record_id"], partitioning=None)
        records |= set(zip(*(column.to_pylist() for column in rows.columns), strict=True))
    keys = [derived_key(secret, "customer_id") for secret in (work.old, work.new)]
    ids = id_crosswalk(sorted(records), keys[0], keys[1])
    old, new = (derived_key(secret, "token") for secret in (work.old, work.new))
    tokens = handle_crosswalk(sorted({record for _, record in records}), old, new)
    for batch in work.ledger.store.rows("select * from batches order by landing_sequence"):
        tokens |= _batch_tokens(work, batch, old, new)
    return ids, tokens


def _batch_tokens(work: _Work, batch: dict[str, Any], old: bytes, new: bytes) -> dict[str, str]:
    """Return old -> new token of every identifying value of a batch."""
    folder = work.home.landing / batch["source_system"] / batch["table_name"]
    path = folder / f"batch={batch['batch_id']}" / "rows.parquet"
    if not path.is_file():
        return {}
    names = [n for n in pq.read_schema(path).names if n.endswith("_token")]
    vault = work.vault()
    found: dict[str, str] = {}
    for name in names:
        column = name.removesuffix("_token")
        where = f"{batch['source_system']}/{batch['table_name']}/batch={batch['batch_id']}/{column}"
        if not _is_ours(vault, where):
            continue
        parts = [part for part in map(vault.get, vault.parts(where)) if part is not None]
        values = pa.concat_tables(parts)
        tokens = pq.read_table(path, columns=["record_no", name], partitioning=None)
        joined = tokens.join(values, "record_no", join_type="inner")
        found |= token_crosswalk(joined["value"].to_pylist(), joined[name].to_pylist(), old, new)
    return found


def _is_ours(vault: Vault, name: str) -> bool:
    """Return whether a column lies under this home's own key, and not under the demo key."""
    first = next((vault.root / name).rglob("chunk-*.bin"), None)
    return first is not None and vault.opens(first)


# --- what is written anew -------------------------------------------------------------------------


def _rewrite_vault(work: _Work, ids: dict[str, str], tokens: dict[str, str]) -> None:
    """Encrypt every chunk of our own under the new key; those of the demo key stay as they are."""
    ours, fresh = work.vault(), work.next_vault()
    demo = Vault(ours.root, derived_key(DEMO_SECRET.encode(), "vault"))
    fresh.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in sorted(ours.root.rglob("chunk-*.bin")) if ours.root.is_dir() else ():
        if not ours.opens(path) and demo.opens(path):
            work.generation.link_or_copy(path, fresh.root / path.relative_to(ours.root))
        else:
            ours.rewrite_chunk(path, fresh)
    pairs = [("customer_id", ids), ("token", tokens)]
    table = pa.table(
        {
            "kind": [kind for kind, told in pairs for _ in told],
            "old": [old for _, told in pairs for old in told],
            "new": [new for _, told in pairs for new in told.values()],
        }
    )
    fresh.put(f"crosswalk/{work.generation.operation}", table)


def _rewrite_models(work: _Work) -> list[tuple[str, list[Any]]]:
    """Write the models with their values' digests under the new key."""
    crosswalk = _digest_crosswalk(work)
    statements: list[tuple[str, list[Any]]] = []
    for row in work.ledger.store.rows("select * from model_artifacts order by model_version"):
        path = work.home.root / row["artifact_path"]
        fresh = work.generation.root / row["artifact_path"]
        fresh.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        content = path.read_bytes()
        if row["model_kind"] == "identity":
            content = _rekeyed(content, crosswalk)
        _write_private(fresh, content)
        statements.append(
            (
                MODEL_DIGEST,
                [sha256(content).hexdigest(), row["model_kind"], row["profile"],
                 row["model_version"]],
            )
        )  # fmt: skip
    return statements


def _rekeyed(content: bytes, crosswalk: dict[str, str]) -> bytes:
    """Return an identity model with its values' digests renamed, or as it is if none is known."""
    model = IdentityModel.from_bytes(content)
    frequencies = {
        column: {crosswalk[digest]: n for digest, n in counts.items() if digest in crosswalk}
        for column, counts in model.frequencies.items()
    }
    is_ours = any(frequencies.values()) or not any(model.frequencies.values())
    return replace(model, frequencies=frequencies).to_bytes() if is_ours else content


def _digest_crosswalk(work: _Work) -> dict[str, str]:
    """Return old -> new digest of the values that the vault's comparable records hold."""
    vault = work.vault()
    old, new = (derived_key(secret, "token") for secret in (work.old, work.new))
    found: dict[str, str] = {}
    for profile in vault.parts("identity"):
        for name in vault.parts(profile):
            if not _is_ours(vault, name):
                continue
            rows = vault.get(name)
            for column in FROZEN_FREQUENCIES if rows is not None else ():
                for value in rows[column].unique().drop_null().to_pylist():  # type: ignore[index]
                    digest = value_digest(old, column, value)
                    found[digest] = value_digest(new, column, value)
    return found


def _write_keys(work: _Work) -> None:
    folder = work.generation.root / "keys"
    folder.mkdir(mode=0o700, exist_ok=True)
    if work.settings.key is None:
        _write_private(folder / work.home.key_file.name, work.new)
    kept = kept_key(work.old, "batch", work.home.keyring_file)
    write_keyring(folder / work.home.keyring_file.name, work.new, {"batch": kept})


def _write_private(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _failed_rows(ledger: Ledger, crosswalk: dict[str, str]) -> list[tuple[str, list[Any]]]:
    """Return what renames the keys of rows that failed an expectation."""
    rows = ledger.store.rows("select distinct row_key from dq_failed_rows")
    return [
        ("update dq_failed_rows set row_key = ? where row_key = ?", [crosswalk[key], key])
        for key in (row["row_key"] for row in rows)
        if key in crosswalk
    ]

"""Another key: every pseudonym anew, the same graph, and a crash leaves the old key or the new."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crm_tasks.errors import SettingsError
from crm_tasks.identity.model import IdentityModel
from crm_tasks.privacy.keys import DEMO_SECRET, derived_key, kept_key, keyed_digest
from crm_tasks.privacy.vault import Vault
from crm_tasks.settings import load_settings
from crm_tasks.steps import rotation
from crm_tasks.warehouse.audit import signed_again, verify_audit
from crm_tasks.warehouse.files import sha256_of
from crm_tasks.warehouse.generations import settle
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.publications import served_file
from crm_tasks.warehouse.query import query_served
from tests.flow.small_company import N_CUSTOMERS, N_RECORDS

OLD = DEMO_SECRET.encode()


@pytest.fixture(scope="module")
def owned(published_home, tmp_path_factory):
    """The published home with the demo key as its own: its pseudonyms hang on a key it can change.

    Notes
    -----
    Only tests do this. It saves a second run of the company under a key of its own.
    """
    return own(published_home, tmp_path_factory.mktemp("owned"))


def own(published, folder):
    home = Home(Path(shutil.copytree(published.root, folder / "home", symlinks=True)))
    home.key_file.parent.mkdir(exist_ok=True)
    home.key_file.write_bytes(OLD)
    lines = home.audit_head_file.read_text().splitlines()
    home.audit_head_file.write_text(signed_again(lines, derived_key(OLD, "audit")))
    return home


@pytest.fixture(scope="module")
def rotated(owned, tmp_path_factory):
    home = own(owned, tmp_path_factory.mktemp("rotated"))
    done = rotation.rotate_key(load_settings(home=home.root))
    return home, done, home.key_file.read_bytes()


@pytest.fixture(scope="module")
def crosswalk(rotated):
    home, done, new = rotated
    rows = Vault(home.vault, derived_key(new, "vault")).get(f"crosswalk/{done.operation}")
    return rows.to_pylist()


@pytest.fixture
def again(owned, tmp_path):
    """A home of one's own to rotate."""
    return own(owned, tmp_path)


def test_every_pseudonym_has_a_new_name_in_the_vaults_crosswalk(rotated, crosswalk):
    _, done, new = rotated
    counts = Counter(row["kind"] for row in crosswalk)
    assert counts == {"customer_id": done.n_customers, "token": done.n_tokens}
    assert done.n_customers == N_RECORDS  # each may found a customer
    old_name = keyed_digest(derived_key(OLD, "customer_id"), "shop", "K000")
    new_name = keyed_digest(derived_key(new, "customer_id"), "shop", "K000")
    assert {"kind": "customer_id", "old": old_name, "new": new_name} in crosswalk
    assert len({row["new"] for row in crosswalk}) == len(crosswalk)


def test_no_old_name_is_left_outside_the_vault(rotated, crosswalk):
    home, *_ = rotated
    old = {row["old"] for row in crosswalk}
    seen = 0
    for where, rows in everything(home):
        for name, column in zip(rows.column_names, rows.columns, strict=True):
            if pa.types.is_string(column.type):
                values = set(column.unique().drop_null().to_pylist())
                seen += len(values)
                assert not {v for v in values if old & set(v.split("|"))}, (where, name)
    assert seen > len(old)
    files = [p for p in home.root.rglob("*") if p.is_file() and home.vault not in p.parents]
    needles = [name.encode() for name in sorted(old)[:40]]
    for path in files:
        content = path.read_bytes()
        assert not any(needle in content for needle in needles), path


def test_the_graph_is_the_same_under_its_new_names(owned, rotated, crosswalk):
    home, *_ = rotated
    named = {row["old"]: row["new"] for row in crosswalk}
    for query in (
        "select src_id, dst_id, strength from graph.edges",
        "select customer_id, source_system, source_record_id from identity.records",
    ):
        before, after = (query_served(one, query).to_pylist() for one in (owned, home))
        assert len(before) > N_CUSTOMERS // 2
        expected = Counter(
            frozenset(named.get(v, v) if isinstance(v, str) else v for v in row.values())
            for row in before
        )
        assert Counter(frozenset(row.values()) for row in after) == expected


def test_what_hangs_on_the_tables_follows_them(rotated):
    home, _, new = rotated
    ledger = Ledger(home.ops_file)
    rows = ledger.store.rows("select * from audit_log order by seq")
    heads = home.audit_head_file.read_text().splitlines()
    assert verify_audit(rows, heads, derived_key(new, "audit")) == len(rows)
    assert rows[-1]["action"] == "generation.switched"
    for row in ledger.store.rows("select * from model_artifacts"):
        path = home.root / row["artifact_path"]
        assert sha256_of(path) == row["artifact_sha256"]
        assert path.stat().st_mode & 0o077 == 0
    versions = [p.name for p in home.serve.glob("crm_*.duckdb")]
    assert versions == [served_file(home).name]
    (row,) = ledger.store.rows("select * from publications order by version desc limit 1")
    assert (row["version"], row["file_name"]) == (2, versions[0])


def test_the_models_value_counts_are_those_of_the_new_digests(owned, rotated):
    home, *_ = rotated
    (artifact,) = Ledger(home.ops_file).store.rows(
        "select artifact_path from model_artifacts where model_kind = 'identity'"
    )
    before, after = (
        IdentityModel.from_bytes((one.root / artifact["artifact_path"]).read_bytes()).frequencies
        for one in (owned, home)
    )
    assert before.keys() == after.keys()
    assert any(before.values())
    for column, counts in before.items():
        assert sorted(counts.values()) == sorted(after[column].values())
        assert not counts.keys() & after[column].keys()


def test_a_landed_file_is_known_again_under_the_new_key(rotated):
    home, _, new = rotated
    assert kept_key(new, "batch", home.keyring_file) == derived_key(OLD, "batch")
    with pytest.raises(SettingsError, match="CRM_KEY has to be the new one"):
        kept_key(OLD, "batch", home.keyring_file)


def test_the_old_key_opens_nothing_of_the_vault(rotated):
    home, _, new = rotated
    chunks = sorted(home.vault.rglob("chunk-*.bin"))
    assert len(chunks) > 5
    ours, former = (Vault(home.vault, derived_key(key, "vault")) for key in (new, OLD))
    assert all(ours.opens(chunk) and not former.opens(chunk) for chunk in chunks)


def test_a_second_rotation_finds_all_that_the_first_left(rotated, tmp_path):
    first_home, first, _ = rotated
    home = Home(Path(shutil.copytree(first_home.root, tmp_path / "home", symlinks=True)))
    second = rotation.rotate_key(load_settings(home=home.root))
    assert (first.n_customers, first.n_tokens) == (second.n_customers, second.n_tokens)
    (row,) = query_served(
        home, "select customer_id from identity.records where source_record_id = 'K058'"
    ).to_pylist()
    key = derived_key(home.key_file.read_bytes(), "customer_id")
    assert row["customer_id"] == keyed_digest(key, "shop", "K058")


@pytest.mark.parametrize("stage", ["models", "commit"])
def test_a_rotation_that_breaks_leaves_the_old_key(owned, tmp_path, monkeypatch, stage):
    home = own(owned, tmp_path)
    before = state(home)

    def breaks(reached):
        if reached == stage:
            raise KeyboardInterrupt

    monkeypatch.setattr(rotation, "reached", breaks)
    with pytest.raises(KeyboardInterrupt):
        rotation.rotate_key(load_settings(home=home.root))
    assert (home.root / ".next").exists()
    settle(home)
    assert not (home.root / ".next").exists()
    assert state(home) == before


def test_keys_are_not_mixed_up(again, monkeypatch):
    monkeypatch.setenv("CRM_KEY", "k" * 32)
    with pytest.raises(SettingsError, match="give the next one as CRM_NEW_KEY"):
        rotation.rotate_key(load_settings(home=again.root))
    monkeypatch.setenv("CRM_NEW_KEY", "k" * 32)
    with pytest.raises(SettingsError, match="is the key in force already"):
        rotation.rotate_key(load_settings(home=again.root))


def everything(home):
    """Yield name and rows of every table of the lake, the working file and the served one."""
    for path in home.lake.rglob("*.parquet"):
        yield path.relative_to(home.root), pq.read_table(path, partitioning=None)
    for file in (home.warehouse_file, served_file(home)):
        with duckdb.connect(str(file), read_only=True) as connection:
            for schema, name in connection.execute(
                "select schema_name, table_name from duckdb_tables() where not internal"
            ).fetchall():
                yield (
                    f"{file.name}:{name}",
                    connection.sql(f"from {schema}.{name}").to_arrow_table(),
                )


def state(home):
    """Return the digest of every file but the ops store, and where the links point."""
    return {
        path.relative_to(home.root): path.readlink() if path.is_symlink() else sha256_of(path)
        for path in home.root.rglob("*")
        if (path.is_file() or path.is_symlink()) and not path.name.startswith("ops.sqlite")
        and ".next" not in path.parts
    }  # fmt: skip

"""What is stored, written anew: changed tables with their digests, unchanged ones as they lay."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from crm_tasks.contracts import published_tables
from crm_tasks.settings import load_settings
from crm_tasks.warehouse.files import sha256_of
from crm_tasks.warehouse.generations import NextGeneration
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.publications import served_file
from crm_tasks.warehouse.rewriting import (
    ServedFile,
    rewrite_landing,
    rewrite_run_tables,
    rewrite_served_file,
    rewrite_working_file,
)
from tests.faults.kit import table_hashes
from tests.flow.small_company import AS_OF


@pytest.fixture
def generation(published_home, tmp_path):
    home = Home(Path(shutil.copytree(published_home.root, tmp_path / "home", symlinks=True)))
    begun = NextGeneration(home, "erasure-1")
    begun.begin()
    return begun


@pytest.fixture
def settings(generation):
    return load_settings(home=generation.home.root)


def without(column, value, *tables):
    """Return a transform that leaves the rows of one value out."""

    def transform(name, rows):
        if name not in tables:
            return None
        return rows.filter(pc.invert(pc.equal(rows[column], value)))

    return transform


def test_a_changed_hand_over_gets_its_digest_and_others_stay_as_they_lay(generation):
    transform = without("source_record_id", "K058", "identity.records")
    assert rewrite_run_tables(generation, transform) == {"identity.records": 1}
    fresh = generation.root / "lake"
    for manifest in (fresh / "identity" / "records").rglob("manifest.json"):
        told = json.loads(manifest.read_text())
        assert told["sha256"] == sha256_of(manifest.with_name("rows.parquet"))
        assert told["rows"] == pq.read_metadata(manifest.with_name("rows.parquet")).num_rows
    unchanged = next((generation.home.lake / "identity" / "events").rglob("rows.parquet"))
    twin = fresh / unchanged.relative_to(generation.home.lake)
    assert twin.stat().st_ino == unchanged.stat().st_ino
    assert not (fresh / "landing").exists()


def test_landed_batches_are_written_anew_by_their_folder(generation):
    def transform(folder, rows):
        return rows.slice(1) if folder.parent.name == "members" else None

    rewrite_landing(generation, transform)
    for old in generation.home.landing.rglob("rows.parquet"):
        fresh = generation.root / "lake" / old.relative_to(generation.home.lake)
        fewer = 1 if old.parent.parent.name == "members" else 0
        assert pq.read_metadata(fresh).num_rows == pq.read_metadata(old).num_rows - fewer


def test_the_working_file_is_the_same_but_for_the_rows_that_went(generation, settings):
    transform = without("customer_source_id", "K058", "staging.stg_customers")
    gone = rewrite_working_file(generation, settings, transform)
    name = generation.home.warehouse_file.name
    assert gone == {"staging.stg_customers": 1}
    counts = [count_rows(root / name) for root in (generation.home.root, generation.root)]
    assert counts[0].keys() == counts[1].keys()
    assert {n: counts[0][n] - counts[1][n] for n in counts[0] if counts[0][n] != counts[1][n]} == (
        gone
    )


def test_a_served_file_written_anew_unchanged_has_the_hashes_it_was_published_with(
    generation, settings
):
    home = generation.home
    served = ServedFile(served_file(home), "crm_000002_ab.duckdb", AS_OF.isoformat())
    gone, hashes = rewrite_served_file(generation, settings, lambda *_: None, served)
    assert gone == {}
    published = {key: digest for key, (_, digest) in table_hashes(home).items()}
    assert {key: published[key] for key in hashes} == hashes
    assert len(hashes) == len([table for table in published_tables() if table.writer != "ops"])
    fresh = generation.root / "serve" / "crm_000002_ab.duckdb"
    assert count_rows(fresh) == count_rows(served_file(home))
    assert not fresh.with_name("crm_000002_ab.duckdb.wal").exists()
    export = fresh.with_suffix(".parquet") / "identity" / "records.parquet"
    assert pq.read_metadata(export).num_rows == count_rows(fresh)["identity.records"]


def test_a_row_left_out_of_the_served_file_changes_its_tables_hash(generation, settings):
    home = generation.home
    served = ServedFile(served_file(home), "crm_000002_ab.duckdb", AS_OF.isoformat())
    transform = without("source_record_id", "K058", "identity.records")
    gone, hashes = rewrite_served_file(generation, settings, transform, served)
    assert gone == {"identity.records": 1}
    published = table_hashes(home)
    changed = {name for name, part in hashes if published[name, part][1] != hashes[name, part]}
    assert changed == {"identity.records"}


def count_rows(file):
    with duckdb.connect(str(file), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where not internal"
        ).fetchall()
        return {
            name: connection.sql(f"from {name}").aggregate("count(*)").fetchall()[0][0]
            for (name,) in names
        }

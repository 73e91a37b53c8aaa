"""Batches: all of a file or nothing, and the counts add up."""

from __future__ import annotations

import datetime as dt
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crm_tasks.errors import LandingRefused
from crm_tasks.landing.records import RefusedRecord
from crm_tasks.landing.rows import BatchOrigin, Chunk
from crm_tasks.privacy.vault import Vault
from crm_tasks.profiles import SourceTable
from crm_tasks.warehouse.batches import BatchPlace, landed_manifest, write_batch
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.landed import landed_batches
from crm_tasks.warehouse.ledger import Ledger
from tests.landing.builders import source_table

ORIGIN = BatchOrigin("batch-1", "file-1", dt.datetime.fromisoformat("2024-07-01 03:00"))
KEY = b"k" * 32
TABLE = SourceTable.model_validate(
    source_table(
        {"customers": {"map": {"customer_source_id": "no"}}},
        columns={"no": "plain", "mail": {"identifying": "email"}},
    )
)


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


@pytest.fixture
def place(home):
    return BatchPlace(home, "shop", TABLE, "batch-1")


def chunk(first, n, refused=(), n_blank=0):
    """Return n records from a number on, with what was set aside between them."""
    numbers = list(range(first, first + n))
    rows = {
        "no": [f"K{number}" for number in numbers],
        "mail": [f"person{number}@example.org" for number in numbers],
        "record_no": pa.array(numbers, pa.int64()),
        "byte_offset": pa.array([100 * number for number in numbers], pa.int64()),
    }
    return Chunk(pa.table(rows), tuple(refused), n_blank)


def write(place, chunks, token=1):
    write_batch(place, chunks, ORIGIN, KEY, Vault(place.home.vault, KEY), token)


def files(home):
    return sorted(str(p.relative_to(home.root)) for p in home.root.rglob("*") if p.is_file())


def test_records_are_loaded_quarantined_or_blank(place):
    bad = RefusedRecord(4, 400, b"broken\n", "E_FIELD_COUNT")
    write(place, [chunk(1, 3, [bad], 2), chunk(7, 2)])
    manifest = landed_manifest(place.folder)
    assert manifest is not None
    assert (manifest["n_loaded"], manifest["n_quarantined"], manifest["n_blank"]) == (5, 1, 2)
    assert manifest["n_records"] == 8
    assert manifest["refused"] == [[4, 400, 7, "E_FIELD_COUNT"]]
    rows = pq.read_table(place.folder / "rows.parquet", partitioning=None)
    assert rows.column("record_no").to_pylist() == [1, 2, 3, 7, 8]


def test_the_manifest_holds_no_value_of_the_data(place):
    bad = RefusedRecord(2, 40, b"person2@example.org\n", "E_FIELD_COUNT")
    write(place, [chunk(1, 1, [bad])])
    assert "example.org" not in (place.folder / "manifest.json").read_text()
    assert "K1" not in json.dumps(landed_manifest(place.folder))


def test_identifying_values_and_raw_bytes_lie_in_the_vault_by_record(place):
    bad = RefusedRecord(2, 40, b"person2@example.org\n", "E_FIELD_COUNT")
    write(place, [chunk(1, 1), chunk(3, 1, [bad])])
    vault = Vault(place.home.vault, KEY)
    assert vault.get(f"{place.vault_name}/mail/part-00001").to_pylist() == [
        {"record_no": 3, "value": "person3@example.org"}
    ]
    assert vault.get(f"{place.quarantine_name}/part-00001").to_pylist() == [
        {"record_no": 2, "raw": bad.raw}
    ]
    lake = (place.folder / "rows.parquet").read_bytes()
    assert b"example.org" not in lake


def test_a_file_refused_half_way_leaves_nothing_in_the_lake(place, home):
    def chunks():
        yield chunk(1, 3)
        raise LandingRefused("E_QUOTE: a quote is left open")

    with pytest.raises(LandingRefused, match="E_QUOTE"):
        write(place, chunks())
    assert landed_manifest(place.folder) is None
    assert [name for name in files(home) if name.startswith("lake")] == []


def test_a_file_without_a_record_is_refused(place, home):
    with pytest.raises(LandingRefused, match="E_EMPTY: table things"):
        write(place, [])
    assert files(home) == []


def test_a_folder_without_a_manifest_is_no_batch(place):
    place.folder.mkdir(parents=True)
    (place.folder / "rows.parquet").write_bytes(b"half")
    assert landed_manifest(place.folder) is None
    write(place, [chunk(1, 2)])
    assert landed_manifest(place.folder)["n_loaded"] == 2


def test_the_same_file_gives_the_same_bytes(place, tmp_path):
    write(place, [chunk(1, 3)])
    again = BatchPlace(Home(tmp_path / "other"), "shop", TABLE, "batch-1")
    write(again, [chunk(1, 3)], token=9)
    for name in ("rows.parquet", "manifest.json"):
        assert (place.folder / name).read_bytes() == (again.folder / name).read_bytes()


def test_a_landed_batch_is_found_where_it_was_written(place, home):
    write(place, [chunk(1, 2)])
    row = {
        "batch_id": "batch-1",
        "place": 7,
        "n_loaded": 2,
        "n_quarantined": 0,
        "completes_batch_id": None,
        "source_system": "shop",
        "table_name": "things",
        "landed_at": "2024-07-01 03:00:00.000123",
    }
    (batch,) = landed_batches(home, [row])
    (found,) = home.landing.glob(batch.parquet_glob.removeprefix(f"{home.landing}/"))
    assert pq.read_metadata(found).num_rows == 2
    assert batch.landing_sequence == 7
    assert batch.landed_at == dt.datetime.fromisoformat("2024-07-01 03:00:00.000123")


def test_every_batch_of_a_real_run_is_where_the_ledger_says(published_home):
    rows = Ledger(published_home.ops_file).batches_of_profile("small_company")
    assert len(rows) > 5
    for row, batch in zip(rows, landed_batches(published_home, rows), strict=True):
        folder = published_home.landing / row["source_system"] / row["table_name"]
        (found,) = folder.glob(f"batch={batch.batch_id}/*.parquet")
        assert found.match(batch.parquet_glob)
        assert pq.read_metadata(found).num_rows == row["n_loaded"]
        assert landed_manifest(found.parent)["n_records"] == row["n_records"]

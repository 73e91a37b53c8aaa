"""Every bad file is loaded, set aside record by record, or refused with a reason."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crm_tasks.connectors.files import read_chunks
from crm_tasks.connectors.preflight import Limits, fingerprint
from crm_tasks.errors import LandingRefused
from crm_tasks.landing.rows import BatchOrigin
from crm_tasks.privacy.vault import Vault
from crm_tasks.profiles import SourceTable
from crm_tasks.warehouse.batches import BatchPlace, landed_manifest, write_batch
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.home import Home
from tests.bad_inputs.cases import CASES, CLEAN, COLUMNS, ROWS, Case

pytestmark = pytest.mark.timeout(30)
PACKED = ("gzip", "zip")


def land(path, declared, home, batch="b"):
    """Land one file and return its manifest, the batch's folder and its raw quarantined bytes."""
    table = SourceTable.model_validate(declared)
    before = fingerprint(path, Limits())
    place = BatchPlace(home, "corpus", table, batch)
    vault = Vault(home.vault, b"k" * 32)
    origin = BatchOrigin(batch, before.sha256, utc_now())
    write_batch(place, read_chunks(path, table), origin, b"t" * 32, vault, 1)
    raw = {}
    for part in (home.vault / place.quarantine_name).glob("part-*"):
        kept = vault.get(f"{place.quarantine_name}/{part.name}")
        raw |= {row["record_no"]: row["raw"] for row in kept.to_pylist()}
    return landed_manifest(place.folder), place.folder, raw


def rows_in(folder):
    found = pq.read_table(folder / "rows.parquet", partitioning=None).select(COLUMNS).to_pylist()
    return sorted(tuple(row.values()) for row in found)


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@pytest.fixture
def write(tmp_path):
    def to_file(case: Case):
        path = tmp_path / case.file_name
        path.write_bytes(case.content)
        return path

    return to_file


def test_the_corpus_is_large_and_its_names_are_unique():
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names) >= 90


@pytest.mark.parametrize("case", [c for c in CASES if not c.refused], ids=lambda case: case.name)
def test_records_are_loaded_quarantined_or_blank(case, write, home):
    path = write(case)

    manifest, folder, raw = land(path, case.declared(), home)

    assert Counter(reason for *_, reason in manifest["refused"]) == Counter(case.reasons)
    assert (manifest["n_loaded"], manifest["n_blank"]) == (case.loaded, case.blank)
    total = manifest["n_loaded"] + manifest["n_quarantined"] + manifest["n_blank"]
    assert manifest["n_records"] == total
    assert pq.read_metadata(folder / "rows.parquet").num_rows == case.loaded
    assert sorted(raw) == sorted(number for number, *_ in manifest["refused"])
    if case.declared().get("compression") in PACKED or case.table.get("format") in (
        "xlsx",
        "parquet",
    ):
        return
    for number, offset, length, _ in manifest["refused"]:
        assert raw[number] == case.content[offset : offset + length]


@pytest.mark.parametrize("case", [c for c in CASES if c.refused], ids=lambda case: case.name)
def test_a_file_is_refused_with_a_reason_and_leaves_nothing(case, write, home):
    path = write(case)

    with pytest.raises(LandingRefused, match=f"^{case.refused}: "):
        land(path, case.declared(), home)

    assert [p for p in home.landing.rglob("*") if p.is_file()] == []
    assert path.read_bytes() == case.content


@pytest.mark.parametrize("case", [c for c in CASES if c.mended and c.refused], ids=lambda c: c.name)
def test_a_refused_file_lands_whole_once_the_profile_is_mended(case, write, home):
    _, folder, _ = land(write(case), case.declared(**case.mended), home)

    assert rows_in(folder) == sorted(ROWS)


def test_a_mended_dialect_reads_the_records_that_were_set_aside(write, home, tmp_path):
    mended = [case for case in CASES if case.mended and case.reasons]
    assert mended
    for case in mended:
        _, folder, raw = land(write(case), case.declared(), home, case.name)
        header = ",".join(COLUMNS).replace(",", case.mended.get("delimiter", ",")) + "\n"
        again = tmp_path / "again.csv"
        again.write_bytes(header.encode() + b"".join(raw[n] for n in sorted(raw)))
        _, second, _ = land(again, case.declared(**case.mended), home, f"{case.name}-again")
        clean = [row if row[0] != "5" or "gbk" not in case.name else ("5", "李雷", "1", "5.50")
                 for row in ROWS]  # fmt: skip
        assert sorted(rows_in(folder) + rows_in(second)) == sorted(clean)


def test_the_clean_file_is_clean(write, home):
    manifest, folder, _ = land(write(CASES[0]), CASES[0].declared(), home)

    assert CASES[0].content == CLEAN
    assert rows_in(folder) == sorted(ROWS)
    assert manifest["notes"] == []


def test_oddities_that_do_no_harm_are_noted(write, home):
    by_name = {case.name: case for case in CASES}
    for name in ("37-no-final-newline", "45-mixed-line-ends"):
        manifest, _, _ = land(write(by_name[name]), by_name[name].declared(), home, name)
        assert len(manifest["notes"]) == 1


def test_numbers_and_unknown_keys_of_json_arrive_as_written(write, home):
    by_name = {case.name: case for case in CASES}
    case = by_name["83d-large-integers"]
    _, folder, _ = land(write(case), case.declared(), home)
    rows = pq.read_table(folder / "rows.parquet", partitioning=None)
    assert "9007199254740993" in rows.column("id").to_pylist()
    case = by_name["83m-unknown-key"]
    _, folder, _ = land(write(case), case.declared(unknown_keys="plain"), home, "c")
    payloads = pq.read_table(folder / "rows.parquet", partitioning=None).column("raw_payload")
    assert payloads.drop_null().to_pylist() == ['{"surprise":{"a":[1]}}']
    assert isinstance(payloads, pa.ChunkedArray)

"""Nothing hides from the search: plain, compressed, encrypted, in a database."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crm_tasks.errors import RunStateError
from crm_tasks.privacy.vault import Vault
from crm_tasks.warehouse import byte_scan
from crm_tasks.warehouse.byte_scan import scan_home
from crm_tasks.warehouse.home import Home

NAME, KEY = "Quillon Zwartmoor", b"k" * 32
ROWS = pa.table({"said": [f"ask {NAME} about it", "nothing"]})


def plant_text(home):
    (home.root / "a.log").write_text(f"x\n{NAME}\n")


def plant_chinese(home):
    (home.root / "a.csv").write_bytes("姓名,王小明\n".encode("gb18030"))


def plant_parquet(home):
    pq.write_table(ROWS, home.root / "a.parquet", compression="zstd")


def plant_database(home):
    with duckdb.connect(str(home.root / "a.duckdb")) as connection:
        connection.register("rows_", ROWS)
        connection.execute("create table t as from rows_")


def plant_vault(home):
    Vault(home.vault, KEY).put("shop/people/batch=1/name", ROWS)


def plant_raw_bytes(home):
    raw = pa.table({"raw": pa.array([NAME.encode("utf-16-le")], pa.binary())})
    Vault(home.vault, KEY).put("quarantine/x", raw)


@pytest.mark.parametrize(
    "plant",
    [plant_text, plant_chinese, plant_parquet, plant_database, plant_vault, plant_raw_bytes],
)
def test_a_text_is_found_wherever_it_lies(tmp_path, plant):
    home = Home(tmp_path)
    assert scan_home(home, {NAME, "王小明"}, [Vault(home.vault, KEY)]).is_clean
    plant(home)
    scan = scan_home(home, {NAME, "王小明"}, [Vault(home.vault, KEY)])
    assert not scan.is_clean
    assert (scan.n_files, len(scan.hits)) == (1, 1)
    assert scan_home(home, {"somebody else"}, [Vault(home.vault, KEY)]).is_clean


def test_a_text_across_two_blocks_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(byte_scan, "BLOCK_BYTES", 24)
    plant_text(Home(tmp_path))
    (tmp_path / "b.log").write_text("." * 20 + NAME)
    assert scan_home(Home(tmp_path), {NAME}, []).hits.keys() == {"a.log", "b.log"}


def test_a_chunk_that_opens_under_no_key_is_no_proof(tmp_path):
    home = Home(tmp_path)
    plant_vault(home)
    with pytest.raises(RunStateError, match="opens under no key of this home: not searched"):
        scan_home(home, {NAME}, [Vault(home.vault, b"x" * 32)])

"""Source files: repeatable, whole or absent, dirty at known rates, and without any truth."""

from __future__ import annotations

import hashlib
import json
import sqlite3

import pandas as pd
import pyarrow.parquet as pq
import pytest

from crm_tasks.planted import Company
from crm_tasks.planted import sources as module
from crm_tasks.planted.company import KEY_MARK
from crm_tasks.planted.sources import BAD_CSV_EVERY, ensure_sources, sources_digest, write_sources


def digests(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_size_and_seed_give_the_same_bytes(sources, tmp_path, company) -> None:
    write_sources(tmp_path, company)
    found = digests(tmp_path)
    assert len(found) > 25
    assert found == digests(sources)


def test_at_least_five_systems_speak_in_their_own_formats(sources) -> None:
    systems = {path.name for path in sources.iterdir()}
    assert {"crm", "branch", "shop", "web", "support", "social", "campaigns"} <= systems
    endings = {path.suffix for path in sources.rglob("*.*")}
    assert endings == {".csv", ".parquet", ".sqlite", ".jsonl", ".json"}


def test_the_branch_writes_gbk(sources) -> None:
    raw = (sources / "branch/customers_gbk.csv").read_bytes()
    assert raw.decode("gbk").startswith("客户编号,姓名")
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")


def test_the_shop_says_the_same_in_sqlite_and_parquet(sources) -> None:
    with sqlite3.connect(sources / "shop/shop.sqlite") as connection:
        for table in ("customers", "products", "orders", "order_items"):
            count = f"select count(*) from {table}"
            (n,) = connection.execute(count).fetchone()
            assert n == pq.ParquetFile(sources / f"shop/{table}.parquet").metadata.num_rows
        (total,) = connection.execute("select sum(net_amount) from order_items").fetchone()
    connection.close()
    items = pq.read_table(sources / "shop/order_items.parquet")
    assert total == pytest.approx(float(sum(items.column("net_amount").to_pylist())))


def test_every_order_and_line_has_its_parent(sources) -> None:
    orders = pd.read_parquet(sources / "shop/orders.parquet")
    items = pd.read_parquet(sources / "shop/order_items.parquet")
    customers = pd.read_parquet(sources / "shop/customers.parquet")
    products = pd.read_parquet(sources / "shop/products.parquet")
    assert orders.order_id.is_unique
    assert set(items.order_id) == set(orders.order_id)
    assert set(orders.customer_id) <= set(customers.customer_id)
    assert set(items.product_id) <= set(products.product_id)
    assert orders.ordered_at.max() < pd.Timestamp("2025-01-01")


def test_bad_rows_and_repeats_stand_at_the_declared_rates(sources) -> None:
    lines = (sources / "crm/customers.csv").read_text(encoding="utf-8").splitlines()[1:]
    bad = [line for line in lines if line.endswith(",?")]
    good = [line for line in lines if not line.endswith(",?")]
    assert len(bad) == len(good) // BAD_CSV_EVERY > 0
    assert len(good) - len(set(good)) == pytest.approx(len(good) / 200, abs=2)
    views = (sources / "web/page_views.jsonl").read_text(encoding="utf-8").splitlines()
    broken = [line for line in views if not line.endswith("}")]
    assert len(broken) == (len(views) - len(broken)) // 1_000 > 0


def test_no_file_among_the_sources_holds_a_planted_truth(sources) -> None:
    assert not list(sources.rglob(KEY_MARK))
    words = ("leave_probability", "community", "interest_id", "is_bridge", "uplift", "key_sentence")
    for path in (p for p in sources.rglob("*") if p.suffix in (".csv", ".json", ".jsonl")):
        head = path.read_bytes()[:4_000].decode("utf-8", errors="ignore")
        assert not [word for word in words if word in head], path.name
    with (sources / "support/messages.jsonl").open(encoding="utf-8") as file:
        assert "intent" not in json.loads(file.readline())


def test_sources_are_made_once(tmp_path, monkeypatch) -> None:
    company, calls = Company("S", 3), []
    monkeypatch.setattr(module, "write_sources", lambda folder, _: calls.append(folder))
    first = ensure_sources(tmp_path / "planted", company)
    assert ensure_sources(tmp_path / "planted", company) == first
    assert first.name == sources_digest(company)
    assert len(calls) == 1


def test_a_failure_leaves_no_half_made_folder(tmp_path, monkeypatch) -> None:
    def fail(folder, _):
        (folder / "crm").mkdir()
        raise OSError("no space left")

    monkeypatch.setattr(module, "write_sources", fail)
    with pytest.raises(OSError, match="no space"):
        ensure_sources(tmp_path, Company("S", 3))
    assert list(tmp_path.iterdir()) == []


def test_another_process_may_have_been_quicker(tmp_path, monkeypatch) -> None:
    company = Company("S", 3)

    def meanwhile(_, same):
        other = tmp_path / sources_digest(same)
        other.mkdir()
        (other / "made").touch()

    monkeypatch.setattr(module, "write_sources", meanwhile)
    assert (ensure_sources(tmp_path, company) / "made").exists()
    assert [path.name for path in tmp_path.iterdir()] == [sources_digest(company)]


def test_every_seed_and_size_has_its_own_folder() -> None:
    names = {sources_digest(Company(size, seed)) for size in ("S", "M") for seed in (1, 2)}
    assert len(names) == 4

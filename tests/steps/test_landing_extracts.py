"""What a database holds becomes batches: once, in order, by cursor where declared, or not."""

from __future__ import annotations

import contextlib
import json
import sqlite3

import pyarrow.parquet as pq
import pytest

from crm_tasks.errors import LandingRefused, SourceUnavailable
from crm_tasks.steps import landing_extracts
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.landing_place import declared
from crm_tasks.steps.runner import run_step
from crm_tasks.warehouse.extract_records import EarlierExtracts
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger

PROFILE = """\
profile: shop
title: T
provenance: P
time_zone: UTC
currency_code: EUR
default_as_of: 2026-07-01
is_synthetic: true
uses_demo_key: true
contact: {{channels: [mail]}}
sources:
  - source_system: shop
    database: {{url: sqlite:///shop.db}}
    known_at: {{rule: event}}
    tables:
      - name: orders
        table: orders
        {more}
        columns: {{no: plain, customer: plain, mail: {{identifying: email}}, at: plain}}
        feeds:
          - entity: orders
            map: {{order_source_id: no, customer_source_id: customer, ordered_at: at}}
"""
CURSOR = 'cursor: {column: at, overlap: "2 days"}'


class Shop:
    """A shop's database, and the home its orders land in."""

    def __init__(self, folder, more="null_tokens: ['']"):
        self.folder, self.home = folder, Home(folder / "home")
        (folder / "profile.yml").write_text(PROFILE.format(more=more))
        self.run(
            "create table orders (no integer primary key, customer text, mail text, at timestamp)"
        )
        self.attempts = 0

    def run(self, *statements):
        with contextlib.closing(sqlite3.connect(self.folder / "shop.db")) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    def order(self, *rows):
        values = ", ".join(
            f"({no}, 'c{no}', 'canary{no}@example.org', '2026-01-{day:02d} 10:00:00')"
            for no, day in rows
        )
        self.run(f"insert into orders values {values}")

    def land(self):
        self.attempts += 1
        attempt = Attempt(
            f"a{self.attempts}", str(self.folder / "profile.yml"), str(self.home.root)
        )
        return run_step("land", attempt)

    def ops(self, query):
        return Ledger(self.home.ops_file).store.rows(query)

    def batches(self):
        """Return the order numbers of each batch, in the order of landing."""
        found = self.ops("select batch_id from batches order by landing_sequence")
        folder = self.home.landing / "shop" / "orders"
        files = [folder / f"batch={row['batch_id']}" / "rows.parquet" for row in found]
        return [pq.read_table(f, partitioning=None).column("no").to_pylist() for f in files]

    def watermark(self):
        (row,) = self.ops("select high_watermark from watermarks")
        return row["high_watermark"]


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


@pytest.fixture
def growing(tmp_path):
    return Shop(tmp_path, CURSOR)


def test_an_unchanged_table_lands_nothing_new(shop):
    shop.order((1, 1), (2, 2))
    shop.land()
    shop.run("delete from orders")
    shop.order((2, 2), (1, 1))
    report = shop.land()
    assert shop.batches() == [["1", "2"]]
    assert report["figures"]["read from databases and web"] == 2


def test_content_that_comes_back_is_landed_again_and_then_stands(shop):
    shop.order((1, 1))
    shop.land()
    shop.order((2, 2))
    shop.land()
    shop.run("delete from orders where no = 2")
    shop.land()
    shop.land()
    assert shop.batches() == [["1"], ["1", "2"], ["1"]]


def test_a_retyped_column_is_told_though_its_text_is_the_same(shop):
    shop.order((1, 1))
    shop.land()
    shop.run(
        "alter table orders rename to old",
        "create table orders (no bigint primary key, customer text, mail text, at timestamp)",
        "insert into orders select * from old",
    )
    shop.land()
    (change,) = shop.ops("select column_name, detail from schema_changes where change = 'retyped'")
    assert change == {"column_name": "no", "detail": "integer -> bigint"}


def test_identifying_values_are_nowhere_in_the_home_in_plain(shop):
    shop.order((1, 1))
    shop.land()
    files = [path for path in shop.home.root.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if b"canary" in path.read_bytes()] == []
    assert list(shop.home.temporary.iterdir()) == []


def test_by_cursor_only_new_rows_are_read_and_a_rerun_lands_nothing(growing):
    growing.order(*((no, no) for no in range(1, 21)))
    assert growing.land()["figures"]["read from databases and web"] == 20
    assert growing.watermark() == "2026-01-20 10:00:00"

    growing.order((21, 21))
    # new, and the rows of the two days before the highest one that was landed
    assert growing.land()["figures"]["read from databases and web"] == 1 + 3
    assert growing.land()["figures"]["read from databases and web"] == 3
    assert growing.batches() == [[str(no) for no in range(1, 21)], ["21"]]
    assert growing.watermark() == "2026-01-21 10:00:00"


def test_a_late_row_within_the_overlap_and_a_corrected_one_are_landed_once(growing):
    growing.order((1, 1), (10, 10))
    growing.land()
    growing.order((2, 9))  # late, but not by more than two days
    growing.run("update orders set customer = 'changed' where no = 10")
    growing.land()
    growing.land()
    assert growing.batches() == [["1", "10"], ["2", "10"]]
    assert growing.watermark() == "2026-01-10 10:00:00"


def test_a_row_without_cursor_value_is_landed_once(growing):
    growing.order((1, 1))
    growing.run("insert into orders values (5, 'c', 'x@example.org', null)")
    growing.land()
    growing.run("insert into orders values (6, 'c', 'x@example.org', null)")
    growing.land()
    growing.land()
    assert growing.batches() == [["5", "1"], ["6"]]


def test_two_equal_rows_are_two_rows(tmp_path):
    shop = Shop(tmp_path, CURSOR.replace("at", "no").replace('"2 days"', "0"))
    shop.run(
        "drop table orders",
        "create table orders (no integer, customer text, mail text, at timestamp)",
        *["insert into orders values (1, 'c', 'x@example.org', '2026-01-01')"] * 2,
    )
    shop.land()
    shop.run("insert into orders values (1, 'c', 'x@example.org', '2026-01-01')")
    shop.land()
    assert shop.batches() == [["1", "1"], ["1"]]


def test_the_watermark_moves_only_with_the_batch(growing, monkeypatch):
    growing.order((1, 1))
    growing.land()

    def fail(*_):
        raise RuntimeError("killed before the ledger heard of the batch")

    growing.order((2, 5))
    with monkeypatch.context() as patch:
        patch.setattr(landing_extracts, "record_batch", fail)
        with pytest.raises(RuntimeError):
            growing.land()
    assert growing.watermark() == "2026-01-01 10:00:00"
    growing.land()
    assert growing.batches() == [["1"], ["2"]]
    assert growing.watermark() == "2026-01-05 10:00:00"


def test_a_watermark_set_back_by_hand_is_where_reading_begins(growing):
    growing.order((1, 1), (2, 10), (3, 20))
    growing.land()
    with Ledger(growing.home.ops_file).store.transaction() as connection:
        connection.execute("update watermarks set high_watermark = '2026-01-10 00:00:00'")
    growing.order((4, 12))
    assert growing.land()["figures"]["read from databases and web"] == 3
    assert growing.batches()[1] == ["2", "4"]  # what was not kept for comparing is landed again


def test_two_profiles_of_one_table_do_not_move_each_other_s_cursor(growing):
    growing.order((1, 1))
    growing.land()
    mine = (growing.folder / "profile.yml").read_text()
    growing.order((2, 10))
    (growing.folder / "profile.yml").write_text(mine.replace("profile: shop", "profile: other"))
    growing.land()
    growing.order((3, 20))
    growing.land()
    (growing.folder / "profile.yml").write_text(mine)
    growing.land()
    assert growing.batches() == [["1"], ["1", "2"], ["3"], ["2", "3"]]


def test_a_run_without_the_cursor_reads_all_and_the_next_one_too(growing):
    growing.order((1, 1), (2, 2))
    growing.land()
    growing.run("delete from orders where no = 1")
    with_cursor = (growing.folder / "profile.yml").read_text()
    (growing.folder / "profile.yml").write_text(with_cursor.replace(CURSOR, "may_be_empty: false"))
    growing.land()
    (growing.folder / "profile.yml").write_text(with_cursor)
    growing.order((3, 20))
    assert growing.land()["figures"]["read from databases and web"] == 2
    assert growing.land()["figures"]["read from databases and web"] == 1
    assert growing.batches() == [["1", "2"], ["2"], ["2", "3"]]


def test_rows_a_full_extract_sets_aside_are_released_when_it_is_clean(shop):
    shop.order((1, 1))
    shop.run("insert into orders values (2, 'bell' || char(7), 'x@example.org', '2026-01-02')")
    shop.land()
    (row,) = shop.ops("select reason, released_at from quarantine")
    assert (row["reason"], row["released_at"]) == ("E_CONTROL_CHAR", None)
    shop.run("update orders set customer = 'c2' where no = 2")
    shop.land()
    (row,) = shop.ops("select released_at from quarantine")
    assert row["released_at"] is not None
    (batch, mended) = shop.ops("select * from batches order by landing_sequence")
    assert (batch["n_records"], batch["n_loaded"], batch["n_quarantined"]) == (2, 1, 1)
    assert (mended["n_records"], mended["n_loaded"], mended["n_quarantined"]) == (2, 2, 0)


def test_an_empty_table_is_refused_unless_it_may_be_empty(shop, tmp_path):
    with pytest.raises(LandingRefused, match="E_EMPTY"):
        shop.land()
    (tmp_path / "profile.yml").write_text(PROFILE.format(more="may_be_empty: true"))
    shop.land()
    assert shop.batches() == [[]]
    shop.order((1, 1))
    shop.land()
    assert shop.batches() == [[], ["1"]]


def test_a_source_that_is_gone_lands_nothing_and_says_which(shop, tmp_path, monkeypatch):
    (tmp_path / "shop.db").unlink()
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    with pytest.raises(SourceUnavailable, match="source shop: no file"):
        shop.land()
    assert shop.ops("select * from batches") == []


def test_how_a_table_is_read_is_part_of_what_a_batch_is(growing):
    from crm_tasks.profiles import load_profile

    profile = load_profile(str(growing.folder / "profile.yml"))
    (table,) = profile.sources[0].tables
    assert json.loads(declared(table))["format"] == "rows"
    earlier = EarlierExtracts(
        Ledger(growing.home.ops_file), growing.home, profile.profile, "shop", table
    )
    assert (earlier.reached(), earlier.last_two()) == (None, [])

"""Whole deliveries of a table, and what records say of deletions: the views, run in DuckDB."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crm_tasks.landing.snapshots import deliveries
from crm_tasks.landing.views import landing_views_sql
from crm_tasks.warehouse.connection import file_engine
from tests.landing.builders import LANDED_AT, landed, profile, source_table, view

ORDERS = {
    "orders": {
        "map": {"order_source_id": "order", "ordered_at": "at", "status": "state"},
        "one_row_per": ["order"],
    }
}


def told(**about):
    """Return a profile whose one table feeds products by id and name."""
    feed = {"products": {"map": {"product_source_id": "id", "name": "name"}}}
    return profile(source_table(feed, **about))


def batch(folder, ids, sequence, **about):
    rows = {"id": ids, "name": [f"name {n}" for n in ids]}
    return replace(landed(folder, rows, sequence=sequence), **about)


def seen(folder, company, batches, entity="products", key="product_source_id"):
    """Return batch, key and whether it deletes of every row."""
    rows = view(folder, company, batches, entity).to_pylist()
    return [(row["landing_sequence"], row[key], row["is_deletion"]) for row in rows]


def deletions(rows):
    return [(sequence, key) for sequence, key, is_deletion in rows if is_deletion]


# --- full tables ----------------------------------------------------------------------------------


def test_what_the_next_delivery_of_a_full_table_lacks_is_deleted_by_it(tmp_path):
    batches = [batch(tmp_path, ids, n) for n, ids in enumerate((["a", "b"], ["b", "c"], ["c"]), 1)]
    rows = seen(tmp_path, told(load="full"), batches)
    assert deletions(rows) == [(2, "a"), (3, "b")]
    assert len(rows) == 5 + 2


def test_a_key_that_comes_back_is_said_again_by_the_delivery_that_has_it(tmp_path):
    batches = [batch(tmp_path, ids, n) for n, ids in enumerate((["a"], ["b"], ["a"]), 1)]
    assert seen(tmp_path, told(load="full"), batches) == [
        (1, "a", False), (2, "a", True), (2, "b", False), (3, "b", True), (3, "a", False),
    ]  # fmt: skip


def test_an_append_table_deletes_nothing_by_silence(tmp_path):
    batches = [batch(tmp_path, ["a"], 1), batch(tmp_path, ["b"], 2)]
    assert deletions(seen(tmp_path, told(), batches)) == []


def test_a_deletion_says_when_it_became_known_and_nothing_else(tmp_path):
    batches = [batch(tmp_path, ["a", "b"], 1), batch(tmp_path, ["b"], 2)]
    rows = view(tmp_path, told(load="full"), batches, "products").to_pylist()
    (gone,) = [row for row in rows if row["is_deletion"]]
    assert (gone["known_at_rule"], gone["landed_at"], gone["record_no"]) == (
        "landing",
        LANDED_AT,
        0,
    )
    assert (gone["batch_id"], gone["name"]) == ("shop-things-2", None)


def test_a_delivery_with_records_in_quarantine_deletes_nothing_until_they_are_read(tmp_path):
    first, torn, last = (
        batch(tmp_path, ["a", "b"], 1),
        batch(tmp_path, ["b", "d"], 2, n_missing=1),
        batch(tmp_path, ["b"], 3),
    )
    company = told(load="full")
    assert deletions(seen(tmp_path, company, [first, torn])) == []
    # The next whole one is compared with all since the last whole one.
    assert sorted(deletions(seen(tmp_path, company, [first, torn, last]))) == [(3, "a"), (3, "d")]
    part = replace(batch(tmp_path, ["a"], 4), landing_sequence=2, is_part=True)
    mended = replace(torn, n_missing=0)
    assert deletions(seen(tmp_path, company, [first, mended, part])) == []


def test_a_delivery_too_small_to_be_true_deletes_nothing(tmp_path):
    ids = [f"k{n}" for n in range(10)]
    whole, torn, next_one = (
        batch(tmp_path, some, n, n_loaded=len(some))
        for n, some in enumerate((ids, ids[:3], ids[1:]), 1)
    )
    assert deletions(seen(tmp_path, told(load="full"), [whole, torn])) == []
    assert deletions(seen(tmp_path, told(load="full"), [whole, torn, next_one])) == [(3, "k0")]
    small = told(load="full", volume={"at_least_share": 0.2})
    assert len(deletions(seen(tmp_path, small, [whole, torn]))) == 7
    warned = told(load="full", volume={"at_least_share": 0.9, "otherwise": "warn"})
    assert len(deletions(seen(tmp_path, warned, [whole, torn]))) == 7


def test_parts_follow_the_delivery_they_complete(tmp_path):
    whole, part, other = (
        batch(tmp_path, ["a"], 1),
        batch(tmp_path, ["b"], 5),
        batch(tmp_path, [], 3),
    )
    part = replace(part, landing_sequence=1, is_part=True)
    orphan = replace(batch(tmp_path, ["c"], 7), is_part=True)
    assert deliveries([part, orphan, other, whole]) == [[whole, part], [other]]


def test_only_shown_batches_are_read_and_their_deletions_found_all_the_same(tmp_path):
    batches = [batch(tmp_path, ids, n) for n, ids in enumerate((["a", "b"], ["b"], ["b", "c"]), 1)]
    company = told(load="full")
    with file_engine(tmp_path, "1GB", threads=1) as connection:
        connection.execute(landing_views_sql(company, batches, {batches[1].batch_id}))
        rows = connection.execute(
            "select product_source_id, is_deletion from landing.landing_products order by 1"
        ).fetchall()
    assert rows == [("a", True), ("b", False)]


# --- records that delete --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "deleted"),
    [({"is_in": ["gone"]}, ["b"]), ({"is_not_in": ["here"]}, ["b", "c"])],
)
def test_records_delete_as_the_profile_says(tmp_path, rule, deleted):
    company = told(columns=dict.fromkeys(("id", "name"), "plain"),
                   deleted_when={"column": "name", **rule})  # fmt: skip
    rows = {"id": ["a", "b", "c"], "name": ["here", "gone", None]}
    seen_rows = seen(tmp_path, company, [landed(tmp_path, rows)])
    assert [key for _, key in deletions(seen_rows)] == deleted


def test_a_record_that_does_not_say_what_it_deletes_is_a_broken_record(tmp_path):
    company = told(deleted_when={"column": "name", "is_in": ["gone"]})
    rows = {"id": [" ", "b"], "name": ["gone", "gone"]}
    assert deletions(seen(tmp_path, company, [landed(tmp_path, rows)])) == [(1, "b")]


def test_an_order_of_lines_is_deleted_when_all_its_lines_are(tmp_path):
    columns = dict.fromkeys(("order", "at", "state"), "plain")
    company = profile(
        source_table(ORDERS, columns=columns, deleted_when={"column": "state", "is_in": ["void"]})
    )
    rows = {
        "order": ["1", "1", "2", "2"],
        "at": ["t1", "t2", "t3", "t4"],
        "state": ["void", "booked", "void", "void"],
    }
    found = view(tmp_path, company, [landed(tmp_path, rows)], "orders").to_pylist()
    said = [(r["order_source_id"], r["ordered_at"], r["is_deletion"]) for r in found]
    assert said == [("1", "t2", False), ("2", "t3", True)]


# --- columns that came later ----------------------------------------------------------------------


def test_batches_of_before_an_optional_column_hold_null_there(tmp_path):
    columns = dict.fromkeys(("id", "name", "brand"), "plain")
    feed = {"products": {"map": {"product_source_id": "id", "brand": "brand"}}}
    company = profile(source_table(feed, columns=columns, optional_columns=["brand"]))
    old = landed(tmp_path, {"id": ["1"], "name": ["a"]}, sequence=1)
    rows = view(tmp_path, company, [old], "products").to_pylist()
    assert [(row["product_source_id"], row["brand"]) for row in rows] == [("1", None)]
    new = landed(tmp_path, {"id": ["2"], "name": ["b"], "brand": ["x"]}, sequence=2)
    rows = view(tmp_path, company, [old, new], "products").to_pylist()
    assert [(row["product_source_id"], row["brand"]) for row in rows] == [("1", None), ("2", "x")]

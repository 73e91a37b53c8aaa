"""The landing views, run in DuckDB: a profile's mapping as rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from crm_tasks.contracts.entities import ENTITIES, METADATA
from crm_tasks.landing.views import landing_views_sql
from tests.landing.builders import LANDED_AT, landed, profile, source_table, view

ORDERS = {
    "orders": {
        "map": {
            "order_source_id": "order",
            "customer_source_id": "who",
            "ordered_at": "at",
            "status": "state",
            "channel": {"constant": "store"},
        },
        "one_row_per": ["order"],
    }
}
ORDER_COLUMNS = dict.fromkeys(("order", "who", "at", "state"), "plain")


def products(**mapping):
    """Return a feed of products by the columns id and name."""
    return {"products": {"map": {"product_source_id": "id", **mapping}}}


def values(rows, *names):
    return [tuple(row[name] for name in names) for row in rows.to_pylist()]


# --- entities -------------------------------------------------------------------------------------


@pytest.mark.parametrize("entity", ENTITIES)
def test_an_entity_nobody_feeds_has_all_its_columns_and_no_row(tmp_path, entity):
    told = profile(source_table(products()))
    rows = view(tmp_path, told, [], entity)
    assert rows.num_rows == 0
    assert rows.column_names == [*ENTITIES[entity].field_names, *METADATA]


def test_fed_or_not_a_view_has_the_same_columns_and_types(tmp_path):
    told = profile(source_table(products(name="name")))
    batch = landed(tmp_path, {"id": ["1"], "name": ["a"]})
    fed = view(tmp_path, told, [batch], "products").schema
    assert fed.equals(view(tmp_path, told, [], "products").schema)
    fields = fed.names[: -len(METADATA)]
    assert {str(fed.field(name).type) for name in fields} == {"string"}
    types = {name: str(fed.field(name).type) for name in METADATA}
    assert types["landing_sequence"] == types["record_no"] == "int64"
    assert types["landed_at"] == "timestamp[us]"


def test_every_row_says_where_it_came_from(tmp_path):
    told = profile(source_table(products()))
    batches = [landed(tmp_path, {"id": ["1", "2"], "name": ["a", "b"]}, sequence=n) for n in (4, 9)]
    rows = view(tmp_path, told, batches, "products")
    assert values(rows, "batch_id", "landing_sequence", "source_file_sha256", "record_no") == [
        ("shop-things-4", 4, "file-4", 1),
        ("shop-things-4", 4, "file-4", 2),
        ("shop-things-9", 9, "file-9", 1),
        ("shop-things-9", 9, "file-9", 2),
    ]
    assert set(values(rows, "source_system", "landed_at", "known_at_rule")) == {
        ("shop", LANDED_AT, "event")
    }
    assert set(values(rows, "known_at_lag_days")) == {(0,)}


def test_two_sources_feed_one_entity_side_by_side(tmp_path):
    told = profile(
        shop=[source_table(products(), columns={"id": "plain", "name": "plain"})],
        till=[source_table(products(name={"constant": "till"}))],
    )
    batches = [
        landed(tmp_path, {"id": ["1"], "name": ["a"]}, "shop/things", 1),
        landed(tmp_path, {"id": ["1"], "name": ["a"]}, "till/things", 2),
    ]
    rows = view(tmp_path, told, batches, "products")
    assert values(rows, "source_system", "product_source_id", "name") == [
        ("shop", "1", None),
        ("till", "1", "till"),
    ]


def test_a_table_without_a_batch_adds_nothing_and_stops_nothing(tmp_path):
    told = profile(shop=[source_table(products())], till=[source_table(products(), name="others")])
    rows = view(tmp_path, told, [landed(tmp_path, {"id": ["1"], "name": ["a"]})], "products")
    assert values(rows, "source_system") == [("shop",)]


def test_one_table_feeds_two_entities_and_unmapped_fields_are_null(tmp_path):
    feeds = {**products(), "customers": {"map": {"customer_source_id": "name"}}}
    batch = landed(tmp_path, {"id": ["1"], "name": ["Ann"]})
    told = profile(source_table(feeds))
    assert values(view(tmp_path, told, [batch], "products"), "product_source_id", "name") == [
        ("1", None)
    ]
    people = view(tmp_path, told, [batch], "customers")
    assert values(people, "customer_source_id", "age_band") == [("Ann", None)]


# --- values ---------------------------------------------------------------------------------------


def test_null_tokens_of_a_csv_are_null_and_near_misses_are_not(tmp_path):
    told = profile(source_table(products(name="name"), null_tokens=["", "n/a", "-"]))
    names = ["", "n/a", "-", " ", "N/A", "--", "a"]
    batch = landed(tmp_path, {"id": [str(n) for n in range(7)], "name": names})
    rows = view(tmp_path, told, [batch], "products")
    assert values(rows, "name") == [(None,), (None,), (None,), (" ",), ("N/A",), ("--",), ("a",)]


def test_without_null_tokens_every_text_is_a_value(tmp_path):
    told = profile(source_table(products(name="name"), null_tokens=[]))
    batch = landed(tmp_path, {"id": ["1", "2"], "name": ["", "a"]})
    assert values(view(tmp_path, told, [batch], "products"), "name") == [("",), ("a",)]


def test_parquet_has_nulls_of_its_own_so_an_empty_text_stays(tmp_path):
    told = profile(source_table(products(name="name"), format="parquet"))
    batch = landed(tmp_path, {"id": ["1", "2"], "name": ["", None]})
    assert values(view(tmp_path, told, [batch], "products"), "name") == [("",), (None,)]


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ({"is_in": ["FUEL", "it's"]}, ["true", "true", "false", "false", "false"]),
        ({"is_not_in": ["FUEL", "it's"]}, ["false", "false", "true", "true", "true"]),
        (
            {"is_in": ["FUEL"], "then": "it's out", "otherwise": "in"},
            ["it's out", "in", "in", "in", "in"],
        ),
    ],
)
def test_a_membership_is_true_or_false_for_null_too(tmp_path, test, expected):
    """NULL, and a null token, are in no list: never a third answer."""
    told = profile(source_table(products(is_countable={"column": "name", **test})))
    names = ["FUEL", "it's", "fuel", "", None]
    batch = landed(tmp_path, {"id": ["1", "2", "3", "4", "5"], "name": names})
    rows = view(tmp_path, told, [batch], "products")
    assert [value for (value,) in values(rows, "is_countable")] == expected


def test_a_key_of_several_columns_is_null_if_one_is_missing(tmp_path):
    told = profile(source_table(products(sku={"concat": ["id", "name"]})))
    batch = landed(tmp_path, {"id": ["1", "2", ""], "name": ["a", "", "c"]})
    rows = view(tmp_path, told, [batch], "products")
    assert values(rows, "sku") == [("1-a",), (None,), (None,)]


def test_words_are_turned_into_the_fields_own_and_others_stay(tmp_path):
    scores = {"column": "name", "words": {"五": "5", "it's": "1"}}
    feeds = {"reviews": {"map": {"review_source_id": "id", "reviewed_at": "id", "score": scores}}}
    names = ["五", " it's ", "\uff13", "六", None, ""]
    batch = landed(tmp_path, {"id": list("123456"), "name": names})
    rows = view(tmp_path, profile(source_table(feeds)), [batch], "reviews")
    # A number of another width is read as a number, listed or not.
    assert [score for (score,) in values(rows, "score")] == ["5", "1", "3", "六", None, None]


def test_values_and_names_cannot_end_their_quotes(tmp_path):
    odd, planted = "a (b) -- drop", "it's\n;\n'); drop schema landing; --"
    table = source_table(
        {"products": {"map": {"product_source_id": odd, "name": {"constant": planted}}}},
        columns={odd: "plain"},
        null_tokens=["'", "''", "\\"],
    )
    batch = landed(tmp_path, {odd: ["1", "'"]})
    rows = view(tmp_path, profile(table), [batch], "products")
    assert values(rows, "product_source_id", "name") == [("1", planted), (None, planted)]


def test_an_identifying_key_is_read_as_its_token(tmp_path):
    table = source_table(
        {"customers": {"map": {"customer_source_id": "mail_token"}}},
        columns={"mail": {"identifying": "email"}},
    )
    batch = landed(tmp_path, {"mail_token": ["t1", None], "mail_status": ["valid", "empty"]})
    rows = view(tmp_path, profile(table), [batch], "customers")
    assert values(rows, "customer_source_id") == [("t1",), (None,)]


# --- one row out of many --------------------------------------------------------------------------


def test_the_first_record_of_a_group_speaks_for_all_of_it(tmp_path):
    """Its gaps too: a field taken from another record would not be that record's."""
    told = profile(source_table(ORDERS, columns=ORDER_COLUMNS))
    batch = landed(
        tmp_path,
        {
            "record_no": [4, 2, 3, 1],
            "order": ["B", "A", "A", "B"],
            "who": ["late", "Ann", "Bob", "Cid"],
            "at": ["9", "10", "11", "12"],
            "state": ["paid", "", "sent", ""],
        },
    )
    rows = view(tmp_path, told, [batch], "orders")
    fields = ("record_no", "order_source_id", "customer_source_id", "ordered_at", "status")
    assert values(rows, *fields, "channel", "store_id") == [
        (1, "B", "Cid", "12", None, "store", None),
        (2, "A", "Ann", "10", None, "store", None),
    ]


def test_batches_are_grouped_each_for_itself(tmp_path):
    """An order landed again is told twice: which one counts is decided by landing order, later."""
    told = profile(source_table(ORDERS, columns=ORDER_COLUMNS))
    lines = {"order": ["A", "A"], "who": ["Ann", "Ann"], "at": ["10", "10"], "state": ["", ""]}
    batches = [landed(tmp_path, lines, sequence=n) for n in (1, 2)]
    rows = view(tmp_path, told, batches, "orders")
    assert values(rows, "landing_sequence", "order_source_id") == [(1, "A"), (2, "A")]


def test_records_without_the_group_s_key_are_one_group(tmp_path):
    """Staging rejects it for its missing key; nothing is silently dropped here."""
    told = profile(source_table(ORDERS, columns=ORDER_COLUMNS))
    lines = {"order": [None, None], "who": ["Ann", "Bob"], "at": ["1", "2"], "state": ["", ""]}
    rows = view(tmp_path, told, [landed(tmp_path, lines)], "orders")
    assert values(rows, "order_source_id", "customer_source_id") == [(None, "Ann")]


def test_a_later_file_may_lack_or_reorder_columns(tmp_path):
    told = profile(source_table(products(name="name"), format="parquet"))
    batches = [
        landed(tmp_path, {"id": ["1"], "name": ["a"]}, sequence=1),
        landed(tmp_path, {"name": ["b"], "id": ["2"]}, sequence=2),
        landed(tmp_path, {"id": ["3"]}, sequence=3),
    ]
    rows = view(tmp_path, told, batches, "products")
    assert values(rows, "product_source_id", "name") == [("1", "a"), ("2", "b"), ("3", None)]


def test_the_text_is_the_same_for_the_same_profile_and_batches(tmp_path):
    told = profile(source_table(products()))
    batches = [landed(tmp_path, {"id": ["1"], "name": ["a"]})]
    assert landing_views_sql(told, batches) == landing_views_sql(told, batches)
    assert landing_views_sql(told, batches).count("create or replace view") == len(ENTITIES)


def test_two_different_pairs_never_make_the_same_key(tmp_path):
    table = source_table(
        {"products": {"map": {"product_source_id": {"concat": ["id", "name"]}}}},
        columns={"id": "plain", "name": "plain"},
    )
    parts = {"id": ["1-2", "1", "a~", "a", "a-"], "name": ["3", "2-3", "-b", "~-b", "b"]}
    rows = view(tmp_path, profile(table), [landed(tmp_path, parts)], "products")
    keys = [key for (key,) in values(rows, "product_source_id")]
    assert len(set(keys)) == len(keys) == 5


def test_what_landed_before_a_source_went_live_is_history(tmp_path):
    told = profile(source_table(products()))
    live = {"rule": "landing", "lag_days": 3, "live_since": "2024-07-02"}
    (source,) = told.model_dump(exclude_defaults=True)["sources"]
    told = type(told).model_validate(
        told.model_dump(exclude_defaults=True) | {"sources": [source | {"known_at": live}]}
    )
    history = landed(tmp_path, {"id": ["1"], "name": ["a"]}, sequence=1)
    later = replace(
        landed(tmp_path, {"id": ["2"], "name": ["b"]}, sequence=2),
        landed_at=LANDED_AT + dt.timedelta(days=1),
    )
    rows = view(tmp_path, told, [history, later], "products")
    assert values(rows, "product_source_id", "known_at_rule", "known_at_lag_days") == [
        ("1", "event", 3),
        ("2", "landing", 3),
    ]

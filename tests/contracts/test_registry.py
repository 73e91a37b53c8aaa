from __future__ import annotations

import pytest

from crm_tasks.contracts import all_tables, find_table, published_tables
from crm_tasks.contracts.entities import ENTITIES, METADATA
from crm_tasks.contracts.registry import FLOW
from crm_tasks.errors import ContractError


def test_tables_come_in_the_order_of_the_flow() -> None:
    schemas = [table.schema for table in all_tables()]
    assert list(dict.fromkeys(schemas)) == list(FLOW)
    assert schemas == sorted(schemas, key=FLOW.index)


def test_no_table_is_declared_twice() -> None:
    names = [table.full_name for table in all_tables()]
    assert len(set(names)) == len(names)


def test_readers_see_everything_but_staging() -> None:
    published = {table.schema for table in published_tables()}
    assert published == set(FLOW) - {"staging"}


def test_a_table_is_found_by_its_full_name() -> None:
    assert find_table("graph.edges").key == ("src_id", "dst_id", "edge_type")


def test_a_mistyped_table_is_refused_naming_the_nearest() -> None:
    with pytest.raises(ContractError, match=r"'graph\.edge'; did you mean 'graph\.edges'\?"):
        find_table("graph.edge")


def test_every_derived_table_says_for_which_date_it_was_computed() -> None:
    derived = ("identity", "features", "graph", "ml", "strategy", "evaluation", "bi")
    tables = [table for table in all_tables() if table.schema in derived]
    assert tables
    assert [t.full_name for t in tables if "as_of_date" not in t.column_names] == []


def test_run_ids_and_wall_time_stand_in_ops_only() -> None:
    outside = [table for table in all_tables() if table.schema != "ops"]
    wall = {"run_id", "created_at", "loaded_at", "updated_at", "run_at", "built_at"}
    assert {
        t.full_name: wall & set(t.column_names) for t in outside if wall & set(t.column_names)
    } == {}


def test_every_column_says_what_it_means_and_every_table_its_grain() -> None:
    for table in all_tables():
        assert table.grain.startswith("One row per "), table.full_name
        assert all(column.meaning.strip() for column in table.columns), table.full_name


def test_no_published_column_holds_a_direct_identifier() -> None:
    identifiers = {
        "display_name", "given_name", "family_name", "email", "email_primary", "phone",
        "phone_primary_e164", "address", "street", "birth_date", "cookie", "handle",
    }  # fmt: skip
    columns = {f"{t.full_name}.{c}" for t in published_tables() for c in t.column_names}
    assert columns
    assert [name for name in columns if name.rsplit(".", 1)[1] in identifiers] == []


# --- entities -------------------------------------------------------------------------------------


def test_the_key_of_an_entity_is_required() -> None:
    for entity in ENTITIES.values():
        required = {field.name for field in entity.fields if field.is_required}
        assert set(entity.key) <= required, entity.name


def test_an_entity_has_at_most_one_moment_it_happened_at() -> None:
    for entity in ENTITIES.values():
        moments = [field for field in entity.fields if field.is_event_time]
        assert len(moments) <= 1, entity.name
        assert all(field.kind in ("timestamp", "date") for field in moments), entity.name
    event_time = ENTITIES["orders"].event_time
    assert event_time is not None
    assert event_time.name == "ordered_at"
    assert ENTITIES["coupons"].event_time is None


def test_fields_do_not_collide_with_where_a_row_comes_from() -> None:
    for entity in ENTITIES.values():
        assert not set(entity.field_names) & METADATA.keys(), entity.name


def test_only_numbers_have_limits_and_only_words_a_vocabulary_in_lower_case() -> None:
    fields = [field for entity in ENTITIES.values() for field in entity.fields]
    assert {field.kind for field in fields if field.words} == {"word"}
    assert all(field.words for field in fields if field.kind == "word")
    assert all(word == word.lower() for field in fields for word in field.words)
    limited = {f.kind for f in fields if f.least is not None or f.most is not None}
    assert limited <= {"integer", "decimal", "decimal4", "number"}


def test_texts_cookies_and_devices_are_known_by_their_tokens_alone() -> None:
    named = {"text", "content", "message", "cookie", "device", "anonymous", "handle"}
    bare = [
        f"{entity.name}.{field.name}"
        for entity in ENTITIES.values()
        for field in entity.fields
        if field.name.removesuffix("_id") in named and field.kind != "token"
    ]
    assert bare == []
    ending = [f.kind for e in ENTITIES.values() for f in e.fields if f.name.endswith("_token")]
    assert set(ending) == {"token"}

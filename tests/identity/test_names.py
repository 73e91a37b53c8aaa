"""A name is the same name in whatever script, order, title or spelling it was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tasks.identity.lexicon import COMPOUND_SURNAMES, SHORT_FORMS, SURNAMES
from crm_tasks.identity.names import (
    NO_NAME,
    parse_display_name,
    parse_name,
    parse_parts,
    pinyin,
    simplified,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anne Weatherby", "WEATHERBY, Anne"),
        ("Anne Weatherby", "Ms. Anne  Weatherby"),
        ("Jürgen Müller", "Muller Jurgen"),
        ("Bob Smith", "Robert Smith"),
        ("王小明", "Wang Xiaoming"),
        ("王小明", "Xiaoming Wang"),
        ("王小明", "Wang Xiao Ming"),
        ("张伟", "張偉"),
        ("张伟先生", "Zhang Wei"),
        ("欧阳娜娜", "Ouyang Nana"),
        ("吕杰", "Lü Jie"),
        ("曾敏", "Zeng Min"),
        ("Ａｎｎｅ Weatherby", "Anne Weatherby"),  # noqa: RUF001
    ],
)
def test_these_are_one_name(one, other):
    assert parse_name(one).full == parse_name(other).full != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("Anne Weatherby", "Anna Weatherby"), ("王伟", "王玮明"), ("Mark Lee Jr.", "Mark Lee")],
)
def test_these_are_two(one, other):
    assert parse_name(one).full != parse_name(other).full


def test_characters_tell_apart_what_sounds_the_same():
    one, other = parse_name("李静"), parse_name("李婧")
    assert one.full == other.full
    assert one.zh != other.zh


def test_a_suffix_is_no_family_name():
    found = parse_name("Mark Weatherby Jr.")
    assert (found.given, found.family, found.full) == ("mark", "weatherby", "jr mark weatherby")


def test_an_initial_stands_for_every_name_it_begins():
    found = parse_name("J. Smith")
    assert found.has_initial
    assert found.short == parse_name("Joan Smith").short == parse_name("Smith, James").short


def test_parts_in_columns_of_their_own_make_the_same_name():
    assert parse_parts("Anne", "Weatherby").full == parse_name("Anne Weatherby").full
    assert parse_parts("小明", "王").zh == parse_name("王小明").zh
    assert parse_parts("", "Weatherby").full == "weatherby"


@pytest.mark.parametrize("name", ["小鱼", "山里人", "sunny", "lucky_star", "coffee cat 7", "!!"])
def test_a_nickname_is_no_name(name):
    assert parse_display_name(name) == NO_NAME


@pytest.mark.parametrize("name", ["Anne Weatherby", "王小明", "欧阳娜娜", "O'Neill Jean-Luc"])
def test_a_display_name_that_is_one_counts(name):
    assert parse_display_name(name).full == parse_name(name).full != ""


@given(st.text(max_size=30))
def test_any_text_can_be_read_and_reads_the_same_again(text):
    found = parse_name(text)
    assert found == parse_name(text)
    assert found.full == found.full.lower()
    assert " ".join(sorted(found.full.split())) == found.full


def test_the_lexicon_knows_what_it_is_for():
    assert {"王", "李", "张"} <= SURNAMES
    assert all(len(name) == 2 for name in COMPOUND_SURNAMES)
    assert SHORT_FORMS["bob"] == "robert"
    assert (pinyin("重庆"), simplified("臺灣")) == ("chongqing", "台湾")

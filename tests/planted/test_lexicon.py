"""Word lists are consistent and survive the encodings the sources use."""

from __future__ import annotations

import pytest

from crm_tasks.planted import lexicon


def test_each_chinese_name_part_has_pinyin_and_a_traditional_form() -> None:
    for simplified, pinyin, traditional in (
        (lexicon.SURNAMES, lexicon.SURNAMES_PINYIN, lexicon.SURNAMES_TRADITIONAL),
        (lexicon.GIVEN, lexicon.GIVEN_PINYIN, lexicon.GIVEN_TRADITIONAL),
    ):
        assert len(simplified) == len(pinyin) == len(traditional) > 80
        assert {len(sign) for sign in (*simplified, *traditional)} == {1}
        assert all(word.isalpha() and word.islower() for word in pinyin)
        assert (simplified != traditional).mean() > 0.15


@pytest.mark.parametrize("names", [lexicon.SURNAMES_TRADITIONAL, lexicon.GIVEN_TRADITIONAL])
def test_traditional_names_can_be_written_in_gbk(names) -> None:
    assert "".join(names).encode("gbk")


def test_no_name_stands_twice() -> None:
    for names in (lexicon.SURNAMES, lexicon.GIVEN, lexicon.FIRST_NAMES, lexicon.NICKNAMES):
        assert len(set(names)) == len(names)


def test_mail_domains_are_reserved_ones() -> None:
    assert all(domain.endswith(".example") for domain in lexicon.DOMAINS)

"""Phones, mailboxes, dates and places in one spelling; what everybody has is nobody's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tasks.identity import normalise


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" Anne.W@Mail.Example ", "anne.w@mail.example"),
        ("anne+news@mail.example", "anne@mail.example"),
        ("a.n.n.e@googlemail.com", "anne@gmail.com"),
        ("info@corp.example", None),
        ("Sales2@corp.example", None),
        ("anne@localhost", None),
        ("", None),
    ],
)
def test_a_mailbox_is_a_persons_or_nobodys(value, expected):
    assert normalise.email(value) == expected


@pytest.mark.parametrize(
    ("value", "regions", "expected"),
    [
        ("138-0013 8000", ("GB", "CN"), "+8613800138000"),
        ("07400 123456", ("CN", "GB"), "+447400123456"),
        ("+44 7400 123456", ("CN",), "+447400123456"),
        ("(0)7400-123456", ("GB",), "+447400123456"),
        ("0000000000", ("GB",), None),
        ("123", ("GB",), None),
        ("12345678901234", ("GB",), "12345678901234"),
        (None, ("GB",), None),
    ],
)
def test_a_phone_number_is_read_as_the_first_country_it_is_valid_in(value, regions, expected):
    assert normalise.phone(value, regions) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1980-02-03", "1980-02-03"),
        ("1980/2/3", "1980-02-03"),
        ("19800203", "1980-02-03"),
        ("03.02.1980", "1980-02-03"),
        ("12/25/1980", "1980-12-25"),
        ("1980年2月3日", "1980-02-03"),
        ("1980-02-03T00:00:00", "1980-02-03"),
        ("19801399", "1980-13-99"),
        ("1970-01-01", None),
        ("80-02-03", None),
        ("next week", None),
    ],
)
def test_a_birth_date_is_read_as_what_it_can_only_mean(value, expected):
    assert normalise.birth_date(value) == expected


def test_a_declared_format_decides():
    assert normalise.birth_date("02/03/1980", ("%m/%d/%Y",)) == "1980-02-03"


def test_an_address_is_the_same_in_usual_spellings():
    assert normalise.address("Flat 4, 12 High Street") == normalise.address("12 HIGH ST, Flat 4")
    assert normalise.address("文化路80號145室") == normalise.address("文化 路 80号145室")
    assert normalise.address_words("12 High Street") == "highst"
    assert normalise.address_numbers("Flat 4, 12 High Street") == "12 4"


def test_a_city_is_the_same_in_both_scripts():
    assert normalise.city("北京市") == normalise.city("Beijing") == "beijing"
    assert normalise.city("Xi'an") == normalise.city("西安")


def test_a_company_is_the_same_under_every_legal_form():
    assert normalise.company("Northgate Food Ltd.") == normalise.company("northgate food LIMITED")
    assert normalise.company("华信达商贸有限公司") == normalise.company("華信達商貿有限公司")
    assert normalise.company("Ltd") == "ltd"


@given(st.text(max_size=25))
def test_any_text_can_be_read(text):
    for function in (normalise.email, normalise.birth_date, normalise.address, normalise.city,
                     normalise.word, normalise.company, normalise.email_domain):  # fmt: skip
        found = function(text)
        assert found is None or found
    assert normalise.phone(text, ("GB",)) is None or normalise.phone(text, ("GB",))

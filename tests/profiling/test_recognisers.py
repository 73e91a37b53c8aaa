"""Identifying values are known by pattern and check digit, without asking anybody."""

from __future__ import annotations

import socket

import pytest

from crm_tasks.profiling.checksums import is_bank_card, is_resident_id
from crm_tasks.profiling.recognisers import (
    found_in_text,
    looks_like_names,
    phone_regions_of,
    recognised,
    rules,
)
from tests.profiling.tables import chinese_names

VALUES = {
    "email": ["ann@example.org", "b.c+d@example.com", "e_f@mail.example.net", "not one"],
    "phone": ["+44 20 7946 0958", "+49 30 901820", "+86 138 0013 8000"],
    "cookie": ["192.0.2.1", "198.51.100.7", "203.0.113.9"],
    "government_id": ["4111 1111 1111 1111", "5500 0055 5555 5559", "4012 8888 8888 1881"],
}


def resident_id(serial: int) -> str:
    """Return an invented identity number with its right check digit."""
    body = f"110105194912{serial % 28 + 1:02d}{serial % 1000:03d}"
    return next(body + digit for digit in "0123456789X" if is_resident_id(body + digit))


@pytest.mark.parametrize("kind", VALUES)
def test_values_are_known_by_what_they_are(kind):
    found, share, name = recognised(VALUES[kind])
    assert found == kind
    assert share >= 0.75
    assert name


def test_chinese_identity_and_bank_card_numbers_are_known_by_their_check_digit():
    ids = [resident_id(n) for n in range(12)]
    assert recognised(ids)[0] == "government_id"
    wrong = [number[:-1] + str((int(number[-1].replace("X", "1")) + 1) % 10) for number in ids]
    assert not any(map(is_resident_id, wrong))
    assert is_bank_card("6222 0212 3456 7890 128")
    assert not is_bank_card("4111 1111 1111 1111")
    assert not is_resident_id("110105194913310021")  # no such month


def test_chinese_mobile_numbers_are_phones_and_other_long_numbers_are_not():
    assert recognised(["13800138000", "13912345678", "15012345678"])[0] == "phone"
    assert recognised(["536365123", "536365124", "536365125"]) is None
    assert recognised([f"{n:032x}" for n in range(9)]) is None


def test_numbers_without_a_country_code_say_of_which_country_they_can_be():
    chinese = ["13800138000", "139 1234 5678", "15012345678"]
    british = ["020 7946 0958", "0113 496 0123"]
    assert phone_regions_of(chinese * 2) == ["CN"]
    assert set(phone_regions_of(chinese + british)[:2]) == {"CN", "GB"}
    assert phone_regions_of(["+44 20 7946 0958", "+86 138 0013 8000"]) == []


def test_a_check_digit_that_fits_by_chance_is_no_proof():
    assert recognised([str(9434765900 + n) for n in range(40)]) is None


def test_too_few_values_prove_nothing():
    assert recognised(["ann@example.org"]) is None


def test_contacts_inside_text_are_found():
    texts = ["please call 138 0013 8000 today", "write to ann@example.org", "nothing here", "no"]
    assert found_in_text(texts) == 0.5
    assert found_in_text(["order 12 of 2024-01-01"]) == 0.0


def test_names_of_people_look_like_names_in_both_scripts():
    assert looks_like_names(chinese_names(20)) == 1.0
    assert looks_like_names(["Ann Example", "Bo Placeholder-Smith"]) == 1.0
    assert looks_like_names(["red", "SALE 20%", "a lot of words in a sentence"]) == 0.0


def test_nothing_asks_the_network(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("the network was asked")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    for values in VALUES.values():
        assert recognised(values) is not None
    assert (
        recognised(["https://example.org/a", "www.example.com", "http://example.net/x?y=1"]) is None
    )
    assert found_in_text(["ann@unknown-domain-of-nobody.example"]) == 1.0
    assert recognised([f"{n}@nowhere-{n}.example" for n in range(5)])[0] == "email"


def test_the_recogniser_that_downloads_is_not_used():
    assert "EmailRecognizer" not in rules()["recognisers"]
    assert len(rules()["recognisers"]) > 20

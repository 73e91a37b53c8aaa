"""Records carry dirt at the planted rates, and the same dirt every time."""

from __future__ import annotations

import numpy as np
import pytest

from crm_tasks.planted import Company
from crm_tasks.planted.records import (
    DIRT,
    SYSTEMS,
    Records,
    first_ids,
    known_records,
    record_ids,
    spelled_phones,
    with_typos,
)

N = 8_000
COMPANY = Company("M", 7)


def records(system):
    return Records(COMPANY, system, np.arange(N), np.zeros(N, dtype=np.int64))


@pytest.mark.parametrize("system", SYSTEMS)
def test_values_are_missing_at_the_planted_rates(system) -> None:
    found, rates = records(system), DIRT[system]
    for values, dirt in (
        (found.emails(), "no_email"), (found.phones(), "no_phone"),
        (found.birth_dates(), "no_birth"), (found.addresses(), "no_address"),
    ):  # fmt: skip
        assert (values == "").mean() == pytest.approx(rates.get(dirt, 0), abs=0.02)


@pytest.mark.parametrize("system", SYSTEMS)
def test_identifiers_are_unique_and_tell_no_order(system) -> None:
    person = np.arange(N)
    ids = np.concatenate(
        [record_ids(COMPANY, system, person, person * 0 + copy) for copy in (0, 1)]
    )
    assert len(set(ids.tolist())) == 2 * N
    number = np.char.lstrip(first_ids(COMPANY, system, person), "CBTu").astype(int)
    assert abs(np.corrcoef(number, person)[0, 1]) < 0.05


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_block_s_records_are_mixed_and_some_people_stand_twice(system) -> None:
    found = known_records(COMPANY, system, 3)
    assert not (np.diff(found.person) >= 0).all()
    assert 0.01 < found.copy.mean() < 0.12
    assert len(set(found.ids().tolist())) == len(found.person)


def test_names_come_in_several_forms_of_the_same_person() -> None:
    crm, shop = records("crm"), records("shop")
    own = crm.people.names()
    assert 0.70 < (crm.names() == own).mean() < 0.95
    zh = crm.people.is_zh
    in_latin = np.char.isalpha(np.char.replace(shop.names(), " ", "")) & (shop.names() < "z")
    assert in_latin[zh].mean() == pytest.approx(DIRT["shop"]["pinyin"], abs=0.02)


def test_a_typo_swaps_two_neighbours_or_spoils_one_digit() -> None:
    texts = np.array(["zhangwei@qq.example", "Smith", "13012345678"])
    hit = np.array([True, False, True])
    place = np.array([0.2, 0.5, 0.5])
    letters = with_typos(texts, hit, place)
    assert sorted(letters[0]) == sorted(texts[0])
    assert letters[0] != texts[0]
    assert letters[1] == "Smith"
    digits = with_typos(texts[2:], hit[2:], place[2:], digits=True)[0]
    assert sum(a != b for a, b in zip(digits, texts[2], strict=True)) == 1


def test_a_phone_number_has_four_spellings() -> None:
    number = np.array(["13012345678"] * 4)
    spelled = spelled_phones(number, np.array([0.1, 0.7, 0.8, 0.95])).tolist()
    assert spelled == ["13012345678", "+8613012345678", "130 12345678", "130-12345678"]
    english = spelled_phones(np.array(["07412345678"]), np.array([0.7])).tolist()
    assert english == ["+447412345678"]


def test_nobody_registers_after_today() -> None:
    day = records("crm").registered_days()
    assert day.min() >= 0
    assert day.max() < 731

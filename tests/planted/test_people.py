"""The people's traps and traits occur at the planted rates."""

from __future__ import annotations

import numpy as np
import pytest

from crm_tasks.planted import Company
from crm_tasks.planted.people import CHURN_DRIVERS, DRIVER_MOMENTS, People, phone_text

PEOPLE = People(Company("M", 7), np.arange(20_000))
NO, YES = np.zeros(20_000, dtype=bool), np.ones(20_000, dtype=bool)


def test_a_junior_bears_his_father_s_name_lives_with_him_and_is_younger() -> None:
    junior = np.flatnonzero(PEOPLE.is_junior)
    father, names, home = junior - 2, PEOPLE.names(), PEOPLE.company.household(PEOPLE.person)
    assert len(junior) > 100
    assert (names[junior] == names[father]).all()
    assert (home[junior] == home[father]).all()
    years = (PEOPLE.birth_days[junior] - PEOPLE.birth_days[father]).astype(int) / 365.25
    assert years.min() >= 16


def test_namesakes_share_a_name_without_sharing_a_home() -> None:
    names, home = PEOPLE.names(), PEOPLE.company.household(PEOPLE.person)
    _, of, n = np.unique(names, return_inverse=True, return_counts=True)
    other = PEOPLE.name_source
    is_namesake = (other != PEOPLE.person) & ~PEOPLE.is_junior & (home != home[other])
    assert is_namesake.mean() > 0.02
    # A few are named after somebody who bears another's name.
    assert (n[of[is_namesake]] > 1).mean() > 0.9


def test_one_in_a_hundred_former_numbers_is_another_customer_s_today() -> None:
    everybody = People(PEOPLE.company, np.arange(PEOPLE.company.n_customers))
    now = set(everybody.phones(is_old=np.zeros(100_000, dtype=bool)).tolist())
    assert len(now) == 100_000
    former = PEOPLE.phones(is_old=YES)
    assert np.isin(former, list(now)).mean() == pytest.approx(0.035, abs=0.006)
    assert (former != PEOPLE.phones(is_old=NO)).all()


def test_numbers_have_the_form_of_their_country() -> None:
    zh, en = phone_text(np.arange(1_000), YES[:1_000]), phone_text(np.arange(1_000), NO[:1_000])
    assert {(len(n), n[:1]) for n in zh.tolist()} == {(11, "1")}
    assert {(len(n), n[:2]) for n in en.tolist()} == {(11, "07")}
    assert len(set(zh.tolist())) == len(set(en.tolist())) == 1_000


def test_private_addresses_are_nobody_else_s() -> None:
    for is_old in (NO, YES):
        assert len(set(PEOPLE.emails(is_old=is_old).tolist())) == 20_000


def test_halls_are_addresses_of_several_households() -> None:
    home = PEOPLE.company.household(PEOPLE.person)
    is_hall = PEOPLE.address_key < 0
    assert is_hall.mean() == pytest.approx(0.05, abs=0.01)
    halls = {}
    for key, one in zip(PEOPLE.address_key[is_hall], home[is_hall], strict=True):
        halls.setdefault(key, set()).add(one)
    assert np.mean([len(homes) > 1 for homes in halls.values()]) > 0.9
    assert len(set(PEOPLE.addresses()[PEOPLE.address_key == -1].tolist())) <= 2  # both scripts


@pytest.mark.parametrize("name", CHURN_DRIVERS)
def test_a_driver_has_the_moments_it_is_standardised_by(name) -> None:
    mean, spread = DRIVER_MOMENTS[name]
    found = PEOPLE.drivers[name]
    assert found.mean() == pytest.approx(mean, rel=0.05)
    assert found.std() == pytest.approx(spread, rel=0.05)


@pytest.mark.parametrize("name", CHURN_DRIVERS)
def test_a_driver_moves_the_probability_to_leave_in_its_planted_direction(name) -> None:
    logit = np.log(PEOPLE.leave_probability / (1 - PEOPLE.leave_probability))
    slope = np.corrcoef(PEOPLE.drivers[name], logit)[0, 1]
    assert np.sign(slope) == np.sign(CHURN_DRIVERS[name])


def test_a_community_leans_towards_one_interest() -> None:
    community = PEOPLE.company.community(PEOPLE.person)
    shares = [
        np.bincount(PEOPLE.interest[community == one]).max() / (community == one).sum()
        for one in range(50)
    ]
    assert 0.35 < np.mean(shares) < 0.55

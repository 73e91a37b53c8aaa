"""Blocks, communities and households divide the persons."""

from __future__ import annotations

import numpy as np
import pytest

from crm_tasks.planted import SIZES, Company
from crm_tasks.planted.company import BLOCK, GROUP


@pytest.mark.parametrize("size", SIZES)
def test_communities_cut_a_block_into_runs_of_at_least_twenty(size) -> None:
    company = Company(size, 3)
    found = company.community(company.block(company.n_blocks - 1))
    assert np.all(np.diff(found) >= 0)
    assert len(np.unique(found)) == company.n_communities // company.n_blocks
    assert np.bincount(found - found.min()).min() >= 20
    assert found.max() == company.n_communities - 1


def test_a_household_has_one_to_four_members_of_one_group_and_community(company) -> None:
    person = np.arange(company.n_customers)
    home = company.household(person)
    _, size = np.unique(home, return_counts=True)
    assert (size.min(), size.max()) == (1, 4)
    for values in (person // GROUP, company.community(person)):
        assert len(np.unique(np.stack((home, values)), axis=1).T) == len(size)


def test_a_person_s_community_does_not_depend_on_who_else_is_asked(company) -> None:
    person = np.arange(company.n_customers)
    assert company.community(person)[BLOCK + 5] == company.community(np.array([BLOCK + 5]))[0]

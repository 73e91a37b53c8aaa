"""The recipes of docs/recipes are profiles; tests/flow/test_every_connector.py runs them."""

from __future__ import annotations

import pytest

from crm_tasks.profiles import load_profile
from tests.flow.platforms import RECIPES


@pytest.mark.parametrize("name", ["microblog", "messenger"])
def test_a_recipe_is_a_profile(name):
    assert load_profile(str(RECIPES / f"{name}.yml")).profile == name


def test_the_page_about_recipes_names_each():
    page = (RECIPES / "README.md").read_text()
    found = sorted(RECIPES.glob("*.yml"))
    assert found
    assert [path.name for path in found if f"({path.name})" not in page] == []

from __future__ import annotations

import pytest

from benchmarks.planted_influence import PlantedInfluence, plant_influence


@pytest.fixture(scope="session")
def planted() -> PlantedInfluence:
    """The planted company of 2,000, made once."""
    return plant_influence("S", 7)

"""What a field demands is said once: the macros of staging read the same words."""

from __future__ import annotations

import pytest

from crm_tasks.contracts.entity import Entity, Field, key, text, token, word
from crm_tasks.contracts.entity_relations import RELATIONS
from crm_tasks.contracts.entity_voices import VOICES


@pytest.mark.parametrize(
    ("field", "demand", "told"),
    [
        (text("name", "Name"), "text", "Name"),
        (key("id", "Key"), "required text", "Key (required)"),
        (token("t", "Text"), "token", "Text (the token of an identifying column)"),
        (word("d", "Way", ("in", "out")), "word in in|out", "Way (one of in, out)"),
        (Field("n", "integer", "N", least=0), "integer from 0", "N (at least 0)"),
        (Field("n", "number", "N", True, least=0, most=1), "required number from 0 to 1",
         "N (required, at least 0, at most 1)"),
        (Field("l", "list", "Who"), "list", "Who (a JSON array of texts)"),
        (Field("c", "own_currency", "Of"), "own_currency", "Of (ISO 4217)"),
    ],
)  # fmt: skip
def test_a_field_says_its_demand_to_staging_and_its_meaning_to_people(field, demand, told):
    assert field.demand == demand
    assert field.explained == told


def test_an_entity_knows_the_moment_it_happened_at():
    plan = Field("start_date", "date", "First day", is_event_time=True)
    assert Entity("x", "One row per x", ("id",), (key("id", "Key"), plan)).event_time == plan
    assert Entity("x", "One row per x", ("id",), (key("id", "Key"),)).event_time is None


def test_every_entity_of_the_two_lists_says_its_grain_and_names_its_key():
    entities = (*VOICES, *RELATIONS)
    assert len({entity.name for entity in entities}) == len(entities) == 14
    for entity in entities:
        assert entity.grain.startswith("One row per "), entity.name
        assert set(entity.key) <= set(entity.field_names), entity.name

"""The dbt project keeps its own rules; each test lists whoever does not."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

import pytest

from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.contracts.entity_relations import RELATIONS
from crm_tasks.contracts.entity_voices import VOICES
from tests.dbt.portable import DBT_PROJECT

if TYPE_CHECKING:
    from tests.dbt.conftest import Built

Node = dict[str, Any]

OPEN_TO_ANALYSTS = ("core", "features", "bi")
LINES_AT_MOST = 170  # a sense of proportion: the median is under 100


@pytest.fixture(scope="session")
def models(built: Built) -> list[Node]:
    found = [n for n in built.manifest["nodes"].values() if n["resource_type"] == "model"]
    assert len(found) > 30
    return found


@pytest.fixture(scope="session")
def tables(models: list[Node]) -> list[Node]:
    return [model for model in models if "intermediate" not in model["fqn"]]


def layer(model: Node) -> str:
    return str(model["fqn"][1])


def test_the_schema_is_the_folder_and_everything_is_a_table(tables: list[Node]) -> None:
    assert [m["name"] for m in tables if m["schema"] != layer(m)] == []
    kinds = ("table", "incremental")
    assert [m["name"] for m in tables if m["config"]["materialized"] not in kinds] == []


def test_intermediate_models_leave_nothing_behind(models: list[Node], tables: list[Node]) -> None:
    inlined = [model for model in models if model not in tables]
    assert inlined
    assert [m["name"] for m in inlined if m["config"]["materialized"] != "ephemeral"] == []
    assert [m["name"] for m in inlined if not m["name"].startswith("int_")] == []


def test_names_say_the_layer(tables: list[Node]) -> None:
    prefixes = {"staging": "stg_", "core": ("dim_", "fct_"), "features": "feat_", "bi": ""}
    assert [m["name"] for m in tables if not m["name"].startswith(prefixes[layer(m)])] == []


def test_every_model_and_column_is_described(models: list[Node]) -> None:
    assert [m["name"] for m in models if not m["description"].startswith("One row per ")] == []
    silent = [
        f"{model['name']}.{name}"
        for model in models
        for name, column in model["columns"].items()
        if not column["description"].strip()
    ]
    assert silent == []


def test_every_contract_is_enforced_and_typed(tables: list[Node]) -> None:
    assert [m["name"] for m in tables if not m["config"]["contract"]["enforced"]] == []
    untyped = [
        f"{model['name']}.{name}"
        for model in tables
        for name, column in model["columns"].items()
        if not column["data_type"]
    ]
    assert untyped == []


def test_every_key_is_declared_never_null_and_tested(built: Built, tables: list[Node]) -> None:
    tested = {
        test["attached_node"]: tuple(test["test_metadata"]["kwargs"]["columns"])
        for test in built.manifest["nodes"].values()
        if (test.get("test_metadata") or {}).get("name") == "key_is_unique"
    }
    for model in tables:
        key = tuple(model["config"]["meta"]["key"])
        assert tested.get(model["unique_id"]) == key, model["name"]
        for column in key:
            constraints = [item["type"] for item in model["columns"][column]["constraints"]]
            assert constraints == ["not_null"], f"{model['name']}.{column}"


def test_every_customer_id_leads_to_a_customer(built: Built, tables: list[Node]) -> None:
    related = {
        test["attached_node"]
        for test in built.manifest["nodes"].values()
        if (test.get("test_metadata") or {}).get("name") == "relationships"
        and test["column_name"] == "customer_id"
    }
    own = {"dim_customers", "dim_customers_history"}  # a claim in dbt_project/tests holds these
    missing = [
        model["name"]
        for model in tables
        if "customer_id" in model["columns"]
        and model["unique_id"] not in related
        and model["name"] not in own
    ]
    assert missing == []


def test_derived_tables_carry_the_as_of_date_and_say_their_history(tables: list[Node]) -> None:
    for model in tables:
        history = model["config"]["meta"]["history"]
        if layer(model) in ("features", "bi"):
            assert history == "snapshot", model["name"]
            assert "as_of_date" in model["config"]["meta"]["key"], model["name"]
        else:
            assert history == "current", model["name"]


def test_columns_are_listed_where_analysts_read(models: list[Node]) -> None:
    for model in models:
        if layer(model) in OPEN_TO_ANALYSTS:
            assert not re.search(r"\w\.\*", model["raw_code"]), model["name"]


def test_every_model_ends_with_its_last_cte(models: list[Node]) -> None:
    pattern = re.compile(r"\n\nselect \* from \w+$")
    assert [m["name"] for m in models if not pattern.search(m["raw_code"].strip())] == []


def test_core_reads_accepted_and_visible_rows_only(models: list[Node]) -> None:
    careful = 0
    for model in models:
        staged = re.findall(r"ref\('(stg_\w+)'\)", model["raw_code"])
        if layer(model) == "staging" or not staged:
            continue
        careful += 1
        assert layer(model) == "core", model["name"]
        cut = re.findall(r"current_version\(|is_visible\(", model["raw_code"])
        assert len(cut) == len(staged), model["name"]
        read_whole = re.findall(
            r"from \{\{ ref\('(stg_\w+)'\) \}\}\n    where\s+(?:reject_reason is null|"
            r"\(reject_reason is null or reject_reason = 'DELETED'\))\s+and",
            model["raw_code"],
        )
        through_macro = re.findall(r"current_version\(\s*ref\('(stg_\w+)'\)", model["raw_code"])
        references = [name for name in staged if name == "stg_customer_references"]
        assert sorted(read_whole + through_macro + references) == sorted(staged), model["name"]
    assert careful > 5


def test_models_stay_in_proportion(models: list[Node]) -> None:
    long = {m["name"]: m["raw_code"].count("\n") for m in models}
    assert {name: n for name, n in long.items() if n > LINES_AT_MOST} == {}


def test_sql_and_yml_stand_side_by_side() -> None:
    written = {path.with_suffix("") for path in DBT_PROJECT.glob("models/**/*.sql")}
    described = {
        path.with_suffix("")
        for path in DBT_PROJECT.glob("models/**/*.yml")
        if not path.name.startswith("_")
    }
    assert written
    assert written == described


def test_every_macro_and_claim_is_described(built: Built) -> None:
    macros = [m for m in built.manifest["macros"].values() if m["package_name"] == "guanxi"]
    ours = [m for m in macros if not m["name"].startswith("duckdb__")]
    assert ours
    assert [m["name"] for m in ours if not m["description"].strip()] == []
    claims = [
        node
        for node in built.manifest["nodes"].values()
        if node["resource_type"] == "test" and "test_metadata" not in node
    ]
    assert claims
    assert [c["name"] for c in claims if not c["description"].strip()] == []
    assert [c["name"] for c in claims if not c["name"].startswith("assert_")] == []


def test_every_rule_of_a_table_has_a_unit_test(built: Built, tables: list[Node]) -> None:
    proven = {test["model"] for test in built.manifest["unit_tests"].values()}
    without_a_rule = {"dim_channels", "dim_contents", "feat_customers_wide"}
    # The staging models are made of the same macros; the rules are proven where they first occur.
    alike = {"stg_contacts", "stg_customers", "stg_redemptions"}
    alike |= {f"stg_{entity.name}" for entity in (*VOICES, *RELATIONS)}
    missing = {model["name"] for model in tables} - proven
    assert without_a_rule <= missing <= without_a_rule | alike
    assert {"stg_reviews", "stg_consents", "stg_ties", "stg_social_interactions"} <= proven


def test_unit_tests_hold_for_every_profile(built: Built) -> None:
    unit_tests = list(built.manifest["unit_tests"].values())
    assert unit_tests
    bound = {"as_of", "time_zone"}  # a run in another zone must not change what they expect
    loose = [t["name"] for t in unit_tests if not bound <= t["overrides"]["vars"].keys()]
    assert loose == []


def test_staging_checks_what_the_entities_demand_in_their_order() -> None:
    assert ENTITIES
    for entity in ENTITIES.values():
        text = (DBT_PROJECT / f"models/staging/stg_{entity.name}.sql").read_text("utf-8")
        given = re.search(r"reject_reason\((\{.*?\})\)", text, re.DOTALL)
        assert given is not None, entity.name
        demanded = {
            field.name: field.demand
            for field in entity.fields
            if field.is_required or field.kind not in ("text", "token")
        }
        checked = ast.literal_eval(given.group(1))
        assert list(checked.items()) == list(demanded.items()), entity.name
        cast = dict(re.findall(r"cast_or_null\('(\w+)', '(\w+)'\) \}\}\s+as \1", text))
        assert cast == {field.name: field.kind for field in entity.fields}, entity.name


def test_every_exposure_names_an_owner_and_tables_that_are_published(built: Built) -> None:
    exposures = list(built.manifest["exposures"].values())
    assert exposures
    for exposure in exposures:
        assert exposure["owner"]["name"], exposure["name"]
        read = {built.manifest["nodes"][name]["schema"] for name in exposure["depends_on"]["nodes"]}
        assert read <= {"core", "features", "bi"}, exposure["name"]


def test_a_test_over_two_layers_waits_for_the_later_one() -> None:
    text = (DBT_PROJECT / "dbt_project.yml").read_text("utf-8")
    assert "indirect_selection: buildable" in text


def test_failing_rows_are_counted_and_never_stored(built: Built) -> None:
    tests = [n for n in built.manifest["nodes"].values() if n["resource_type"] == "test"]
    assert tests
    assert [t["name"] for t in tests if t["config"]["store_failures"]] == []


def test_dbt_does_not_take_the_project_for_a_plugin() -> None:
    assert list(DBT_PROJECT.rglob("__init__.py")) == []

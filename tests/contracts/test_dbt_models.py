from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from crm_tasks.contracts import dbt_models
from crm_tasks.contracts.dbt_models import dbt_tables, layer_of, layer_tables, model_path
from crm_tasks.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crm_tasks.contracts import Table

MODEL = """\
models:
  - name: fct_toys
    description: >-
      One row per toy
      sold.
    config:
      meta:
        key: [toy_id]
    columns:
      - name: toy_id
        data_type: varchar
        description: 'Toy: an identifier'
        constraints: [{type: not_null}]
      - name: net_amount
        data_type: decimal(18, 2)
        description: What was received
        config: {meta: {unit: currency}}
"""


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty models folder that the contracts are read from while the test runs."""
    monkeypatch.setattr(dbt_models, "MODELS", tmp_path)
    dbt_tables.cache_clear()
    yield tmp_path
    dbt_tables.cache_clear()


def put(models: Path, path: str, text: str = MODEL) -> None:
    (models / path).parent.mkdir(parents=True, exist_ok=True)
    (models / path).write_text(text)


def only_table(models: Path, text: str) -> Table:
    put(models, "core/fct_toys.yml", text)
    (table,) = dbt_tables()
    return table


def test_a_model_yml_is_a_contract(models: Path) -> None:
    table = only_table(models, MODEL)
    assert (table.full_name, table.grain) == ("core.fct_toys", "One row per toy sold.")
    assert (table.key, table.history, table.writer) == (("toy_id",), "current", "dbt")
    toy_id, net_amount = table.columns
    assert (toy_id.type, toy_id.is_nullable, toy_id.unit) == ("VARCHAR", False, None)
    assert (net_amount.type, net_amount.is_nullable, net_amount.unit) == (
        "DECIMAL(18,2)",
        True,
        "currency",
    )


def test_what_is_intermediate_or_generated_is_no_contract(models: Path) -> None:
    put(models, "core/intermediate/fct_toys.yml")
    put(models, "core/__identity__sources.yml", "sources: []\n")
    assert dbt_tables() == ()


def test_staging_is_private_and_core_is_published(models: Path) -> None:
    put(models, "core/fct_toys.yml")
    put(models, "staging/stg_toys.yml", MODEL.replace("fct_toys", "stg_toys"))
    assert {t.full_name: t.is_published for t in dbt_tables()} == {
        "core.fct_toys": True,
        "staging.stg_toys": False,
    }


def test_a_layer_is_the_models_folder(models: Path) -> None:
    put(models, "features/fct_toys.yml")
    put(models, "features/wide/fct_games.yml", MODEL.replace("fct_toys", "fct_games"))
    (toys,), (games,) = layer_tables("features"), layer_tables("features_wide")
    assert (toys.full_name, games.full_name) == ("features.fct_toys", "features.fct_games")
    assert layer_of(games) == "features_wide"
    assert model_path(games) == models / "features/wide/fct_games.yml"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: fct_toys", "name: fct_toy", "expected exactly one model, named fct_toys"),
        ("key: [toy_id]", "history: current", "config.meta has no key"),
        ("        data_type: varchar\n", "", "column toy_id has no data_type"),
        ("description: What was received", "description: ''", "column net_amount has no descr"),
        ("decimal(18, 2)", "decimal(38, 9)", "column net_amount: type DECIMAL\\(38,9\\); expected"),
        ("key: [toy_id]", "key: [toy]", "core.fct_toys: key names unknown columns toy"),
        ("key: [toy_id]", "key: [toy_id]\n        history: append", "append needs as_of_date"),
    ],
)
def test_a_yml_that_is_no_contract_is_named_with_what_is_wrong(
    models: Path, old: str, new: str, expected: str
) -> None:
    assert old in MODEL
    with pytest.raises(ContractError, match=expected) as error:
        only_table(models, MODEL.replace(old, new, 1))
    assert str(error.value).count("fct_toys.yml") == 1


def test_a_table_without_a_yml_is_refused(models: Path) -> None:
    table = replace(only_table(models, MODEL), name="fct_games")
    with pytest.raises(ContractError, match=r"no fct_games\.yml under"):
        model_path(table)

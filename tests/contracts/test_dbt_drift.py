"""The contracts and dbt say the same, in both directions."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from crm_tasks.contracts import all_tables
from crm_tasks.contracts.render import OPS_TABLES_FOR_DBT, SOURCE_FOLDERS, landing_tables
from crm_tasks.contracts.table import ARROW_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crm_tasks.contracts import Table

Columns = dict[str, str]


def of_contracts(tables: Iterable[Table]) -> dict[str, Columns]:
    """Return columns with their types by table, as the contracts declare them."""
    return {table.full_name: {c.name: c.type for c in table.columns} for table in tables}


def of_nodes(nodes: Iterable[Mapping[str, Any]]) -> dict[str, Columns]:
    """Return columns with their types by table, as dbt's manifest has them."""
    return {
        f"{node['schema']}.{node['name']}": {
            name: str(column.get("data_type")).upper().replace(" ", "")
            for name, column in node["columns"].items()
        }
        for node in nodes
    }


def differences(contracts: dict[str, Columns], dbt: dict[str, Columns]) -> list[str]:
    """Return one line per table, column, order or type that only one side has."""
    lines = [f"{name}: only in the contracts" for name in sorted(contracts.keys() - dbt.keys())]
    lines += [f"{name}: only in dbt" for name in sorted(dbt.keys() - contracts.keys())]
    for name in sorted(contracts.keys() & dbt.keys()):
        ours, theirs = contracts[name], dbt[name]
        lines += [f"{name}.{c}: only in the contracts" for c in ours if c not in theirs]
        lines += [f"{name}.{c}: only in dbt" for c in theirs if c not in ours]
        lines += [
            f"{name}.{c}: {ours[c]} in the contracts, {theirs[c]} in dbt"
            for c in ours
            if c in theirs and ours[c] != theirs[c]
        ]
        if list(ours) != list(theirs) and ours.keys() == theirs.keys():
            lines.append(f"{name}: columns in another order")
    return lines


@pytest.fixture(scope="session")
def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the models that become tables; what lies in intermediate/ is nobody's contract."""
    return [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and "intermediate" not in node["fqn"]
    ]


def test_every_dbt_model_has_a_contract_of_the_same_columns_and_types(
    models: list[dict[str, Any]],
) -> None:
    ours = of_contracts(table for table in all_tables() if table.writer == "dbt")
    assert ours
    assert differences(ours, of_nodes(models)) == []


def test_every_generated_source_says_what_the_python_contract_says(
    manifest: dict[str, Any],
) -> None:
    tables = [
        table
        for table in (*landing_tables(), *all_tables())
        if table.schema in SOURCE_FOLDERS
        and (table.schema != "ops" or table.name in OPS_TABLES_FOR_DBT)
    ]
    assert tables
    found = of_nodes(manifest["sources"].values())
    assert differences(of_contracts(tables), found) == [], "run `make contracts`"


def test_a_source_is_read_where_its_run_wrote_it(manifest: dict[str, Any]) -> None:
    sources = manifest["sources"].values()
    assert sources
    for source in sources:
        location = source["config"]["meta"].get("external_location")
        if source["schema"] == "landing":
            assert location is None
        else:
            expected = f"read_parquet('lake/{source['schema']}/{{name}}/*.parquet', "
            assert location == f"{expected}hive_partitioning = false)"


def test_models_are_enforced_and_described_as_the_contracts_describe_them(
    models: list[dict[str, Any]],
) -> None:
    meanings = {table.full_name: table for table in all_tables()}
    for model in models:
        contract = meanings[f"{model['schema']}.{model['name']}"]
        assert model["config"]["contract"]["enforced"], contract.full_name
        assert model["description"].strip() == contract.grain
        said = {name: c["description"].strip() for name, c in model["columns"].items()}
        assert said == {column.name: column.meaning for column in contract.columns}
        never_null = {
            name
            for name, column in model["columns"].items()
            if any(item["type"] == "not_null" for item in column["constraints"])
        }
        assert never_null == {c.name for c in contract.columns if not c.is_nullable}


def test_every_type_dbt_declares_is_one_a_contract_may_use(models: list[dict[str, Any]]) -> None:
    used = {kind for columns in of_nodes(models).values() for kind in columns.values()}
    assert used
    assert used <= ARROW_TYPES.keys()


# --- the comparison itself catches what it is for -------------------------------------------------


def test_every_kind_of_drift_is_listed_in_words() -> None:
    ours = of_contracts(table for table in all_tables() if table.schema == "core")
    theirs = deepcopy(ours)
    orders = theirs["core.fct_orders"]
    orders["net_amount"] = "DOUBLE"
    orders["planted"] = "VARCHAR"
    del orders["channel"]
    del theirs["core.dim_dates"]
    theirs["core.planted"] = {}
    products = theirs["core.dim_products"]
    theirs["core.dim_products"] = dict(reversed(products.items()))
    assert differences(ours, theirs) == [
        "core.dim_dates: only in the contracts",
        "core.planted: only in dbt",
        "core.dim_products: columns in another order",
        "core.fct_orders.channel: only in the contracts",
        "core.fct_orders.planted: only in dbt",
        "core.fct_orders.net_amount: DECIMAL(18,2) in the contracts, DOUBLE in dbt",
    ]

"""Contracts of the tables dbt writes, read from the yml that stands beside each model.

A model's yml gives name, description ("One row per ..."), ``config.meta`` (``key``, ``history``)
and the columns with ``data_type``, ``description`` and ``config.meta.unit``. dbt enforces the same
yml when it builds; a drift test holds it against dbt's manifest in both directions.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from crm_tasks.contracts.table import Column, Table
from crm_tasks.errors import ContractError, listed

MODELS = Path(__file__).parents[2] / "dbt_project" / "models"
PRIVATE_SCHEMAS = ("staging",)
#: Every process reads every contract: the parser in C does it in a tenth of the time.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def dbt_tables() -> tuple[Table, ...]:
    """Return one contract per dbt model that becomes a table; intermediate ones are left out."""
    return tuple(_tables_of(path) for path in _model_ymls(MODELS))


def model_path(table: Table) -> Path:
    """Return the yml of a dbt table; its SQL stands beside it under the same stem.

    Raises
    ------
    ContractError
        No such file.
    """
    for path in _model_ymls(MODELS):
        if path.stem == table.name and path.relative_to(MODELS).parts[0] == table.schema:
            return path
    raise ContractError(f"{table.full_name}: no {table.name}.yml under {MODELS / table.schema}")


def layer_tables(layer: str) -> list[Table]:
    """Return the tables that one dbt build writes."""
    return [table for table in dbt_tables() if layer_of(table) == layer]


def layer_of(table: Table) -> str:
    """Return the layer of a dbt table: its model's folders, joined by an underscore."""
    return "_".join(model_path(table).relative_to(MODELS).parts[:-1])


@cache
def _model_ymls(models: Path) -> tuple[Path, ...]:
    return tuple(
        path
        for path in sorted(models.glob("*/**/*.yml"))
        if not path.name.startswith("_") and path.parent.name != "intermediate"
    )


def _tables_of(path: Path) -> Table:
    declared = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 (safe)
    models = declared.get("models", [])
    if len(models) != 1 or models[0]["name"] != path.stem:
        raise ContractError(f"{path}: expected exactly one model, named {path.stem}")
    model = models[0]
    _demand(path, f"model {path.stem}", model, ("description", "columns"))
    meta = model.get("config", {}).get("meta", {})
    _demand(path, "config.meta", meta, ("key",))
    for column in model["columns"]:
        name = f"column {column.get('name', '?')}"
        _demand(path, name, column, ("name", "data_type", "description"))
    schema = path.relative_to(MODELS).parts[0]
    try:
        return Table(
            schema=schema,
            name=model["name"],
            grain=model["description"].strip(),
            key=tuple(meta["key"]),
            columns=tuple(_column(column) for column in model["columns"]),
            history=meta.get("history", "current"),
            writer="dbt",
            is_published=schema not in PRIVATE_SCHEMAS,
        )
    except ContractError as error:
        raise ContractError(f"{path}: {error}") from None


def _column(declared: dict[str, Any]) -> Column:
    constraints = {item["type"] for item in declared.get("constraints", [])}
    return Column(
        name=declared["name"],
        type=declared["data_type"].upper().replace(" ", ""),
        meaning=declared["description"].strip(),
        is_nullable="not_null" not in constraints,
        unit=declared.get("config", {}).get("meta", {}).get("unit"),
    )


def _demand(path: Path, what: str, declared: dict[str, Any], needed: tuple[str, ...]) -> None:
    absent = [name for name in needed if not declared.get(name)]
    if absent:
        raise ContractError(f"{path}: {what} has no {listed(absent)}")

"""What staging does to landed rows, as SQL: dbt's own macros and models, rendered without dbt.

Whoever wants to know how staging will read a value asks here, so that there is one truth about it:
``dbt_project``. Only what reads variables and landed rows, and no graph, works so.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

import jinja2

from crm_tasks.errors import ContractError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from crm_tasks.contracts.entities import Entity

PROJECT = Path(__file__).parents[2] / "dbt_project"
MACROS, MODELS = PROJECT / "macros", PROJECT / "models" / "staging"
READ = ("variables.sql", "portable.sql", "as_of.sql", "staging.sql")
ENGINE = "duckdb"


class _Adapter:
    """As much of dbt's adapter as a macro asks for: the spelling of one engine."""

    @jinja2.pass_context
    def dispatch(self, context: jinja2.runtime.Context, macro: str, package: str) -> Any:
        del package  # there is one
        return context[f"{ENGINE}__{macro}"]


def _refuse(message: str) -> NoReturn:
    raise ContractError(message)


@lru_cache(maxsize=8)
def _environment(as_of: str, time_zone: str, currency_code: str) -> jinja2.Environment:
    """Return what dbt gives a model, its variables set; a source is read where it is landed."""
    variables: Mapping[str, str] = {
        "as_of": as_of,
        "time_zone": time_zone,
        "currency_code": currency_code,
    }
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)  # noqa: S701 (makes SQL)
    environment.globals.update(
        adapter=_Adapter(),
        env_var=lambda _, default: default,
        exceptions=SimpleNamespace(raise_compiler_error=_refuse),
        execute=True,
        modules=SimpleNamespace(re=re),
        source=lambda schema, table: f"{schema}.{table}",
        var=lambda name, default=None: variables.get(name, default),
    )
    return environment


@lru_cache(maxsize=1)
def _macros() -> str:
    return "\n".join((MACROS / name).read_text(encoding="utf-8") for name in READ)


def typed(entity: Entity, as_of: dt.date, time_zone: str, currency_code: str) -> dict[str, str]:
    """Return, per field, the SQL by which staging types it: NULL where the text does not fit."""
    environment = _environment(as_of.isoformat(), time_zone, currency_code)
    macros: Any = environment.from_string(_macros()).module
    return {field.name: str(macros.cast_or_null(field.name, field.kind)) for field in entity.fields}


def staged(entity: Entity, as_of: dt.date, time_zone: str, currency_code: str) -> str:
    """Return the query that is an entity's staging model: every landed row, typed and judged."""
    model = (MODELS / f"stg_{entity.name}.sql").read_text(encoding="utf-8")
    environment = _environment(as_of.isoformat(), time_zone, currency_code)
    return environment.from_string(f"{_macros()}\n{model}").render()

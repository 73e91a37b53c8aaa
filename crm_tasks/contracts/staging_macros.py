"""What staging does to a landed text, as SQL: dbt's own macros, rendered without dbt.

Whoever wants to know how staging will read a value asks here, so that there is one truth about it:
the macros of ``dbt_project/macros``. Only macros that read variables and no database work so.
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

MACROS = Path(__file__).parents[2] / "dbt_project" / "macros"
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
def _macros(as_of: str, time_zone: str, currency_code: str) -> Any:
    """Return the macros as a module, their variables set."""
    variables: Mapping[str, str] = {
        "as_of": as_of,
        "time_zone": time_zone,
        "currency_code": currency_code,
    }
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)  # noqa: S701 (makes SQL)
    environment.globals.update(
        adapter=_Adapter(),
        exceptions=SimpleNamespace(raise_compiler_error=_refuse),
        execute=True,
        modules=SimpleNamespace(re=re),
        var=lambda name, default=None: variables.get(name, default),
    )
    source = "\n".join((MACROS / name).read_text(encoding="utf-8") for name in READ)
    return environment.from_string(source).module


def typed(entity: Entity, as_of: dt.date, time_zone: str, currency_code: str) -> dict[str, str]:
    """Return, per field, the SQL by which staging types it: NULL where the text does not fit."""
    macros = _macros(as_of.isoformat(), time_zone, currency_code)
    return {field.name: str(macros.cast_or_null(field.name, field.kind)) for field in entity.fields}


def reject_reason(entity: Entity, as_of: dt.date, time_zone: str, currency_code: str) -> str:
    """Return the SQL of the reason for which staging would refuse a row, NULL if it would not."""
    demands = {f.name: f.demand for f in entity.fields if f.demand not in ("text", "token")}
    return str(_macros(as_of.isoformat(), time_zone, currency_code).reject_reason(demands))

"""The models run straight in DuckDB: templates rendered as dbt does, statement by statement.

A build by dbt takes seconds; here one takes milliseconds, so that a property can be tried on many
cases. What dbt itself does around a model (transactions, tests, comments) is not done.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import duckdb
import jinja2
import yaml

from crm_tasks.contracts import ml_text, text
from tests.dbt.portable import DBT_PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterable

VARIABLES = {"time_zone": "UTC", "currency_code": "EUR", "is_synthetic": True}


@dataclass(frozen=True)
class Relation:
    """What ref() and source() give a template."""

    schema: str
    identifier: str
    database: str = "memory"

    def __str__(self) -> str:
        return f"{self.schema}.{self.identifier}"


@dataclass
class Engine:
    """A warehouse in memory; ``seeds`` are relations that no model makes."""

    variables: dict[str, Any] = field(default_factory=dict)
    connection: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)

    def __post_init__(self) -> None:
        for schema in ("landing", "staging", "identity", "text", "ml", "core", "changes"):
            self.connection.execute(f"create schema {schema}")
        for table in (text.MASKED_TEXTS, ml_text.TEXT_LABELS):
            columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
            self.connection.execute(f"create table {table.full_name} ({columns})")
        self.connection.execute(self._macro("begin_notes", "", is_incremental=False))

    def build(self, models: Iterable[str], *, is_full: bool) -> None:
        """Build models in the order given, whole or by what changed."""
        for name in models:
            self._build(name, is_full=is_full)

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """Return the rows of a table in an order of their own."""
        return sorted(self.connection.execute(f"select * from {table}").fetchall(), key=repr)

    def _build(self, name: str, *, is_full: bool) -> None:
        config = _config(name)
        this = _relation(name)
        kind = config["materialized"]
        changes = not is_full and kind == "incremental"
        for hook in _hooks(config):
            statement = self._rendered(hook, this, is_incremental=changes).strip()
            if statement:
                self.connection.execute(statement)
        select = self._rendered(_path(name).read_text("utf-8"), this, is_incremental=changes)
        if not changes:
            form = "view" if kind == "ephemeral" else "table"
            self.connection.execute(f"create or replace {form} {this} as {select}")
            return
        self.connection.execute(f"create or replace temp table made as {select}")
        described = self.connection.execute("describe made").fetchall()
        told = {
            "target_relation": this,
            "temp_relation": "made",
            "unique_key": config.get("unique_key"),
            "dest_columns": [{"name": column[0]} for column in described],
        }
        strategy = f"get_incremental_{config['incremental_strategy']}_sql"
        self.connection.execute(self._macro(strategy, this, True, told))

    def _macro(self, name: str, this: object, is_incremental: bool, *told: Any) -> str:
        NOW.set(self, this, is_incremental=is_incremental)
        return str(_environment().globals[name](*told))

    def _rendered(self, template: str, this: object, *, is_incremental: bool) -> str:
        NOW.set(self, this, is_incremental=is_incremental)
        return str(_template(template).render())


class Now:
    """What is being rendered: compiled once, a template asks here for what changes.

    It is also what a template knows as ``this`` and as dbt's ``adapter``.
    """

    engine: Engine
    relation: Any = ""
    is_incremental = False

    def set(self, engine: Engine, this: object, *, is_incremental: bool) -> None:
        self.engine, self.relation, self.is_incremental = engine, this, is_incremental

    def var(self, name: str, default: object = None) -> object:
        return (VARIABLES | self.engine.variables).get(name, default)

    def __str__(self) -> str:
        return str(self.relation)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.relation, name)

    def dispatch(self, name: str, _package: str) -> Any:
        return _environment().globals[f"duckdb__{name}"]

    def get_columns_in_relation(self, relation: Relation) -> list[Any]:
        """Return name and type of each column, as dbt's adapter does."""
        rows = self.engine.connection.execute(f"describe {relation}").fetchall()
        return [SimpleNamespace(name=row[0], dtype=row[1]) for row in rows]

    def get_relation(self, _database: str, schema: str, identifier: str) -> bool:
        found = self.engine.connection.execute(
            "select 1 from duckdb_tables() where schema_name = ? and table_name = ?",
            (schema, identifier),
        ).fetchall()
        return bool(found)


NOW = Now()


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(  # noqa: S701 (SQL, not HTML)
        extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined
    )
    environment.globals.update(
        adapter=NOW,
        this=NOW,
        modules={"re": re},
        execute=True,
        env_var=lambda _, default="": default,
        var=lambda name, default=None: NOW.var(name, default),
        ref=_relation,
        source=Relation,
        is_incremental=lambda: NOW.is_incremental,
    )
    paths = sorted((DBT_PROJECT / "macros").glob("*.sql"))
    macros = environment.from_string("".join(path.read_text("utf-8") for path in paths)).module
    environment.globals.update(
        {name: macro for name, macro in vars(macros).items() if callable(macro)}
    )
    return environment


@cache
def _template(text: str) -> jinja2.Template:
    return _environment().from_string(text)


@cache
def _path(name: str) -> Any:
    (path,) = (DBT_PROJECT / "models").glob(f"**/{name}.sql")
    return path


@cache
def _relation(name: str) -> Relation:
    return Relation(_path(name).relative_to(DBT_PROJECT / "models").parts[0], name)


@cache
def _config(name: str) -> dict[str, Any]:
    """Return a model's configuration: of its yml, over that of its folder."""
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text("utf-8"))
    folder = {"materialized": "table"}
    *folders, _ = _path(name).relative_to(DBT_PROJECT / "models").parts
    told: dict[str, Any] = project["models"]["guanxi"]
    layers = [told := told.get(part, {}) for part in [*folders, name]]
    for told in layers:
        folder |= {key[1:]: value for key, value in told.items() if key.startswith("+")}
    own = yaml.safe_load(_path(name).with_suffix(".yml").read_text("utf-8"))
    return folder | own["models"][0].get("config", {})


def incremental_facts() -> list[str]:
    """Return the facts that are brought up to date by their keys."""
    facts = sorted(path.stem for path in (DBT_PROJECT / "models/core").glob("fct_*.sql"))
    return [name for name in facts if _config(name)["materialized"] == "incremental"]


def _hooks(config: dict[str, Any]) -> list[str]:
    hooks = config.get("pre_hook", [])
    return [hooks] if isinstance(hooks, str) else list(hooks)

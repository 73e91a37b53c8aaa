"""All contracts, in the order of the flow, which is also the order of the published file."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from crm_tasks.contracts import (
    evaluation,
    features_needs,
    graph,
    graph_influence,
    graph_links,
    identity,
    ml,
    ml_outlook,
    ml_patterns,
    ml_recommendations,
    ml_segments,
    ml_text,
    ml_uplift,
    ops,
    strategy,
    text,
)
from crm_tasks.contracts.dbt_models import dbt_tables
from crm_tasks.errors import ContractError, nearest

if TYPE_CHECKING:
    from crm_tasks.contracts.table import Table

FLOW = (
    "staging",
    "identity",
    "text",
    "core",
    "features",
    "graph",
    "ml",
    "strategy",
    "evaluation",
    "bi",
    "ops",
)

PYTHON_TABLES: tuple[Table, ...] = (
    *identity.TABLES,
    *features_needs.TABLES,
    *graph.TABLES,
    *graph_influence.TABLES,
    *graph_links.TABLES,
    *text.TABLES,
    *ml.TABLES,
    *ml_outlook.TABLES,
    *ml_patterns.TABLES,
    *ml_recommendations.TABLES,
    *ml_segments.TABLES,
    *ml_text.TABLES,
    *ml_uplift.TABLES,
    *strategy.TABLES,
    *evaluation.TABLES,
)


@cache
def all_tables() -> tuple[Table, ...]:
    """Return every contract, ordered by schema (the flow) and then as declared."""
    tables = (*PYTHON_TABLES, *dbt_tables(), *ops.TABLES)
    return tuple(sorted(tables, key=lambda table: FLOW.index(table.schema)))


def published_tables() -> tuple[Table, ...]:
    """Return the contracts of the tables that readers see."""
    return tuple(table for table in all_tables() if table.is_published)


def find_table(full_name: str) -> Table:
    """Return the contract of ``schema.table``.

    Raises
    ------
    ContractError
        No such table; the message names the nearest one.
    """
    tables = {table.full_name: table for table in all_tables()}
    if full_name not in tables:
        raise ContractError(f"no table named {full_name!r}{nearest(full_name, tables)}")
    return tables[full_name]

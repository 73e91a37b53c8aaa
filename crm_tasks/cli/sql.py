"""`crm sql`: look at the published tables, or at the run state, without being able to change it."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import pyarrow as pa
import typer

from crm_tasks.cli.console import HomeOption, print_table
from crm_tasks.cli.formats import csv_line, json_text
from crm_tasks.settings import load_settings
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.query import query_ops, query_served


class Format(StrEnum):
    """How `crm sql` prints rows."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def sql(
    query: Annotated[str, typer.Argument(help="One SELECT statement")],
    output_format: Annotated[
        Format, typer.Option("--format", help="table for people, csv or json for programs")
    ] = Format.TABLE,
    ops: Annotated[
        bool, typer.Option("--ops", help="Ask the run state instead (runs, dq_results, ...)")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Query the published warehouse, read-only.

    The statement sees the served file and nothing else: no other files, no network, no settings.
    Schemas: identity, core, features, graph, ml, strategy, evaluation, bi, ops; `describe
    core.fct_orders` or `select * from duckdb_columns()` show columns and their meaning.
    """
    place = Home(load_settings(home=home).home_path)
    rows = query_ops(place, query) if ops else query_served(place, query)
    _print(rows, output_format)


def _print(rows: pa.Table, output_format: Format) -> None:
    if output_format is Format.JSON:
        sys.stdout.write(json_text(rows) + "\n")
    elif output_format is Format.CSV:
        sys.stdout.write(csv_line(rows.column_names))  # a pivot makes names out of data
        sys.stdout.writelines(csv_line(row.values()) for row in rows.to_pylist())
    else:
        print_table(rows.column_names, (row.values() for row in rows.to_pylist()))

"""Tables as data: what every table of the warehouse promises, in one place beside its writer.

A table written by Python is declared in this package (``contracts/graph.py`` and so on); a table
written by dbt is declared in the model's own yml and read from there (:mod:`.dbt_models`), so that
no column is described twice. From these declarations come the pyarrow schema a step must hand
over, the dbt source yml, the comments in the published file and the pages under ``docs/tables``.
"""

from crm_tasks.contracts.registry import all_tables, find_table, published_tables
from crm_tasks.contracts.table import Column, Table, as_of_date_column, check_rows, check_slices

__all__ = [
    "Column",
    "Table",
    "all_tables",
    "as_of_date_column",
    "check_rows",
    "check_slices",
    "find_table",
    "published_tables",
]

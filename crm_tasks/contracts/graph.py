"""Contracts of the graph tables."""

from __future__ import annotations

from crm_tasks.contracts.table import Table

TABLES: tuple[Table, ...] = ()

"""Contracts of the strategy tables."""

from __future__ import annotations

from crm_tasks.contracts.table import Table

TABLES: tuple[Table, ...] = ()

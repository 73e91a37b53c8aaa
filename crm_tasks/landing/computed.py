"""Computed mappings as SQL text: an amount out of its factors, a key for rows without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.contracts.sql_text import quoted
from crm_tasks.landing.values import UNFIT
from crm_tasks.profiles.computed import Amount, Numbered

if TYPE_CHECKING:
    from collections.abc import Callable

#: Of factors of money: two of them multiply without loss, and a millionth is float noise.
EXACT = "decimal(18, 6)"


def computed(
    mapping: Amount | Numbered, number: Callable[[str], str], key_part: Callable[[str], str]
) -> str:
    """Return SQL for a computed mapping as text.

    Parameters
    ----------
    number, key_part : callable
        Give the SQL of a column as a number in canonical form, and as a part of a key.
    """
    if isinstance(mapping, Amount):
        return _amount(mapping, number)
    parts = [f"coalesce({key_part(name)}, '')" for name in mapping.numbered]
    columns = ", ".join(f"rows.{quoted(name)}" for name in mapping.numbered)
    # Records taken out of quarantine stand in a batch of their own but name the same file.
    place = f"partition by rows.source_file_sha256, {columns} order by rows.record_no"
    return " || '-' || ".join([*parts, f"row_number() over ({place})"])


def _amount(mapping: Amount, number: Callable[[str], str]) -> str:
    factors = [number(name) for name in mapping.multiply]
    less = [f"coalesce(nullif(trim({number(name)}), ''), '0')" for name in mapping.less]
    product = " * ".join(f"try_cast({text} as {EXACT})" for text in factors)
    value = " - ".join([product, *(f"try_cast({text} as {EXACT})" for text in less)])
    if mapping.decimals is not None:
        value = f"round({value}, {mapping.decimals})"
    is_empty = " or ".join(f"coalesce(trim({text}), '') = ''" for text in factors)
    return f"case when {is_empty} then null else coalesce(cast({value} as varchar), '{UNFIT}') end"

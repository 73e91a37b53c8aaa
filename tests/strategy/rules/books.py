"""Small rule books and their customers, written by what matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from crm_tasks.contracts import find_table
from crm_tasks.strategy.rules.model import RuleBook

if TYPE_CHECKING:
    from pathlib import Path

OFFER = {
    "id": "offer", "version": 1, "objective": "value", "contents": ("category_coupon",),
    "lever": 0.5, "when": "frequency >= 1", "figure": "frequency",
    "reason_en": "{value} orders", "reason_zh": "共 {value} 次下单",
}  # fmt: skip
HEAD = """\
rule_book: mine
version: 1
expansions:
  - id: offer
    version: 1
    objective: value
    contents: [category_coupon]
    lever: 0.5
    when: frequency >= 1
    figure: frequency
    reason_en: "{value} orders"
    reason_zh: "共 {value} 次"
"""


def book(**said: Any) -> RuleBook:
    """Return a rule book with one offer, unless told otherwise."""
    return RuleBook.model_validate(
        {"rule_book": "mine", "version": 1, "expansions": (OFFER,), **said}
    )


def people(*rows: dict[str, Any]) -> pa.Table:
    """Return customers with all columns of the features; what a row does not say is NULL."""
    schema = find_table("features.feat_customers_wide").arrow_schema
    return pa.table({
        field.name: pa.array([row.get(field.name) for row in rows]).cast(field.type)
        for field in schema
    })  # fmt: skip


def written(folder: Path, text: str) -> Path:
    """Return a file with the text."""
    path = folder / "mine.yml"
    path.write_text(text, encoding="utf-8")
    return path

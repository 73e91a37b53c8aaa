"""Acceptance lines of issue 2 about the entities: what the planted company says, to the row."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.acceptance import Measured, line
from benchmarks.planted import planted_home

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.workshop import Workshop

#: Tables of the core whose rows are the rows of one entity, with the source tables that feed it.
ROW_FOR_ROW = {
    "page_views": ("fct_page_views", ("page_views",)),
    "reviews": ("fct_reviews", ("reviews",)),
    "messages": ("fct_messages", ("messages",)),
    "consents": ("fct_consents", ("consents",)),
    "surveys": ("fct_surveys", ("surveys",)),
    "organizations": ("dim_organizations", ("organizations",)),
    "ties": ("fct_ties", ("trust", "referrals", "cooperations", "works_for")),
    "opportunities": ("fct_opportunities", ("opportunities",)),
    "assignments": ("fct_assignments", ("assignments",)),
    "outcomes": ("fct_outcomes", ("outcomes",)),
    "orders": ("fct_orders", ("orders",)),
    "order_items": ("fct_order_items", ("order_items",)),
    "contacts": ("fct_contacts", ("contacts",)),
    "redemptions": ("fct_redemptions", ("redemptions",)),
}


@line(2, "Planted company, S: rows in = kept + set aside + told twice for every table; all is on")
def reconcile(workshop: Workshop) -> Measured:
    """Set landed rows beside those of the core, with what quarantine and copies explain."""
    home = planted_home(workshop)
    landed = _counted(workshop, home, "table_name", "batches", "sum(n_loaded)")
    refused = _counted(workshop, home, "entity", "quarantine where stage = 'staging'", "count(*)")
    copies = _counted(
        workshop,
        home,
        "replace(table_name, 'staging.stg_', '')",
        "dq_results where expectation = 'key_is_said_once'",
        "max(n_unexpected)",
    )
    wrong = []
    for entity, (table, fed_by) in ROW_FOR_ROW.items():
        counting = f"select count(*) as n from core.{table}"  # noqa: S608 (our own names)
        (row,) = workshop.query(home, counting)
        given = sum(landed[name] for name in fed_by)
        if row["n"] != given - refused[entity] - copies[entity] or not given:
            wrong.append(f"{table} {row['n']:,} of {given:,}")
    off = workshop.query(home, "select 1 from ops.pipeline_coverage where status = 'off'")
    text = f"{len(ROW_FOR_ROW) - len(wrong)} of {len(ROW_FOR_ROW)} tables reconcile"
    return Measured(
        f"{text}{''.join(f', {one}' for one in wrong)}; {len(off)} off", not wrong + off
    )


@line(2, "Planted company, S: review scores as in the file, low ones too; filled values are told")
def keep_scores(workshop: Workshop) -> Measured:
    """Count scores in the source file and in the core."""
    home = planted_home(workshop)
    (file,) = (home / "sources").glob("planted/*/shop/reviews.jsonl")
    raw: Counter[int] = Counter()
    for text in file.read_text(encoding="utf-8").splitlines():
        try:
            raw[json.loads(text)["score"]] += 1
        except ValueError:
            raw[0] += 1  # no JSON: set aside at landing
    rows = workshop.query(home, "select score, count(*) as n from core.fct_reviews group by score")
    kept = {row["score"]: row["n"] for row in rows}
    (filled,) = workshop.query(
        home,
        "select count(*) filter (where ordered_at_rule <> 'none') as n, "
        "(select count(*) from core.fct_imputations where table_name = 'core.fct_orders') as told "
        "from core.fct_orders",
    )
    low = sum(n for score, n in kept.items() if score <= 3)
    text = f"{sum(kept.values()):,} reviews, {low:,} of score 3 or less, {raw[0]} not readable"
    is_told = filled["n"] == filled["told"]
    return Measured(text, kept == {s: n for s, n in raw.items() if s} and low > 0 and is_told)


def _counted(workshop: Workshop, home: Path, key: str, rows: str, figure: str) -> Counter[str]:
    query = f"select {key} as k, {figure} as n from {rows} group by 1"  # noqa: S608 (our own text)
    found = workshop.query(home, query, "--ops")
    return Counter({row["k"]: int(row["n"] or 0) for row in found})

"""All patterns of one as-of date: rules of baskets, rules of sequences, and what was counted."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.contracts.ml_patterns import PATTERN_COUNTS
from crm_tasks.ml.patterns.association import find_rules, rule_rows
from crm_tasks.ml.patterns.itemsets import count_itemsets
from crm_tasks.ml.patterns.sequences import find_sequences, sequence_rows

if TYPE_CHECKING:
    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.ml.patterns.params import PatternParams


def find_patterns(
    scratch: Scratch,
    previous: tuple[pa.Table | None, pa.Table | None],
    as_of: dt.date,
    params: PatternParams,
) -> dict[str, pa.Table]:
    """Return the rows of ml.association_rules, ml.sequence_rules and ml.pattern_counts.

    Parameters
    ----------
    scratch : Scratch
        With core.fct_order_items as ``order_items`` and core.dim_products as ``products``.
    previous : tuple
        The predecessor's association and sequence rules, None where there are none.
    """
    since = dt.datetime.combine(as_of - dt.timedelta(days=params.window_days), dt.time())
    found = count_itemsets(scratch, since, params)
    rules, tested = find_rules(found, params)
    sequences, figures = find_sequences(scratch, params)
    counts = [
        {
            "rule_kind": "association",
            "n_items": length,
            "n_baskets": found.n_baskets,
            "n_baskets_dropped": found.n_dropped,
            "n_products": found.items.num_rows,
            "n_baskets_at_least": found.least[length],
            "n_sets": len(found.sets[length]),
            "n_tests": tested.get(length, 0.0),
            "n_rules": 0 if rules.empty else int((rules["n_items"] == length).sum()),
            "as_of_date": as_of,
        }
        for length in sorted(found.sets)
    ]
    counts += [{"rule_kind": "sequence", **told, "as_of_date": as_of} for told in figures]
    return {
        "association_rules": rule_rows(rules, previous[0], as_of),
        "sequence_rules": sequence_rows(sequences, previous[1], as_of),
        "pattern_counts": pa.Table.from_pylist(counts, schema=PATTERN_COUNTS.arrow_schema),
    }

from __future__ import annotations

import datetime as dt
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from mlxtend.frequent_patterns import fpgrowth

from crm_tasks.ml.patterns.itemsets import count_itemsets
from crm_tasks.ml.patterns.params import PatternParams
from tests.ml.patterns.baskets import drawn, order_items, planted_items, products_of

SINCE = dt.datetime(2023, 1, 1)  # noqa: DTZ001 (columns hold UTC without a zone)


def counted(scratch, items, params):
    lent = scratch(order_items=items, products=products_of(items))
    return count_itemsets(lent, SINCE, params)


def as_dict(found):
    names = np.array(found.items.column("product_id").to_pylist())
    return {
        frozenset(names[row]): int(n)
        for length, sets in found.sets.items()
        for row, n in zip(sets, found.counts[length], strict=True)
    }


def by_mlxtend(items, least, max_length):
    frame = items.select(["order_id", "product_id"]).to_pandas()
    holds = pd.crosstab(frame["order_id"], frame["product_id"]).astype(bool)
    found = fpgrowth(holds, (least - 0.5) / len(holds), use_colnames=True, max_len=max_length)
    counts = (found["support"] * len(holds)).round().astype(int)
    return dict(zip(found["itemsets"].map(frozenset), counts, strict=True))


@pytest.mark.parametrize(
    ("seed", "n_baskets", "n_items", "size", "least"),
    [(1, 400, 30, 4, 10), (2, 150, 12, 6, 12), (3, 1_000, 200, 8, 14)],
)
def test_counts_equal_those_of_mlxtend(scratch, seed, n_baskets, n_items, size, least):
    items = drawn(seed, n_baskets, n_items, size)
    params = PatternParams(min_baskets=least, min_share=0.0)
    found = as_dict(counted(scratch, items, params))
    assert max(map(len, found)) >= 3
    assert found == by_mlxtend(items, least, params.max_length)


def test_sets_of_four_and_five_are_counted_too(scratch):
    items = drawn(2, 150, 12, 6)
    params = PatternParams(min_baskets=8, min_share=0.0)
    found = counted(scratch, items, params)
    assert len(found.sets[4]) > 0
    assert len(found.sets[5]) > 0


def test_counts_of_the_planted_company_equal_those_of_mlxtend(scratch):
    items = planted_items(1)
    params = PatternParams(min_share=0.004)
    found = as_dict(counted(scratch, items, params))
    n = len(set(items.column("order_id").to_pylist()))
    assert any(len(one) == 2 for one in found)
    assert found == by_mlxtend(items, params.least(n, 0.004), 5)


def test_thirty_baskets_of_sixty_items_are_done_in_seconds(scratch):
    rng = np.random.default_rng(5)
    alike = [f"p{i:03d}" for i in range(60)]
    for choose in (lambda: alike, lambda: rng.choice([f"p{i:03d}" for i in range(90)], 60, False)):
        items = order_items([(f"o{i}", f"c{i}", 1 + i, choose()) for i in range(30)])
        begun = time.process_time()
        found = counted(scratch, items, PatternParams())
        assert time.process_time() - begun < 5
        assert found.n_baskets == 30
        assert len(found.sets[2]) > 0


def test_baskets_beyond_the_cap_are_left_out_and_counted(scratch):
    small = [(f"s{i}", "c", 1, ["a", "b"]) for i in range(12)]
    huge = [(f"h{i}", "c", 1, [f"p{j}" for j in range(5)]) for i in range(3)]
    found = counted(scratch, order_items(small + huge), PatternParams(max_basket_items=4))
    assert (found.n_baskets, found.n_dropped) == (12, 3)
    assert as_dict(found) == {frozenset("a"): 12, frozenset("b"): 12, frozenset("ab"): 12}


def test_where_the_work_would_be_too_much_only_more_frequent_sets_are_counted(scratch):
    items = drawn(3, 1_000, 200, 8)
    all_of_them = counted(scratch, items, PatternParams(min_share=0.0))
    fewer = counted(scratch, items, PatternParams(min_share=0.0, max_rows=8_000))
    least = fewer.least[2]
    assert least > all_of_them.least[2]
    expected = {k: n for k, n in as_dict(all_of_them).items() if len(k) == 2 and n >= least}
    assert {k: n for k, n in as_dict(fewer).items() if len(k) == 2} == expected


def test_returns_corrections_and_unknown_products_are_in_no_basket(scratch):
    rows = [(f"o{i}", "c", 1, ["a", "b"]) for i in range(10)]
    frame = order_items(rows).to_pandas()
    last = len(frame) - 1
    frame.loc[last, "net_amount"] = -1.0
    frame.loc[last - 2, "is_zero_quantity"] = True
    frame.loc[last - 4, "is_unknown_product"] = True
    found = counted(scratch, pa.Table.from_pandas(frame), PatternParams(min_baskets=1))
    assert as_dict(found)[frozenset("b")] == 7
    assert as_dict(found)[frozenset("ab")] == 7

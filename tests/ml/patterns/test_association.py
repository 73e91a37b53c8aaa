from __future__ import annotations

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest
from mlxtend.frequent_patterns import association_rules, fpgrowth
from scipy.stats import fisher_exact

from crm_tasks.ml.patterns.association import JOINED, find_rules, rule_rows
from crm_tasks.ml.patterns.itemsets import count_itemsets
from crm_tasks.ml.patterns.params import PatternParams
from crm_tasks.planted.purchases import BASKET_RULES
from tests.ml.patterns.baskets import (
    AS_OF,
    drawn,
    order_items,
    planted_items,
    product_id,
    products_of,
)

SINCE = dt.datetime(2023, 1, 1)  # noqa: DTZ001 (columns hold UTC without a zone)
ALL = PatternParams(min_share=0.0, max_q=1.0)


def rules_of(scratch, items, params):
    lent = scratch(order_items=items, products=products_of(items))
    found = count_itemsets(lent, SINCE, params)
    return find_rules(found, params)[0], found


def test_measures_equal_those_of_mlxtend(scratch):
    items = drawn(1, 400, 30, 4)
    ours, _ = rules_of(scratch, items, ALL)
    frame = items.select(["order_id", "product_id"]).to_pandas()
    holds = pd.crosstab(frame["order_id"], frame["product_id"]).astype(bool)
    sets = fpgrowth(holds, 9.5 / len(holds), use_colnames=True)
    theirs = association_rules(sets, metric="lift", min_threshold=0)
    key = {
        (JOINED.join(sorted(row.antecedents)), JOINED.join(sorted(row.consequents))): row
        for row in theirs.itertuples()
    }
    assert len(ours) > 20
    for row in ours.itertuples():
        other = key[row.antecedent, row.consequent]
        for measure in ("support", "confidence", "lift", "leverage"):
            assert getattr(row, measure) == pytest.approx(getattr(other, measure))
        if row.confidence < 1:
            assert row.conviction == pytest.approx(other.conviction)
        else:
            assert pd.isna(row.conviction), "nothing broke it: no number says how seldom"


def test_the_p_value_of_a_pair_is_fishers(scratch):
    items = drawn(1, 400, 30, 4)
    ours, _ = rules_of(scratch, items, ALL)
    frame = items.select(["order_id", "product_id"]).to_pandas()
    holds = pd.crosstab(frame["order_id"], frame["product_id"]).astype(bool)
    pairs = ours[ours["n_items"] == 2].head(10)
    assert len(pairs) == 10
    for row in pairs.itertuples():
        table = pd.crosstab(holds[row.antecedent], holds[row.consequent]).to_numpy()[::-1, ::-1]
        assert row.p_value == pytest.approx(fisher_exact(table, "greater").pvalue)


def test_chance_gives_no_rules(scratch):
    ours, found = rules_of(scratch, drawn(4, 2_000, 60, 4), PatternParams())
    assert len(found.sets[2]) > 200
    assert len(ours) <= 2


def test_an_item_that_adds_nothing_makes_no_longer_rule(scratch):
    # b follows a whatever else is bought; x is bought by half of everybody.
    rows = []
    for i in range(400):
        basket = ["a", "b"] if i % 4 == 0 else ["c"]
        rows.append((f"o{i}", "k", 1, [*basket, *(["x"] if i % 8 < 4 else [])]))
    ours, _ = rules_of(scratch, order_items(rows), PatternParams())
    assert set(zip(ours["antecedent"], ours["consequent"], strict=True)) == {("a", "b"), ("b", "a")}


def test_the_planted_basket_rules_are_found(scratch):
    ours, _ = rules_of(scratch, planted_items(2), PatternParams())
    pairs = ours[ours["n_items"] == 2].set_index(["antecedent", "consequent"])
    planted = {
        (product_id(rule.antecedent), product_id(rule.consequent)): rule.probability
        for rule in BASKET_RULES
    }
    assert set(planted) <= set(pairs.index)
    for key, probability in planted.items():
        assert pairs.loc[key, "confidence"] == pytest.approx(probability, abs=0.08)
    # They stand first: at most the same pairs turned round between them.
    assert {frozenset(key) for key in pairs.index[:12]} == {frozenset(key) for key in planted}


def test_a_rule_holds_since_the_date_it_was_first_found_without_a_break(scratch):
    items = order_items([(f"o{i}", "k", 1, ["a", "b"] if i % 2 else ["c"]) for i in range(100)])
    rules, _ = rules_of(scratch, items, PatternParams())
    first = rule_rows(rules, None, AS_OF)
    assert set(first.column("valid_from").to_pylist()) == {AS_OF}
    later = AS_OF + dt.timedelta(days=3)
    again = rule_rows(rules, first.slice(0, 1), later)
    assert sorted(again.column("valid_from").to_pylist()) == [AS_OF, later]
    assert again.column("antecedent_label")[0].as_py() == "name of a"
    assert rule_rows(pd.DataFrame(), None, AS_OF).num_rows == 0
    assert isinstance(again, pa.Table)

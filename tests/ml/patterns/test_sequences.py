from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from crm_tasks.contracts.ml_patterns import PATTERN_COUNTS
from crm_tasks.ml.patterns.chains import grow_chains
from crm_tasks.ml.patterns.find import find_patterns
from crm_tasks.ml.patterns.params import PatternParams
from crm_tasks.ml.patterns.sequences import GAPS, JUDGED
from crm_tasks.ml.patterns.significance import stratified_p
from crm_tasks.planted.purchases import SEQUENCE_RULES
from tests.ml.patterns.baskets import (
    AS_OF,
    drawn,
    order_items,
    planted_items,
    product_id,
    products_of,
)

PARAMS = PatternParams(min_share_followed=0.0, max_steps=2, max_gap_days=40)


def found(scratch, items, params):
    lent = scratch(order_items=items, products=products_of(items))
    return find_patterns(lent, (None, None), AS_OF, params), lent


def visits(items):
    """Yield each customer with his orders, (day, products), the first first."""
    orders = items.to_pandas().groupby(["customer_id", "ordered_at", "order_id"])["product_id"]
    for customer, of_customer in orders.agg(set).groupby("customer_id"):
        yield customer, [(at.date(), goods) for (_, at, _), goods in of_customer.items()]


def ahead_of(times, place, params):
    """Return the products that follow an order, each with the days until it first does."""
    day, found = times[place][0], {}
    for later, goods in times[place + 1 : place + 1 + params.max_steps]:
        if (later - day).days <= params.max_gap_days:
            found = {**dict.fromkeys(goods, (later - day).days), **found}
    return found


def brute_force(items, params):
    """Return the gaps per (prefix, next), and which orders hold or are followed, per customer."""
    gaps, places = defaultdict(list), defaultdict(set)
    for customer, times in visits(items):
        for place, (_, goods) in enumerate(times[:-1]):
            ahead = ahead_of(times, place, params)
            places[customer, "all", ""].add(place)
            for first in goods:
                places[customer, "with", first].add(place)
            for then in ahead:
                places[customer, "followed", then].add(place)
            for first, then in product(goods, ahead):
                gaps[first, then].append(ahead[then])
    return gaps, places


def test_counts_and_gaps_equal_brute_force(scratch):
    items = drawn(9, 300, 12, 3, n_customers=12)
    _, lent = found(scratch, items, PARAMS)
    ours = lent.query("select * from counted order by prefix, next_item").to_pandas()
    names = lent.query("select distinct product_id from baskets order by product_id")
    label = np.array(names.column(0).to_pylist())
    gaps, _ = brute_force(items, PARAMS)
    counts = {key: len(found) for key, found in gaps.items() if key[0] != key[1]}
    expected = {key: n for key, n in counts.items() if n >= PARAMS.min_baskets}
    keys = list(zip(label[ours["prefix"]], label[ours["next_item"]], strict=True))
    assert len(expected) > 20
    assert dict(zip(keys, ours["n"], strict=True)) == expected
    some = ours[["prefix", "next_item"]].head(20)
    lent.register("sure", pa.Table.from_pandas(some, preserve_index=False))
    timed = lent.query(GAPS).to_pandas()
    assert len(timed) == 20
    for row in timed.itertuples():
        days = gaps[label[row.prefix], label[row.next_item]]
        assert row.median_gap_days == np.median(days)


def test_the_test_within_customers_is_the_one_of_mantel_and_haenszel(scratch):
    items = drawn(9, 300, 12, 3, n_customers=12)
    _, lent = found(scratch, items, PARAMS)
    judged = lent.query(JUDGED).to_pandas().head(5)
    names = lent.query("select distinct product_id from baskets order by product_id")
    label = np.array(names.column(0).to_pylist())
    _, strata = brute_force(items, PARAMS)
    customers = sorted({key[0] for key in strata})
    assert len(judged) == 5
    for row in judged.itertuples():
        tables = []
        for customer in customers:
            have = strata[customer, "with", label[row.prefix]]
            then = strata[customer, "followed", label[row.next_item]]
            n = len(strata[customer, "all", ""])
            a, b, c = len(have & then), len(have - then), len(then - have)
            tables.append([[a, b], [c, n - a - b - c]])
        tables = [t for t in tables if min(t[0][0] + t[0][1], t[0][0] + t[1][0]) > 0]
        test = StratifiedTable(np.array(tables, float).transpose(1, 2, 0)).test_null_odds(True)
        p = stratified_p(*(np.array([x]) for x in (row.n, row.expected, row.variance)))[0]
        assert 2 * min(p, 1 - p) == pytest.approx(test.pvalue, rel=1e-6) or p > 0.45


def ends_of(times, chain, params):
    """Return the places of the orders that end a chain of products."""
    ends = {place for place, (_, goods) in enumerate(times) if chain[0] in goods}
    for item in chain[1:]:
        ends = {
            later
            for place in ends
            for later in range(place + 1, min(place + params.max_steps, len(times) - 1) + 1)
            if item in times[later][1]
            and (times[later][0] - times[place][0]).days <= params.max_gap_days
        }
    return ends


def brute_force_chains(items, chains, params):
    """Return how many orders end each chain, and how often each product follows those."""
    n_prefix, n = defaultdict(int), defaultdict(int)
    for _, times in visits(items):
        ahead = [ahead_of(times, place, params) for place in range(len(times) - 1)]
        for chain in chains:
            for place in ends_of(times, chain, params) - {len(times) - 1}:
                n_prefix[chain] += 1
                for then in ahead[place].keys() - set(chain):
                    n[chain, then] += 1
    return n_prefix, n


@pytest.mark.parametrize("length", [2, 3])
def test_supports_of_longer_sequences_equal_brute_force(scratch, length):
    """500 short sequences with a largest gap; chains grown from every pair there is."""
    items = drawn(4, 3000, 12, 3, n_customers=500)
    params = replace(PARAMS, min_baskets=3, max_gap_days=250, max_q=1.0, max_prefix=length)
    _, lent = found(scratch, items, params)
    pairs = lent.query("select prefix, next_item from counted").to_pandas()
    grown, _ = grow_chains(lent, pairs, params.min_baskets, 12, params)
    names = lent.query("select distinct product_id from baskets order by product_id")
    label = names.column(0).to_pylist()
    told = lent.query("select * from chain_names").to_pylist()
    chains = {row["chain"]: tuple(label[one] for one in row["items"]) for row in told}
    assert len(chains) > 10
    assert {len(chain) for chain in chains.values()} == {length}
    n_prefix, n = brute_force_chains(items, set(chains.values()), params)
    assert {chains[row["chain"]]: row["n_prefix"] for row in told} == n_prefix
    ours = lent.query("select * from counted_chains").to_pylist()
    counted = {(chains[row["chain"]], label[row["next_item"]]): row["n"] for row in ours}
    assert counted == {key: count for key, count in n.items() if count >= params.min_baskets}
    assert len(counted) > 20
    rules = grown[-1]
    assert len(rules) > 0
    for row in rules.itertuples():
        chain = chains[row.prefix]
        assert row.n == n[chain, label[row.next_item]]
        assert row.n_prefix == n_prefix[chain]


def test_a_chain_of_three_is_found_and_a_pair_that_says_as_much_is_not_lengthened(scratch):
    """Planted: z follows b if a came before it; y follows x whatever came before."""
    rng = np.random.default_rng(5)
    rows = []
    for customer in range(60):
        had_a = had_x = False
        owed = []
        for number in range(30):
            goods = {"f"} | {i for i in "gh" if rng.random() < 0.2} | set(owed)
            owed = []
            if had_a and rng.random() < 0.7:
                goods.add("b")
                owed += ["z"] if rng.random() < 0.8 else []
            elif rng.random() < 0.1:
                goods.add("b")
            if had_x and rng.random() < 0.6:
                goods.add("y")
            had_a, had_x = rng.random() < 0.2, rng.random() < 0.2
            goods |= ({"a"} if had_a else set()) | ({"x"} if had_x else set())
            rows.append((f"o{customer}-{number}", f"k{customer}", 300 - number * 9, sorted(goods)))
    tables, _ = found(scratch, order_items(rows), PatternParams(max_steps=1))
    rules = tables["sequence_rules"].to_pandas()
    longer = rules[rules["n_items"] == 3]
    assert ("a > b", "z") in set(zip(longer["prefix"], longer["next_item"], strict=True))
    assert longer["improvement"].min() > 0
    assert not (longer["next_item"] == "y").any()
    assert ("x", "y") in set(zip(rules["prefix"], rules["next_item"], strict=True))
    (rule,) = longer[longer["prefix"] == "a > b"].to_dict("records")
    assert rule["confidence"] == pytest.approx(0.8, abs=0.1)
    assert rule["prefix_label"] == "name of a > name of b"
    counts = tables["pattern_counts"].to_pandas()
    counted = counts[(counts["rule_kind"] == "sequence") & (counts["n_items"] == 3)]
    assert counted["n_rules"].tolist() == [len(longer)]


def test_tastes_are_no_sequence(scratch):
    # Half of the customers buy a and b in every other order, at random: no order between them.
    rng = np.random.default_rng(3)
    rows = []
    for customer in range(40):
        likes = ["a", "b"] if customer % 2 else ["c", "d"]
        for number in range(25):
            goods = [item for item in likes if rng.random() < 0.5] or ["e"]
            rows.append((f"o{customer}-{number}", f"k{customer}", 300 - number * 7, goods))
    tables, _ = found(scratch, order_items(rows), PatternParams())
    counts = tables["pattern_counts"].to_pandas().set_index(["rule_kind", "n_items"])
    assert counts.loc[("sequence", 2), "n_sets"] > 0
    assert tables["sequence_rules"].num_rows == 0


def test_a_sequence_is_found_with_its_days(scratch):
    rng = np.random.default_rng(3)
    rows, owed = [], {}
    for customer in range(40):
        for number in range(25):
            goods = {"x"} | {i for i in "abcd" if rng.random() < 0.2}
            if owed.pop(customer, False):
                goods.add("z")
            if "a" in goods and rng.random() < 0.6:
                owed[customer] = True
            rows.append((f"o{customer}-{number}", f"k{customer}", 300 - number * 9, goods))
    tables, _ = found(scratch, order_items(rows), PatternParams(max_steps=1))
    rules = tables["sequence_rules"].to_pandas()
    assert [(row.prefix, row.next_item) for row in rules.itertuples()] == [("a", "z")]
    assert rules.loc[0, "median_gap_days"] == 9
    assert rules.loc[0, "confidence"] == pytest.approx(0.6, abs=0.1)
    assert rules.loc[0, "next_item_label"] == "name of z"


def test_the_planted_sequences_are_found_and_nothing_else(scratch):
    tables, _ = found(scratch, planted_items(3), PatternParams())
    rules = tables["sequence_rules"].to_pandas()
    planted = {(product_id(r.antecedent), product_id(r.consequent)) for r in SEQUENCE_RULES}
    keys = set(zip(rules["prefix"], rules["next_item"], strict=True))
    assert planted <= keys
    assert len(keys - planted) <= 1
    counts = tables["pattern_counts"].to_pandas().set_index(["rule_kind", "n_items"])
    assert counts.loc[("sequence", 2), "n_rules"] == len(rules)
    assert counts.loc[("association", 2), "n_rules"] > 0


def test_nothing_bought_gives_empty_tables(scratch):
    nothing = order_items([("o", "k", 1, ["a"])]).slice(0, 0)
    products = products_of(order_items([("o", "k", 1, ["a"])]))
    lent = scratch(order_items=nothing, products=products)
    tables = find_patterns(lent, (None, None), AS_OF, PatternParams())
    assert tables["association_rules"].num_rows == tables["sequence_rules"].num_rows == 0
    assert tables["pattern_counts"].schema.names == list(PATTERN_COUNTS.column_names)
    assert set(tables["pattern_counts"].column("n_rules").to_pylist()) == {0}

"""Who is predicted, who is alike, with which reasons."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.contracts import check_rows, find_table
from crm_tasks.graph.links.dated import DatedLayers
from crm_tasks.graph.links.foresee import foresee_links
from crm_tasks.graph.links.model import LinkModel
from crm_tasks.graph.links.params import LinkParams
from crm_tasks.graph.links.predict import find_similar, predict_links
from crm_tasks.graph.links.scores import SCORES, Neighbourhood, Pairs
from crm_tasks.graph.links.tastes import Tastes
from crm_tasks.graph.params import GraphParams
from tests.graph.builders import AS_OF, network
from tests.graph.links.small import PARAMS, circles

#: Only common neighbours count: log-odds ln(1 + n) - 1.
BY_COMMON = LinkModel(
    mean=np.zeros(len(SCORES)),
    scale=np.ones(len(SCORES)),
    weights=np.eye(len(SCORES))[0],
    intercept=-1.0,
)
#: a and d have two neighbours in common, d and e one, a and e none.
SQUARE = network(
    "abcdef", ("a", "b", 0.5), ("a", "c", 0.5), ("b", "d", 0.5), ("c", "d", 0.5), ("c", "e", 0.5)
)
BOUGHT = pa.table(
    {
        "src_id": list("aaddeb"),
        "dst_id": ["tea", "milk", "tea", "milk", "milk", "milk"],
        "strength": [0.9, 0.1, 0.9, 0.1, 0.5, 0.5],
    }
)
PRODUCTS = pa.table({"product_id": ["tea", "milk", "odd"], "category_l2": ["TEA", "DAIRY", None]})
TASTES = Tastes.from_ties(SQUARE.ids, BOUGHT, PRODUCTS)


def test_the_most_probable_pair_of_each_stands_once():
    params = replace(LinkParams(), predictions=1)
    rows = predict_links("trust", Neighbourhood(SQUARE, params), BY_COMMON, TASTES, AS_OF)
    check_rows(find_table("graph.link_predictions"), rows)
    found = {(row["src_id"], row["dst_id"]): row for row in rows.to_pylist()}
    # a and d meet over b and c, b and c over a and d, e meets a and d over c.
    assert set(found) == {("a", "d"), ("b", "c"), ("a", "e")}
    best = found["a", "d"]
    assert best["probability"] == pytest.approx(1 / (1 + np.exp(1 - np.log(3))), abs=1e-6)
    assert best["n_shared_neighbours"] == 2
    assert best["shared_categories"] == "TEA"
    assert best["reasons"] == "2 customers tied to both; both buy more of TEA than others do"
    assert "2" in best["reasons_zh"]
    assert found["a", "e"]["reasons"] == "1 customer tied to both"


def test_the_tied_and_the_lonely_are_not_predicted():
    rows = predict_links("trust", Neighbourhood(SQUARE, LinkParams()), BY_COMMON, TASTES, AS_OF)
    pairs = set(zip(rows["src_id"].to_pylist(), rows["dst_id"].to_pylist(), strict=True))
    two_hops = {("a", "d"), ("a", "e"), ("b", "c"), ("d", "e")}
    assert pairs == two_hops
    assert not {pair for pair in pairs if "f" in pair}


def test_customers_alike_are_ranked_by_cosine_tied_or_not():
    params = replace(LinkParams(), dimensions=3, similar=2)
    around = Neighbourhood(SQUARE, params)
    rows = find_similar(around, TASTES, AS_OF)
    check_rows(find_table("graph.similar_customers"), rows)
    table = rows.to_pandas()
    assert (table.groupby("customer_id")["rank"].max() <= 2).all()
    names = SQUARE.ids.to_pylist()
    for name, part in table.groupby("customer_id"):
        assert part.sort_values("rank")["similarity"].is_monotonic_decreasing
        near = {
            other: float(around.cosine(Pairs(np.array([names.index(name)]), np.array([place])))[0])
            for place, other in enumerate(names)
            if other not in (name, "f") and hops(name, other) <= 2
        }
        assert part["similarity"].max() == max(near.values())
    assert set(table["is_tied"]) == {True, False}
    assert "f" not in set(table["customer_id"]) | set(table["similar_customer_id"])


def hops(a: str, b: str) -> int:
    """Return hops in the square, 3 for all that is farther."""
    ties = {frozenset(p) for p in ("ab", "ac", "bd", "cd", "ce")}
    if frozenset(a + b) in ties:
        return 1
    return 2 if any(frozenset(a + m) in ties and frozenset(m + b) in ties for m in "abcde") else 3


def test_tastes_name_what_both_buy_above_all_others_by_hand():
    # Shares: a and d buy .9 tea; everybody's share of tea is 1.8 of 3.
    both = Pairs(np.array([0, 0, 4]), np.array([3, 1, 1]))
    assert TASTES.shared(both, 3) == ["TEA", None, "DAIRY"]
    assert TASTES.categories == ("DAIRY", "TEA")
    assert TASTES.excess[0, 1] == pytest.approx(0.9 * np.log(0.9 / 0.6), abs=1e-9)


EDGES = pa.table(
    {
        "edge_key": ["t1", "t2", "p1", "p2"],
        "edge_type": ["trust", "trust", "purchase", "purchase"],
        "src_id": ["a", "b", "a", "b"],
        "dst_id": ["b", "c", "x", "x"],
    }
)


def dated(scratch, *facts: tuple[str, str, float]) -> DatedLayers:
    keys, moments, amounts = zip(*facts, strict=True)
    evidence = pa.table(
        {
            "edge_key": list(keys),
            "occurred_at": pa.array([dt.datetime.fromisoformat(m) for m in moments]),
            "contribution": list(amounts),
        }
    )
    lent = scratch(edges=EDGES, evidence=evidence)
    return DatedLayers(lent, pa.chunked_array([["a", "b", "c"]]), "Asia/Shanghai", GraphParams())


def test_a_layer_of_an_earlier_date_knows_nothing_later(scratch):
    # Midnight in Shanghai is 16:00 UTC of the day before.
    layers = dated(
        scratch,
        ("t1", "2024-03-01 15:59", 0.4),
        ("t1", "2024-03-01 16:00", 0.3),
        ("t2", "2024-03-01 16:00", 0.9),
    )
    then = layers.before("trust", dt.date(2024, 3, 2))
    assert (then.n_nodes, then.n_edges, then.is_directed) == (3, 1, True)
    assert then.strengths.tolist() == [0.4]
    now = layers.before("trust", dt.date(2024, 3, 3))
    assert now.strengths.tolist() == [0.7, 0.9]


def test_similar_purchases_are_projected_anew_from_what_was_bought_by_then(scratch):
    layers = dated(scratch, ("p1", "2024-03-01 00:00", 0.5), ("p2", "2024-03-05 00:00", 0.5))
    assert layers.before("purchase_similarity", dt.date(2024, 3, 3)).n_edges == 0
    assert layers.before("purchase_similarity", dt.date(2024, 3, 9)).n_edges == 1


class Circles:
    """Dated layers of circles that close."""

    def __init__(self) -> None:
        self.learned, self.judged = circles(1)

    def before(self, layer: str, date: dt.date):
        assert layer != "combined"
        middle = AS_OF - dt.timedelta(days=PARAMS.horizon_days)
        return self.learned.after if date == middle else self.learned.before


def test_all_tables_of_links_come_from_layers_that_are_their_own():
    layers = Circles()
    today = layers.judged.after
    nothing = pa.table({name: pa.array([], pa.string()) for name in ("src_id", "dst_id")})
    bought = nothing.append_column("strength", pa.array([], pa.float64()))
    tastes = Tastes.from_ties(today.ids, bought, PRODUCTS)
    networks = {"trust": today, "purchase_similarity": today, "combined": today}
    tables = foresee_links(networks, layers, tastes, AS_OF, PARAMS)
    assert set(tables) == {"link_predictions", "similar_customers", "link_prediction_judgements"}
    for name, rows in tables.items():
        assert check_rows(find_table(f"graph.{name}"), rows).num_rows > 0
    judged = set(tables["link_prediction_judgements"].column("layer").to_pylist())
    assert judged == {"trust", "purchase_similarity"}
    assert set(tables["link_predictions"].column("shared_categories").to_pylist()) == {None}

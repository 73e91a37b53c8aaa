"""The figures of a public network of trust, as they were computed elsewhere.

CiaoDVD (Guo et al. 2014) lies beside the repository where it is at hand; none of it is kept here.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crm_tasks.graph import engine
from crm_tasks.graph.belonging import BELONGS, FOREIGN, check_ties
from crm_tasks.graph.params import GraphParams
from crm_tasks.graph.projection import Purchases

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not (DATA / "ciaodvd" / "trusts.parquet").exists(), reason="CiaoDVD is not at hand"
)


@pytest.fixture(scope="module")
def expected() -> dict[str, object]:
    return json.loads((DATA / "reference.json").read_text(encoding="utf-8"))["ciaodvd_trust"]


@pytest.fixture(scope="module")
def ties() -> pa.Table:
    rows = pq.read_table(DATA / "ciaodvd" / "trusts.parquet")
    source, target = (rows.column(place).cast(pa.string()) for place in (0, 1))
    return pa.table({"src_id": source, "dst_id": target, "strength": pa.repeat(1.0, rows.num_rows)})


@pytest.fixture(scope="module")
def trust(ties) -> engine.Network:
    people = pa.chunked_array([*ties["src_id"].chunks, *ties["dst_id"].chunks]).unique()
    return engine.Network.from_ties(pa.chunked_array([people]), ties, is_directed=True)


def top(network: engine.Network, values: np.ndarray, n: int) -> list[str]:
    return [network.ids[int(place)].as_py() for place in np.argsort(-values, kind="stable")[:n]]


def test_counts_and_shapes_are_those_of_the_reference(trust, expected):
    component = engine.component_of_each(trust)
    both_ways = trust.undirected
    largest = both_ways.part(component == 0)
    assert (trust.n_nodes, trust.n_edges) == (expected["nodes"], expected["directed_edges"])
    assert both_ways.n_edges == expected["undirected_edges"]
    assert component.max() + 1 == expected["components"]
    assert (largest.n_nodes, largest.n_edges) == (expected["lcc_nodes"], expected["lcc_edges"])
    assert int((engine.strong_component_of_each(trust) == 0).sum()) == expected["lscc_nodes"]
    assert 2 * both_ways.n_edges / trust.n_nodes == pytest.approx(expected["avg_degree"])
    density = 2 * both_ways.n_edges / (trust.n_nodes * (trust.n_nodes - 1))
    assert density == pytest.approx(expected["density"])


def test_cohesion_is_that_of_the_reference(trust, expected):
    assert engine.transitivity(trust) == pytest.approx(expected["transitivity"], abs=1e-9)
    clustering = engine.local_clustering(trust.undirected).mean()
    assert clustering == pytest.approx(expected["avg_local_clustering_zero"], abs=1e-9)
    assert engine.triangles(trust).sum() // 3 == expected["triangles"]
    assert engine.reciprocity(trust) == pytest.approx(expected["reciprocity"], abs=1e-9)


def test_paths_and_leaders_are_those_of_the_reference(trust, expected):
    hops = engine.measure_paths(trust.undirected, "hops")
    assert hops.mean_length == pytest.approx(expected["lcc_avg_path"], abs=1e-9)
    assert hops.longest == expected["lcc_diameter"]
    into, _ = engine.degrees(trust)
    assert top(trust, engine.pagerank(trust), 5) == expected["top5_pagerank_directed"]
    assert top(trust, hops.betweenness, 5) == expected["top5_betweenness_undirected"]
    leaders = [[name, int(into.max())] for name in top(trust, into, 1)]
    assert leaders == expected["top3_indegree"][:1]
    assert top(trust, into, 3) == [name for name, _ in expected["top3_indegree"]]


def test_trust_belongs_to_those_who_rate_and_not_to_others(ties):
    ratings = pq.read_table(DATA / "ciaodvd" / "movie_ratings.parquet")
    user, item = (ratings.column(name).cast(pa.string()) for name in ratings.column_names[:2])
    rated = pa.table({"src_id": user, "dst_id": item}).group_by(["src_id", "dst_id"]).aggregate([])
    when = pa.repeat(pa.scalar(0, pa.timestamp("us")), rated.num_rows)
    purchases = Purchases.from_ties(rated.append_column("last_evidence_at", when))
    params = GraphParams(shuffles=60)
    assert check_ties(purchases, ties, params).verdict == BELONGS
    # The same ties under identifiers of other people who rate as much.
    names = purchases.customers.to_numpy(zero_copy_only=False)
    other = dict(zip(names, np.random.default_rng(1).permutation(names), strict=True))
    strange = pa.table(
        {
            end: pa.array([other.get(name) for name in ties[end].to_pylist()], pa.string())
            for end in ("src_id", "dst_id")
        }
    )
    assert check_ties(purchases, strange, params).verdict == FOREIGN

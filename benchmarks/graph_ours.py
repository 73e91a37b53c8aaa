"""The engine's side of the graph benchmark: one function per operation, arrays in, figures out."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from crm_tasks.graph import engine
from crm_tasks.graph.engine.compiled import compiled
from crm_tasks.graph.influence.arcs import Influence, SpreadArcs, spread_arcs
from crm_tasks.graph.influence.cascades import simulate
from crm_tasks.graph.influence.params import InfluenceParams
from crm_tasks.graph.influence.reach_sets import Limits, choose_seeds
from crm_tasks.graph.projection import strongest_pairs
from crm_tasks.warehouse.connection import private_engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.graph_data import Arrays

Answer = dict[str, Any]
SEED = 1
GATHERS = 20
REPEATS = 5
#: A tie of strength s activates with 1 - exp(-RATE * s); so many seeds and simulated worlds.
RATE, SEEDS, WORLDS = 0.05, 25, 1000


def load(arrays: Arrays) -> engine.Network:
    """Return the network of the arrays."""
    ids = pa.array(np.char.zfill(np.arange(int(arrays["n"])).astype(str), 9), pa.string())
    ends = arrays["source"], arrays["target"]
    return engine.Network.from_numbers(ids, *ends, arrays["strength"], is_directed=False)


def basics(network: engine.Network) -> Answer:
    """Measure what is timed together: PageRank, components, cores and triangles."""
    return {
        "values": engine.pagerank(network),
        "components": int(engine.component_of_each(network).max() + 1),
        "core": int(engine.core_numbers(network).max()),
        "triangles": int(engine.triangles(network).sum() // 3),
    }


def leiden(network: engine.Network) -> Answer:
    """Find communities."""
    group = engine.leiden(network)
    return {"modularity": engine.cohesion(network, group).modularity, "n": int(group.max() + 1)}


def hops(network: engine.Network) -> Answer:
    """Measure closeness, harmonic centrality and mean hops by HyperBall."""
    balls = engine.estimate_balls(network, 8, SEED)
    return {"values": balls.inverse, "mean_hops": float(balls.hops.sum() / balls.reached.sum())}


def hops_other_seed(network: engine.Network) -> Answer:
    """Measure the same with another seed: where exact is out of reach, what two draws agree on."""
    return {"values": engine.estimate_balls(network, 8, SEED + 1).inverse}


def counted(network: engine.Network) -> Answer:
    """Measure harmonic centrality over hops exactly, by bit sets."""
    return {"values": engine.count_balls(network).inverse}


def between(network: engine.Network) -> Answer:
    """Measure betweenness over hops from 50,000 sampled paths."""
    found, error = engine.sample_betweenness_hops(network, 50_000, SEED)
    return {"values": found, "error": float(error.max())}


def between_other_seed(network: engine.Network) -> Answer:
    """Measure the same with another seed: where exact is out of reach, what two draws agree on."""
    return {"values": engine.sample_betweenness_hops(network, 50_000, SEED + 1)[0]}


def between_exact(network: engine.Network) -> Answer:
    """Measure betweenness over hops exactly."""
    return {"values": engine.measure_paths(network, "hops").betweenness}


def pivots(network: engine.Network) -> Answer:
    """Measure over distance from 1,000 pivots."""
    found = engine.sample_paths(network, "distance", 1000, SEED)
    error = found.betweenness_error
    return {
        "values": found.betweenness,
        "closeness": found.closeness,
        "error": float(error.max()) if error is not None else None,
    }


def distance_exact(network: engine.Network) -> Answer:
    """Measure over distance exactly."""
    found = engine.measure_paths(network, "distance")
    return {"values": found.betweenness, "closeness": found.closeness}


def eigenvector(network: engine.Network) -> Answer:
    """Measure eigenvector centrality."""
    found = engine.eigenvector(network)
    return {"settles": found is not None}


def pagerank_round(network: engine.Network) -> Answer:
    """Time one PageRank iteration beside the gather that no iteration can do without.

    The middle of several differences between many rounds and one, all after a first call: that
    one also builds what the network keeps.
    """
    arcs = network.arcs
    held = np.random.default_rng(SEED).random(network.n_nodes)
    floor = _middle(lambda: _gather(arcs.starts, arcs.targets, arcs.strengths, held))
    one, many = (
        _middle(lambda n=n: engine.pagerank(network, tolerance=0.0, max_rounds=n))
        for n in (1, GATHERS + 1)
    )
    return {"floor_s": floor, "round_s": (many - one) / GATHERS}


def _middle(call: Callable[[], object]) -> float:
    """Return the median CPU seconds of some calls after a first one."""
    call()
    costs = []
    for _ in range(REPEATS):
        started = time.process_time()
        call()
        costs.append(time.process_time() - started)
    return float(np.median(costs))


@compiled
def _gather(
    starts: np.ndarray, targets: np.ndarray, weights: np.ndarray, held: np.ndarray
) -> float:
    """Read every arc, its weight and what the node at its end holds; return a sum of all."""
    total = 0.0
    for v in range(len(starts) - 1):
        one = 0.0
        for at in range(starts[v], starts[v + 1]):
            one += weights[at] * held[targets[at]]
        total += one * held[v]
    return total


def stage(network: engine.Network) -> Answer:
    """Measure all that graph.node_metrics, summary and communities hold of a large layer."""
    engine.approximate_hops(network, samples=50_000, precision=8, seed=SEED)
    return stage_without_paths(network)


def stage_without_paths(network: engine.Network) -> Answer:
    """Measure what peers measure too of a large layer: all but the approximate path measures."""
    engine.degrees(network)
    engine.strengths(network)
    basics(network)
    engine.eigenvector(network)
    engine.local_clustering(network)
    engine.transitivity(network)
    engine.degree_assortativity(network)
    return leiden(network)


def cascade(network: engine.Network) -> Answer:
    """Simulate the independent cascade of the most tied."""
    most = np.argsort(-engine.degrees(network)[0], kind="stable")[:SEEDS]
    return {"spread": simulate(_carrying(network), most, WORLDS, SEED).total}


def seeds(network: engine.Network) -> Answer:
    """Choose seeds by reverse-reachable sets, and simulate them in worlds of their own."""
    arcs = _carrying(network)
    free = np.ones(arcs.n_nodes), np.zeros(arcs.n_nodes, dtype=bool)
    chosen = choose_seeds(arcs, Limits.of(*free, None, SEEDS), InfluenceParams())
    spread = simulate(arcs, chosen.seeds, WORLDS, SEED).total
    return {"spread": spread, "n_sets": chosen.n_sets, "epsilon": chosen.epsilon}


def _carrying(network: engine.Network) -> SpreadArcs:
    return spread_arcs([Influence(network, RATE, 0.0, "both")], "independent_cascade")


def projection(arrays: Arrays) -> Answer:
    """Name each customer's ten most similar."""
    first, second = strongest_pairs(_profiles(arrays), 10)
    return {"pairs": len(first), "values": first * int(arrays["n_customers"]) + second}


def projection_sql(arrays: Arrays) -> Answer:
    """Name the same in DuckDB, on one thread."""
    profiles = _profiles(arrays).tocoo()
    frame = pa.table({"customer": profiles.row, "product": profiles.col, "value": profiles.data})
    with TemporaryDirectory() as folder, private_engine(Path(folder), "4GB") as connection:
        connection.register("bought", frame)
        rows = connection.execute(_SIMILAR).fetchnumpy()
    first, second = rows["first"].astype(np.int64), rows["second"].astype(np.int64)
    return {"pairs": len(first), "values": first * int(arrays["n_customers"]) + second}


_SIMILAR = """
with likeness as (
    select
        a.customer as one,
        b.customer as other,
        cast(round(sum(a.value * b.value) * 1e9) as bigint) as similarity
    from bought as a
    inner join bought as b on a.product = b.product and a.customer <> b.customer
    group by a.customer, b.customer
),

ranked as (
    select
        *,
        row_number() over (partition by one order by similarity desc, other asc) as place
    from likeness
)

select distinct least(one, other) as first, greatest(one, other) as second
from ranked
where place <= 10
order by first, second
"""


def _profiles(arrays: Arrays) -> sp.csr_matrix:
    """Return customers x products with rows of length 1."""
    per_customer = np.bincount(arrays["customer"], minlength=int(arrays["n_customers"]))
    values = 1.0 / np.sqrt(per_customer[arrays["customer"]])
    shape = (int(arrays["n_customers"]), int(arrays["n_products"]))
    profiles = sp.csr_matrix((values, (arrays["customer"], arrays["product"])), shape=shape)
    profiles.sort_indices()
    return profiles


OPERATIONS: dict[str, Callable[[Any], Answer]] = {
    "basics": basics,
    "between": between,
    "between_exact": between_exact,
    "between_other_seed": between_other_seed,
    "cascade": cascade,
    "counted": counted,
    "distance_exact": distance_exact,
    "eigenvector": eigenvector,
    "hops": hops,
    "hops_other_seed": hops_other_seed,
    "leiden": leiden,
    "pagerank_round": pagerank_round,
    "pivots": pivots,
    "projection": projection,
    "projection_sql": projection_sql,
    "seeds": seeds,
    "stage": stage,
    "stage_without_paths": stage_without_paths,
}

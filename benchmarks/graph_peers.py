"""The peers' side of the graph benchmark, read in an environment of their own.

Each peer is used as its own documentation has it for speed: arrays in bulk, one thread.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.graph_data import Arrays

Answer = dict[str, Any]
SEED = 1
RATE, SEEDS, WORLDS = 0.05, 25, 1000  # as the engine's side has them


class Networkx:
    """networkx: pure Python, the surface most analysts know."""

    @staticmethod
    def load(arrays: Arrays) -> Any:
        graph = import_module("networkx").Graph()
        graph.add_nodes_from(range(int(arrays["n"])))
        rows = (arrays[name].tolist() for name in ("source", "target", "strength"))
        graph.add_weighted_edges_from(zip(*rows, strict=True), weight="strength")
        return graph

    @staticmethod
    def basics(graph: Any) -> Answer:
        nx = import_module("networkx")
        ranks = nx.pagerank(graph, weight="strength", tol=1e-14, max_iter=1000)
        return {
            "values": np.fromiter(ranks.values(), float),
            "components": nx.number_connected_components(graph),
            "core": max(nx.core_number(graph).values()),
            "triangles": sum(nx.triangles(graph).values()) // 3,
        }

    @staticmethod
    def between(graph: Any) -> Answer:
        found = import_module("networkx").betweenness_centrality(graph, k=100, seed=SEED)
        return {"values": np.fromiter(found.values(), float)}

    @staticmethod
    def leiden(graph: Any) -> Answer:
        nx = import_module("networkx")
        groups = nx.community.louvain_communities(graph, weight="strength", seed=SEED)
        return {"modularity": nx.community.modularity(graph, groups, weight="strength")}


class Igraph:
    """igraph: a C library under the GPL."""

    @staticmethod
    def load(arrays: Arrays) -> Any:
        ends = np.column_stack((arrays["source"], arrays["target"]))
        graph = import_module("igraph").Graph(n=int(arrays["n"]), edges=ends)
        graph.es["strength"] = arrays["strength"]
        return graph

    @staticmethod
    def basics(graph: Any) -> Answer:
        ranks = graph.pagerank(weights="strength")
        return {
            "values": np.array(ranks),
            "components": len(graph.connected_components()),
            "core": max(graph.coreness()),
            "triangles": _triangles(graph),
        }

    @staticmethod
    def leiden(graph: Any) -> Answer:
        import_module("igraph").set_random_number_generator(import_module("random").Random(SEED))
        found = graph.community_leiden("modularity", weights="strength", n_iterations=2)
        return {"modularity": graph.modularity(found, weights="strength")}

    @staticmethod
    def eigenvector(graph: Any) -> Answer:
        return {"values": np.array(graph.eigenvector_centrality(weights="strength"))}

    @staticmethod
    def stage(graph: Any) -> Answer:
        """All that igraph has for a large layer: nothing approximate over paths."""
        graph.degree()
        graph.strength(weights="strength")
        Igraph.basics(graph)
        graph.eigenvector_centrality(weights="strength")
        graph.transitivity_undirected()
        graph.assortativity_degree(directed=False)
        return Igraph.leiden(graph)


def _triangles(graph: Any) -> int:
    """Return the number of triangles from local clustering, which igraph has without listing."""
    degree = np.array(graph.degree(), dtype=float)
    shares = np.array(graph.transitivity_local_undirected(mode="zero"))
    return round(float((shares * degree * (degree - 1) / 2).sum() / 3))


class Networkit:
    """NetworKit on one thread."""

    @staticmethod
    def load(arrays: Arrays) -> Any:
        library = import_module("networkit")
        library.setNumberOfThreads(1)
        ends = arrays["source"], arrays["target"]
        return library.GraphFromCoo(
            (arrays["strength"], ends), n=int(arrays["n"]), weighted=True, directed=False
        )

    @staticmethod
    def basics(graph: Any) -> Answer:
        library = import_module("networkit")
        ranks = library.centrality.PageRank(graph, tol=1e-9)
        parts = library.components.ConnectedComponents(graph)
        cores = library.centrality.CoreDecomposition(graph)
        closed = library.centrality.LocalClusteringCoefficient(graph, turbo=True)
        for one in (ranks, parts, cores, closed):
            one.run()
        degree = np.array([graph.degree(v) for v in range(graph.numberOfNodes())], dtype=float)
        shares = np.asarray(closed.scores())
        return {
            "values": np.asarray(ranks.scores()),
            "components": parts.numberOfComponents(),
            "core": int(max(cores.scores())),
            "triangles": round(float((shares * degree * (degree - 1) / 2).sum() / 3)),
        }

    @staticmethod
    def between(graph: Any) -> Answer:
        library = import_module("networkit")
        library.setSeed(SEED, True)
        found = library.centrality.KadabraBetweenness(graph, 0.01, 0.1)
        found.run()
        return {"values": np.asarray(found.scores()), "error": 0.01}


class Pynetim:
    """PyNetIM: a C++ library of diffusion and of algorithms that choose seeds."""

    @staticmethod
    def load(arrays: Arrays) -> Any:
        # Both directions as arcs: its choice of seeds fails on graphs said to be undirected.
        ends = [arrays[name].tolist() for name in ("source", "target")]
        edges = [*zip(*ends, strict=True), *zip(*ends[::-1], strict=True)]
        chances = (-np.expm1(-RATE * arrays["strength"])).tolist()
        graph = import_module("pynetim").IMGraph(edges, weights=chances * 2, directed=True)
        degree = np.bincount(np.concatenate((arrays["source"], arrays["target"])))
        return graph, np.argsort(-degree, kind="stable")[:SEEDS].tolist()

    @staticmethod
    def cascade(given: Any) -> Answer:
        graph, most_tied = given
        return {"spread": Pynetim._spread(graph, set(most_tied))}

    @staticmethod
    def seeds(given: Any) -> Answer:
        graph, _ = given
        imm = import_module("pynetim.algorithms").IMMAlgorithm
        chosen = imm(graph, "IC", epsilon=0.1, random_seed=SEED).run(k=SEEDS)
        return {"spread": Pynetim._spread(graph, set(chosen))}

    @staticmethod
    def _spread(graph: Any, seeds: set[int]) -> float:
        model = import_module("pynetim").IndependentCascadeModel(graph, seeds)
        return float(model.run_monte_carlo_diffusion(WORLDS, random_seed=SEED))


class SparseDotTopn:
    """sparse_dot_topn: the product of sparse rows with the largest of each kept."""

    @staticmethod
    def projection(arrays: Arrays) -> Answer:
        sp = import_module("scipy.sparse")
        per_customer = np.bincount(arrays["customer"], minlength=int(arrays["n_customers"]))
        values = 1.0 / np.sqrt(per_customer[arrays["customer"]])
        shape = (int(arrays["n_customers"]), int(arrays["n_products"]))
        rows = sp.csr_matrix((values, (arrays["customer"], arrays["product"])), shape=shape)
        across = rows.T.tocsr()
        found = import_module("sparse_dot_topn").sp_matmul_topn(rows, across, top_n=11)
        coo = found.tocoo()
        keep = coo.row != coo.col
        low, high = np.minimum(coo.row, coo.col)[keep], np.maximum(coo.row, coo.col)[keep]
        pairs = np.unique(low.astype(np.int64) * shape[0] + high)
        return {"pairs": len(pairs), "values": pairs}


PEERS: dict[str, Any] = {
    "networkx": Networkx,
    "igraph": Igraph,
    "networkit": Networkit,
    "pynetim": Pynetim,
    "sparse_dot_topn": SparseDotTopn,
}


def operation(peer: str, name: str) -> Callable[[Any], Answer]:
    """Return a peer's operation."""
    found: Callable[[Any], Answer] = getattr(PEERS[peer], name)
    return found

"""To networkx and back, so that an analyst can go on in a notebook.

Measures of the engine take a networkx graph as they take a :class:`Network`, and then answer as
networkx does: by node. A graph of networkx holds every tie as Python objects, some 1.2 kB each; so
larger ones are not handed over but exported.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import numpy as np
import pyarrow as pa

from crm_tasks.errors import ContractError
from crm_tasks.graph.engine.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable

    import networkx as nx

    Graph = nx.Graph[Any, Any, Any]

EDGES_AT_MOST = 200_000

Given = ParamSpec("Given")


def to_networkx(network: Network) -> Graph:
    """Return the network as a networkx graph: nodes by id, ties with strength and distance.

    Raises
    ------
    ContractError
        More than 200,000 ties.

    Examples
    --------
    >>> ties = pa.table({"src_id": ["b"], "dst_id": ["a"], "strength": [0.5]})
    >>> network = Network.from_ties(pa.chunked_array([["a", "b"]]), ties, is_directed=True)
    >>> to_networkx(network).edges(data=True)
    OutEdgeDataView([('b', 'a', {'strength': 0.5, 'distance': 2.0})])
    """
    _refuse_large(network.n_edges)
    library = import_module("networkx")
    graph: Graph = library.DiGraph() if network.is_directed else library.Graph()
    names = network.ids.to_pylist()
    graph.add_nodes_from(names)
    rows = zip(
        network.sources.tolist(), network.targets.tolist(), network.strengths.tolist(), strict=True
    )
    graph.add_edges_from(
        (names[source], names[target], {"strength": strength, "distance": 1.0 / strength})
        for source, target, strength in rows
    )
    return graph


def from_networkx(graph: Graph, strength: str = "strength") -> Network:
    """Return a networkx graph as a network; a tie without the attribute ``strength`` has 1.

    Nodes are numbered by their names as text, so these must differ.

    Raises
    ------
    ContractError
        A multigraph, more than 200,000 ties, names that are equal as text, or a strength that is
        not above 0.
    """
    if graph.is_multigraph():
        raise ContractError(
            "a multigraph was given; the engine takes one tie per pair and direction: "
            "networkx.Graph(graph) or networkx.DiGraph(graph) keeps one"
        )
    _refuse_large(graph.number_of_edges())
    names = [str(node) for node in graph]
    if len(set(names)) < len(names):
        raise ContractError("two nodes have the same name as text; rename them")
    order = sorted(range(len(names)), key=names.__getitem__)
    nodes = list(graph)
    number = {nodes[place]: turn for turn, place in enumerate(order)}
    rows = list(graph.edges(data=strength, default=1.0))
    ends = np.array([[number[a], number[b]] for a, b, _ in rows], dtype=np.int64).reshape(-1, 2)
    strengths = np.array([value for _, _, value in rows], dtype=np.float64)
    ids = pa.array([names[place] for place in order], pa.string())
    return Network.from_numbers(
        ids, ends[:, 0], ends[:, 1], strengths, is_directed=graph.is_directed()
    )


def accepts_networkx(
    measure: Callable[Concatenate[Network, Given], object],
) -> Callable[Concatenate[Any, Given], Any]:
    """Return the measure, also of a networkx graph; then arrays by node come as dictionaries."""

    @wraps(measure)
    def of_either(graph: Any, /, *args: Given.args, **kwargs: Given.kwargs) -> Any:
        if isinstance(graph, Network):
            return measure(graph, *args, **kwargs)
        network = from_networkx(graph)
        return _by_node(measure(network, *args, **kwargs), graph, network)

    return of_either


def _by_node(answer: Any, graph: Graph, network: Network) -> Any:
    if isinstance(answer, tuple):
        return tuple(_by_node(part, graph, network) for part in answer)
    if is_dataclass(answer) and not isinstance(answer, type):
        parts = {one.name: getattr(answer, one.name) for one in fields(answer)}
        return replace(answer, **{n: _by_node(part, graph, network) for n, part in parts.items()})
    if not (isinstance(answer, np.ndarray) and answer.shape == (network.n_nodes,)):
        return answer
    found = dict(zip(network.ids.to_pylist(), answer.tolist(), strict=True))
    return {node: found[str(node)] for node in graph}


def _refuse_large(n_edges: int) -> None:
    if n_edges > EDGES_AT_MOST:
        raise ContractError(
            f"{n_edges:,} ties are more than the {EDGES_AT_MOST:,} that are handed to or taken "
            "from networkx; filter the layer first, or export it with `crm graph export`"
        )

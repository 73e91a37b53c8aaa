"""The measures for a notebook: of a layer or of any networkx graph, answered in kind.

>>> import networkx as nx
>>> from crm_tasks.graph import notebook
>>> notebook.core_numbers(nx.path_graph(3))
{0: 1, 1: 1, 2: 1}

A :class:`~crm_tasks.graph.engine.Network` gives arrays, a networkx graph (ties weighted by their
attribute ``strength``, else 1) dictionaries by node. ``to_networkx`` and ``from_networkx`` go over
to the other; both refuse more than 200,000 ties.
"""

from crm_tasks.graph import engine
from crm_tasks.graph.engine import Network, from_networkx, to_networkx

component_of_each = engine.accepts_networkx(engine.component_of_each)
core_numbers = engine.accepts_networkx(engine.core_numbers)
degree_assortativity = engine.accepts_networkx(engine.degree_assortativity)
degrees = engine.accepts_networkx(engine.degrees)
eigenvector = engine.accepts_networkx(engine.eigenvector)
leiden = engine.accepts_networkx(engine.leiden)
local_clustering = engine.accepts_networkx(engine.local_clustering)
measure_paths = engine.accepts_networkx(engine.measure_paths)
pagerank = engine.accepts_networkx(engine.pagerank)
reciprocity = engine.accepts_networkx(engine.reciprocity)
sample_paths = engine.accepts_networkx(engine.sample_paths)
strengths = engine.accepts_networkx(engine.strengths)
transitivity = engine.accepts_networkx(engine.transitivity)
triangles = engine.accepts_networkx(engine.triangles)

__all__ = [
    "Network",
    "component_of_each",
    "core_numbers",
    "degree_assortativity",
    "degrees",
    "eigenvector",
    "from_networkx",
    "leiden",
    "local_clustering",
    "measure_paths",
    "pagerank",
    "reciprocity",
    "sample_paths",
    "strengths",
    "to_networkx",
    "transitivity",
    "triangles",
]

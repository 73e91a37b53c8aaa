"""The engine under the graph: one immutable network and the measures computed on it.

SciPy, NetworKit (Leiden) and compiled kernels do the work, each on one thread; networkx is the
reference the tests compare with. Every measure here equals networkx within 1e-9 wherever networkx
defines it; where it raises or returns NaN, tests/graph/test_engine.py tables what is declared.

The interface, which an engine on a cluster will offer alike: a :class:`Network` goes in, immutable
and numbered by sorted ids; arrays by node number come out. Seeds, tolerances and sizes are
arguments. ``crm_tasks.graph.notebook`` offers the same measures for networkx graphs.
"""

from crm_tasks.graph.engine.balls import Balls, count_balls, estimate_balls
from crm_tasks.graph.engine.between_hops import sample_betweenness_hops
from crm_tasks.graph.engine.groups import Cohesion, cohesion, leiden
from crm_tasks.graph.engine.handover import accepts_networkx, from_networkx, to_networkx
from crm_tasks.graph.engine.hops import approximate_hops
from crm_tasks.graph.engine.network import Arcs, Network
from crm_tasks.graph.engine.paths import OVER, PathMeasures, measure_paths, spread_out
from crm_tasks.graph.engine.pivots import sample_paths
from crm_tasks.graph.engine.ranks import eigenvector, pagerank
from crm_tasks.graph.engine.structure import (
    component_of_each,
    degree_assortativity,
    degrees,
    numbered_by_size,
    reciprocity,
    strengths,
    strong_component_of_each,
)
from crm_tasks.graph.engine.triads import core_numbers, local_clustering, transitivity, triangles

__all__ = [
    "OVER",
    "Arcs",
    "Balls",
    "Cohesion",
    "Network",
    "PathMeasures",
    "accepts_networkx",
    "approximate_hops",
    "cohesion",
    "component_of_each",
    "core_numbers",
    "count_balls",
    "degree_assortativity",
    "degrees",
    "eigenvector",
    "estimate_balls",
    "from_networkx",
    "leiden",
    "local_clustering",
    "measure_paths",
    "numbered_by_size",
    "pagerank",
    "reciprocity",
    "sample_betweenness_hops",
    "sample_paths",
    "spread_out",
    "strengths",
    "strong_component_of_each",
    "to_networkx",
    "transitivity",
    "triangles",
]

"""The engine under the graph: one immutable network and the measures computed on it.

NetworKit and SciPy do the work; networkx is the reference the tests compare with. Every measure
here equals networkx within 1e-9 wherever networkx defines it; where it raises or returns NaN, the
measure returns None and the caller says why.
"""

from crm_tasks.graph.engine.balls import Balls, count_balls, estimate_balls
from crm_tasks.graph.engine.between_hops import sample_betweenness_hops
from crm_tasks.graph.engine.groups import Cohesion, cohesion, leiden
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
    "approximate_hops",
    "cohesion",
    "component_of_each",
    "core_numbers",
    "count_balls",
    "degree_assortativity",
    "degrees",
    "eigenvector",
    "estimate_balls",
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
    "transitivity",
    "triangles",
]

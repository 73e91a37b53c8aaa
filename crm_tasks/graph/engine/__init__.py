"""The engine under the graph: one immutable network and the measures computed on it.

NetworKit and SciPy do the work; networkx is the reference the tests compare with. Every measure
here equals networkx within 1e-9 wherever networkx defines it; where it raises or returns NaN, the
measure returns None and the caller says why.
"""

from crm_tasks.graph.engine.groups import Cohesion, cohesion, leiden
from crm_tasks.graph.engine.network import Network
from crm_tasks.graph.engine.paths import PathMeasures, measure_paths
from crm_tasks.graph.engine.structure import (
    component_of_each,
    core_numbers,
    degree_assortativity,
    degrees,
    local_clustering,
    numbered_by_size,
    pagerank,
    reciprocity,
    strengths,
    transitivity,
)

__all__ = [
    "Cohesion",
    "Network",
    "PathMeasures",
    "cohesion",
    "component_of_each",
    "core_numbers",
    "degree_assortativity",
    "degrees",
    "leiden",
    "local_clustering",
    "measure_paths",
    "numbered_by_size",
    "pagerank",
    "reciprocity",
    "strengths",
    "transitivity",
]

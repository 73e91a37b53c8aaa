"""Pictures of the graph, legible at a glance: one customer's circle, all communities."""

from crm_tasks.graph.pictures.ego import Circle, Neighbour, Tie, draw_circle
from crm_tasks.graph.pictures.overview import Bridge, Community, draw_communities

__all__ = [
    "Bridge",
    "Circle",
    "Community",
    "Neighbour",
    "Tie",
    "draw_circle",
    "draw_communities",
]

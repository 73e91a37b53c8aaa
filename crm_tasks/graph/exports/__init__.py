"""The graph as a file for other programs: GEXF, GraphML, Pajek, written as a stream."""

from crm_tasks.graph.exports.formats import FORMATS, GraphStream, write_graph
from crm_tasks.graph.exports.uniqueness import Uniqueness, count_unique

__all__ = ["FORMATS", "GraphStream", "Uniqueness", "count_unique", "write_graph"]

"""GEXF 1.3 (Gephi), GraphML (yEd, Cytoscape, igraph) and Pajek, each written batch by batch.

Memory holds one batch, and for Pajek, which numbers its vertices, the ids of all nodes. An edge's
weight is its strength. Where directed and undirected ties stand in one file the file is directed,
each undirected tie stands once, and ``is_directed`` tells: readers refuse files of both kinds. What
is NULL is left out, never written as a word; dates are text in ISO 8601.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from lxml import etree

from crm_tasks.graph.exports.texts import as_bytes, joined, pajek_text, xml_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

GEXF = "http://gexf.net/1.3"
GRAPHML = "http://graphml.graphdrawing.org/xmlns"
#: Columns that name a node, an edge and its ends; all others are attributes.
NODE_ID, LABEL, EDGE_ID, SOURCE, TARGET, WEIGHT = (
    "node_id", "label", "edge_key", "src_id", "dst_id", "strength",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class GraphStream:
    """A graph as two streams of batches, nodes before edges.

    ``nodes`` hold node_id, label and attributes; ``edges`` hold edge_key, src_id, dst_id, strength
    and attributes. ``as_of`` stands in the head of the file.
    """

    node_schema: pa.Schema
    edge_schema: pa.Schema
    is_directed: bool
    as_of: str
    nodes: Iterable[pa.RecordBatch]
    edges: Iterable[pa.RecordBatch]


class _Writer(Protocol):
    def __call__(self, graph: GraphStream, out: BinaryIO) -> tuple[int, int]: ...


def write_graph(graph: GraphStream, form: str, out: BinaryIO) -> tuple[int, int]:
    """Write a graph in one of ``FORMATS``; return how many nodes and edges were written."""
    return FORMATS[form](graph, out)


def _written(
    batches: Iterable[pa.RecordBatch], lines: Callable[[pa.RecordBatch], pa.Array], out: BinaryIO
) -> int:
    count = 0
    for batch in batches:
        if batch.num_rows:
            out.write(as_bytes(lines(batch)))
            count += batch.num_rows
    return count


# --- GEXF -----------------------------------------------------------------------------------------


def write_gexf(graph: GraphStream, out: BinaryIO) -> tuple[int, int]:
    """Write GEXF 1.3."""
    kind = "directed" if graph.is_directed else "undirected"
    out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write(f'<gexf xmlns="{GEXF}" version="1.3">\n'.encode())
    # The meta element's own date is the day of writing: left out, so that bytes stay the same.
    about = f"<creator>Guanxi</creator><description>as of {graph.as_of}</description>"
    out.write(f"<meta>{about}</meta>\n".encode())
    out.write(f'<graph defaultedgetype="{kind}" mode="static">\n'.encode())
    node_names, edge_names = _attributes(graph.node_schema), _attributes(graph.edge_schema)
    out.write(_gexf_attributes("node", graph.node_schema, node_names))
    out.write(_gexf_attributes("edge", graph.edge_schema, edge_names))
    out.write(b"<nodes>\n")
    n_nodes = _written(graph.nodes, lambda batch: _gexf_nodes(batch, node_names), out)
    out.write(b"</nodes>\n<edges>\n")
    n_edges = _written(graph.edges, lambda batch: _gexf_edges(batch, edge_names), out)
    out.write(b"</edges>\n</graph>\n</gexf>\n")
    return n_nodes, n_edges


def _gexf_attributes(kind: str, schema: pa.Schema, names: list[str]) -> bytes:
    head = etree.Element("attributes", {"class": kind, "mode": "static"})
    for number, name in enumerate(names):
        given = {
            "id": str(number),
            "title": name,
            "type": _type(schema.field(name).type, "integer"),
        }
        etree.SubElement(head, "attribute", given)
    return bytes(etree.tostring(head)) + b"\n"


def _gexf_nodes(batch: pa.RecordBatch, names: list[str]) -> pa.Array:
    label = pc.coalesce(batch.column(LABEL), batch.column(NODE_ID))
    return joined(
        '<node id="', xml_text(batch.column(NODE_ID)), '" label="', xml_text(label), '">',
        *_gexf_values(batch, names), "</node>\n", skip_null=True,
    )  # fmt: skip


def _gexf_edges(batch: pa.RecordBatch, names: list[str]) -> pa.Array:
    id_, source, target, weight = (
        xml_text(batch.column(name)) for name in (EDGE_ID, SOURCE, TARGET, WEIGHT)
    )
    return joined(
        '<edge id="', id_, '" source="', source, '" target="', target, '" weight="', weight, '">',
        *_gexf_values(batch, names), "</edge>\n", skip_null=True,
    )  # fmt: skip


def _gexf_values(batch: pa.RecordBatch, names: list[str]) -> list[str | pa.Array]:
    values: list[str | pa.Array] = [
        joined(f'<attvalue for="{number}" value="', xml_text(batch.column(name)), '"/>')
        for number, name in enumerate(names)
    ]
    return ["<attvalues>", *values, "</attvalues>"] if values else []


# --- GraphML --------------------------------------------------------------------------------------


def write_graphml(graph: GraphStream, out: BinaryIO) -> tuple[int, int]:
    """Write GraphML; the weight of an edge is the key ``weight``, a node's label ``label``."""
    kind = "directed" if graph.is_directed else "undirected"
    node_names = [LABEL, *_attributes(graph.node_schema)]
    edge_names = _attributes(graph.edge_schema)
    out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write(f'<graphml xmlns="{GRAPHML}">\n'.encode())
    out.write(_graphml_keys("node", "n", graph.node_schema, node_names))
    out.write(b'<key id="w" for="edge" attr.name="weight" attr.type="double"/>\n')
    out.write(_graphml_keys("edge", "e", graph.edge_schema, edge_names))
    out.write(f'<graph id="as of {graph.as_of}" edgedefault="{kind}">\n'.encode())
    n_nodes = _written(graph.nodes, lambda batch: _graphml_nodes(batch, node_names), out)
    n_edges = _written(graph.edges, lambda batch: _graphml_edges(batch, edge_names), out)
    out.write(b"</graph>\n</graphml>\n")
    return n_nodes, n_edges


def _graphml_keys(kind: str, prefix: str, schema: pa.Schema, names: list[str]) -> bytes:
    lines = []
    for number, name in enumerate(names):
        given = {"id": f"{prefix}{number}", "for": kind, "attr.name": name}
        given["attr.type"] = _type(schema.field(name).type, "int")
        lines.append(bytes(etree.tostring(etree.Element("key", given))))
    return b"\n".join([*lines, b""])


def _graphml_nodes(batch: pa.RecordBatch, names: list[str]) -> pa.Array:
    data = _graphml_values(batch, "n", names)
    id_ = xml_text(batch.column(NODE_ID))
    return joined('<node id="', id_, '">', *data, "</node>\n", skip_null=True)


def _graphml_edges(batch: pa.RecordBatch, names: list[str]) -> pa.Array:
    id_, source, target, weight = (
        xml_text(batch.column(name)) for name in (EDGE_ID, SOURCE, TARGET, WEIGHT)
    )
    return joined(
        '<edge id="', id_, '" source="', source, '" target="', target, '"><data key="w">', weight,
        "</data>", *_graphml_values(batch, "e", names), "</edge>\n", skip_null=True,
    )  # fmt: skip


def _graphml_values(batch: pa.RecordBatch, prefix: str, names: list[str]) -> list[pa.Array]:
    return [
        joined(f'<data key="{prefix}{number}">', xml_text(batch.column(name)), "</data>")
        for number, name in enumerate(names)
    ]


# --- Pajek ----------------------------------------------------------------------------------------


def write_pajek(graph: GraphStream, out: BinaryIO) -> tuple[int, int]:
    """Write a Pajek network as networkx reads it: attributes as name and quoted text.

    A label that stands twice, or is missing, is followed by the node's id, since Pajek's readers
    take labels for names.
    """
    nodes = pa.Table.from_batches(graph.nodes, graph.node_schema)
    names, ids = _attributes(graph.node_schema), nodes.column(NODE_ID).combine_chunks()
    labels = _distinct_labels(nodes)
    out.write(f"*Vertices {len(ids)}\n".encode())
    numbered = nodes.append_column("_label", labels).append_column("_number", _numbers(len(ids)))
    lines = _written(numbered.to_batches(), lambda batch: _pajek_nodes(batch, names), out)
    out.write(b"*Arcs\n" if graph.is_directed else b"*Edges\n")
    edge_names = [EDGE_ID, *_attributes(graph.edge_schema)]
    n_edges = _written(graph.edges, lambda batch: _pajek_edges(batch, edge_names, ids), out)
    return lines, n_edges


def _distinct_labels(nodes: pa.Table) -> pa.Array:
    labels = pajek_text(nodes.column(LABEL).combine_chunks())
    ids = pajek_text(nodes.column(NODE_ID).combine_chunks())
    counts = pc.value_counts(labels)
    once = counts.field("values").filter(pc.equal(counts.field("counts"), 1))
    is_once = pc.and_(pc.is_valid(labels), pc.is_in(labels, value_set=once.drop_null()))
    return pc.if_else(is_once, labels, pc.coalesce(joined(labels, " (", ids, ")"), ids))


def _numbers(n: int) -> pa.Array:
    return pa.array(np.arange(1, n + 1))


def _pajek_nodes(batch: pa.RecordBatch, names: list[str]) -> pa.Array:
    number, label = batch.column("_number").cast(pa.string()), batch.column("_label")
    # Readers expect a place and a shape before attributes; nothing is known of either.
    head = joined(number, ' "', label, '" 0.0 0.0 ellipse')
    return joined(head, *_pajek_values(batch, [NODE_ID, *names]), "\n", skip_null=True)


def _pajek_edges(batch: pa.RecordBatch, names: list[str], ids: pa.Array) -> pa.Array:
    source, target = (
        pc.add(pc.index_in(batch.column(end), value_set=ids), 1).cast(pa.string())
        for end in (SOURCE, TARGET)
    )
    weight = pajek_text(batch.column(WEIGHT))
    values = _pajek_values(batch, names)
    return joined(source, " ", target, " ", weight, *values, "\n", skip_null=True)


def _pajek_values(batch: pa.RecordBatch, names: list[str]) -> list[pa.Array]:
    return [joined(f' {name} "', pajek_text(batch.column(name)), '"') for name in names]


# --- what they share ------------------------------------------------------------------------------


def _attributes(schema: pa.Schema) -> list[str]:
    named = {NODE_ID, LABEL, EDGE_ID, SOURCE, TARGET}
    return [name for name in schema.names if name not in named]


def _type(kind: pa.DataType, integer: str) -> str:
    """Return the name of a type in GEXF and GraphML, which differ in that of an integer."""
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_int64(kind):
        return "long"
    if pa.types.is_integer(kind):
        return integer
    if pa.types.is_floating(kind):
        return "double"
    return "string"


FORMATS: dict[str, _Writer] = {
    "gexf": write_gexf, "graphml": write_graphml, "pajek": write_pajek,
}  # fmt: skip

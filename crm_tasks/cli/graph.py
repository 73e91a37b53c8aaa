"""`crm graph`: pictures for people, files for other programs; both of what is published."""

from __future__ import annotations

from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from crm_tasks.cli.console import HomeOption, output
from crm_tasks.errors import CrmError, SettingsError, nearest
from crm_tasks.graph.exports import selection
from crm_tasks.graph.exports.selection import Selection
from crm_tasks.settings import load_settings
from crm_tasks.warehouse.audit import append_audit
from crm_tasks.warehouse.files import file_aside
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.query import query_served, stream_served

if TYPE_CHECKING:
    from crm_tasks.graph.pictures.canvas import Form

app = typer.Typer(
    help=(
        "The relationship graph: draw a customer's circle or all communities, export it for Gephi, "
        "yEd, Cytoscape, igraph, networkx or Pajek.\n\n"
        "Everything shown is published and pseudonymous. Ids come from the tables: "
        '`crm sql "select customer_id from bi.graph_top_influencers '
        'order by as_of_date desc, connectedness_rank limit 5"`.'
    ),
    no_args_is_help=True,
)


class Format(StrEnum):
    """File formats of an export."""

    GEXF = "gexf"
    GRAPHML = "graphml"
    PAJEK = "pajek"


class Language(StrEnum):
    """Language of a picture's own words; labels are as the sources write them."""

    EN = "en"
    ZH = "zh"


OutOption = Annotated[Path, typer.Option("--out", help="File to write; an old one is replaced")]


FORMS: dict[str, Form] = {".svg": "svg", ".png": "png"}


@app.callback()
def graph() -> None:
    """Work with the published graph."""


@app.command("draw")
def draw(
    out: OutOption,
    customer: Annotated[
        str | None, typer.Option(help="customer_id: this customer and the closest neighbours")
    ] = None,
    communities: Annotated[
        bool, typer.Option("--communities", help="All communities, at most 30, and their links")
    ] = False,
    language: Annotated[Language, typer.Option("--lang", help="Language of the words")] = (
        Language.EN
    ),
    home: HomeOption = None,
) -> None:
    """Draw one customer's circle, or all communities, as .svg or .png.

    The same run gives the same file, byte for byte: no dates, no chance, a font of its own. Colours
    are told apart with any colour vision, and shapes tell the same again. Larger graphs are not
    drawn, nobody could read them: `crm graph export` writes them for programs made for it.

    For instance `crm graph draw --communities --out communities.svg`.
    """
    form = FORMS.get(out.suffix.lower())
    if form is None:
        raise SettingsError("--out: a picture's name ends in .svg or .png")
    if (customer is None) == (not communities):
        raise SettingsError("say either --customer ID or --communities")
    place = Home(load_settings(home=home).home_path)
    if customer is None:
        picture = _communities(place, form, language)
    else:
        picture = _circle(place, customer, form, language)
    with _writing(out) as file:
        file.write(picture)
    output.print(f"written {out}", markup=False, highlight=False)


def _circle(place: Home, customer: str, form: Form, language: Language) -> bytes:
    from crm_tasks.graph.pictures import draw_circle, views

    given = {"customer_id": customer}
    nodes = query_served(place, views.CIRCLE_NODES, given)
    ties = query_served(place, views.CIRCLE_TIES, given)
    circle = views.as_circle(customer, nodes, ties, language.value)
    if circle is None:
        raise SettingsError(
            "--customer: no customer with this id in graph.nodes; ids are those of "
            "core.dim_customers"
        )
    return draw_circle(circle, form, language.value)


def _communities(place: Home, form: Form, language: Language) -> bytes:
    from crm_tasks.graph.pictures import draw_communities, views

    as_of = query_served(place, views.AS_OF).column(0)[0].as_py()
    circles, bridges = views.as_communities(
        query_served(place, views.COMMUNITIES), query_served(place, views.BRIDGES)
    )
    return draw_communities(circles, bridges, as_of, form, language.value)


@app.command("export")
def export(
    out: OutOption,
    form: Annotated[Format, typer.Option("--format", help="gexf for Gephi, graphml, or pajek")],
    layer: Annotated[
        list[str] | None, typer.Option(help="Only this kind of tie; may stand several times")
    ] = None,
    min_strength: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Only ties at least so strong")
    ] = 0.0,
    community: Annotated[
        list[str] | None,
        typer.Option(help="Only ties within this community; several are taken together"),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Write the graph, or a part of it, for another program.

    An edge's weight is its strength; every other column of graph.nodes and graph.edges is an
    attribute. NULL is left out, moments are ISO 8601 text. Without filters all nodes are written,
    with filters those that a chosen tie or community holds. The file is written as a stream and
    appears whole or not at all. What is printed in the end says how many customers stand out by
    their ties alone: somebody who knows one of them may find him or her behind the pseudonym.

    For instance `crm graph export --format gexf --layer purchase_similarity --out similar.gexf`.
    """
    chosen = Selection(tuple(layer or ()), min_strength, tuple(community or ()))
    place = Home(load_settings(home=home).home_path)
    _refuse_unknown(place, "--layer", chosen.layers, selection.KNOWN_LAYERS)
    _refuse_unknown(place, "--community", chosen.communities, selection.KNOWN_COMMUNITIES)
    n_nodes, n_edges = _export(place, chosen, form, out)
    detail = {"format": form.value, "nodes": n_nodes, "ties": n_edges}
    append_audit(Ledger(place.ops_file), "graph.exported", "graph", detail, role="person")
    output.print(f"written {out}: {n_nodes:,} nodes, {n_edges:,} ties", markup=False)
    _tell_uniqueness(place, chosen)


def _export(place: Home, chosen: Selection, form: Format, out: Path) -> tuple[int, int]:
    from crm_tasks.graph.exports import GraphStream, write_graph

    given = chosen.parameters
    facts = query_served(place, selection.FACTS, given).to_pylist()[0]
    with (
        stream_served(place, selection.NODES, given) as nodes,
        stream_served(place, selection.EDGES, given) as edges,
        _writing(out) as file,
    ):
        stream = GraphStream(
            nodes.schema, edges.schema, facts["is_directed"], facts["as_of"], nodes, edges
        )
        return write_graph(stream, form.value, file)


def _refuse_unknown(place: Home, option: str, asked: tuple[str, ...], known: str) -> None:
    names = query_served(place, known).column(0).to_pylist() if asked else []
    for name in asked:
        if name not in names:
            raise SettingsError(f"{option}: the graph has no {name!r}{nearest(name, names)}")


def _tell_uniqueness(place: Home, chosen: Selection) -> None:
    from crm_tasks.graph.exports import count_unique

    ends = query_served(place, selection.ENDS, chosen.parameters)
    people = query_served(place, selection.CUSTOMERS, chosen.parameters).column(0)
    found = count_unique(ends, people)
    output.print(
        f"privacy: of {found.n_nodes:,} customers {found.by_degree:,} are the only one with as "
        f"many ties, {found.few_by_degree:,} share the number with fewer than five, "
        f"{found.by_degree_and_core:,} are unique by number of ties and k-core; pseudonyms do not "
        "hide a shape, so share the file like personal data",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def _writing(out: Path) -> AbstractContextManager[BinaryIO]:
    if not out.parent.is_dir():
        raise CrmError(f"--out: there is no folder {out.parent}")
    return file_aside(out)

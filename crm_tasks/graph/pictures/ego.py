"""One customer's circle: the closest neighbours, how strongly tied, and which community each is in.

Neighbours stand around the customer, those of one community side by side, the strongest tied
nearest: a place says something, and labels point outward and do not meet. This is a radial layout
(Yee et al. 2001, https://doi.org/10.1109/INFVIS.2001.963279); nothing in it is drawn at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from crm_tasks.graph.pictures.canvas import (
    COLOURS,
    INK,
    ORGANIZATION_SHAPE,
    OTHER_COLOUR,
    OTHER_SHAPE,
    PALE,
    SHAPES,
    WIDTH,
    Form,
    Sheet,
    mark,
    shorter,
)
from crm_tasks.graph.pictures.wording import Language, layer_name, say

if TYPE_CHECKING:
    from collections.abc import Sequence

NEIGHBOURS_AT_MOST = 16
ID_LENGTH = 8
NEAR, FAR = 0.55, 1.0
X_LIMIT = 1.62
UNITS_PER_POINT = 2 * X_LIMIT / (0.70 * WIDTH * 72)
LINES: tuple[Any, ...] = (
    "-",
    "--",
    "-.",
    ":",
    (0, (5, 1, 1, 1)),
    (0, (1, 1)),
    (0, (8, 3)),
    (0, (3, 2)),
)


@dataclass(frozen=True)
class Neighbour:
    """One node of the picture: the customer in the middle or somebody tied to them.

    ``note`` is a second line under the label (a segment, say); ``community`` is its name for
    people, None without one.
    """

    node_id: str
    label: str
    note: str | None
    degree: int
    community: str | None
    is_organization: bool = False


@dataclass(frozen=True)
class Tie:
    """One tie of the picture."""

    src_id: str
    dst_id: str
    layer: str
    strength: float


@dataclass(frozen=True)
class Circle:
    """What is drawn: who stands in the middle, all others, all ties among them, and the date."""

    middle: Neighbour
    others: tuple[Neighbour, ...]
    ties: tuple[Tie, ...]
    as_of: str


def draw_circle(circle: Circle, form: Form, language: Language = "en") -> bytes:
    """Return the picture of a customer's circle as a file: the same circle, the same bytes.

    Of more than ``NEIGHBOURS_AT_MOST`` neighbours the strongest tied are drawn, and the picture
    says how many are not.

    Raises
    ------
    MissingGlyph
        A label holds a sign the font lacks.
    """
    shown, n_left_out = _closest(circle)
    short = circle.middle.label
    title = say("circle_title", language, id=short, n=len(shown))
    if not shown:
        title = say("circle_title_alone", language, id=short)
    sheet = Sheet(title, say("circle_how", language, date=circle.as_of))
    looks = _looks(circle.middle, shown)
    places = _places(circle, shown)
    layers = _layers(circle, places)
    _draw_ties(sheet, circle, places, layers)
    _draw_nodes(sheet, circle.middle, shown, places, looks)
    notes = [say("pseudonyms", language)]
    if any(one.is_organization for one in shown):
        notes.append(say("organizations", language))
    if n_left_out:
        notes.append(say("circle_left_out", language, n=n_left_out))
    _explain(sheet, looks, layers, notes, language)
    sheet.area.set_xlim(-X_LIMIT, X_LIMIT)
    sheet.area.set_ylim(-1.3, 1.3)
    return sheet.file(form)


def _closest(circle: Circle) -> tuple[list[Neighbour], int]:
    """Return the neighbours drawn, one community after another, and how many are left out."""
    reach = _strength_to_middle(circle)
    order = sorted(circle.others, key=lambda one: (-reach.get(one.node_id, 0.0), one.node_id))
    drawn = order[:NEIGHBOURS_AT_MOST]
    sizes: dict[str | None, int] = {}
    for one in drawn:
        sizes[one.community] = sizes.get(one.community, 0) + 1
    own = circle.middle.community
    drawn.sort(
        key=lambda one: (
            one.community != own, -sizes[one.community], one.community or "~", one.is_organization,
            -reach.get(one.node_id, 0.0), one.node_id,
        )
    )  # fmt: skip
    return drawn, len(order) - len(drawn)


def _strength_to_middle(circle: Circle) -> dict[str, float]:
    """Return each neighbour's strongest tie to the middle."""
    found: dict[str, float] = {}
    for tie in circle.ties:
        ends = {tie.src_id, tie.dst_id}
        if circle.middle.node_id in ends and len(ends) > 1:
            (other,) = ends - {circle.middle.node_id}
            found[other] = max(found.get(other, 0.0), tie.strength)
    return found


def _places(circle: Circle, shown: list[Neighbour]) -> dict[str, tuple[float, float]]:
    reach = _strength_to_middle(circle)
    strengths = np.array([reach.get(one.node_id, 0.0) for one in shown])
    spread = float(np.ptp(strengths)) if len(shown) else 0.0
    places = {circle.middle.node_id: (0.0, 0.0)}
    for number, one in enumerate(shown):
        angle = np.pi / 2 - 2 * np.pi * (number + 0.5) / len(shown)
        nearness = (strengths[number] - strengths.min()) / spread if spread else 0.5
        # Neighbours in turn a little farther, so that labels side by side do not meet.
        far = FAR - (FAR - NEAR) * nearness
        places[one.node_id] = (1.25 * far * float(np.cos(angle)), far * float(np.sin(angle)))
    return places


def _looks(middle: Neighbour, shown: list[Neighbour]) -> dict[str | None, tuple[str, str]]:
    """Return (colour, shape) by community; the middle's own first, then by number drawn."""
    counts: dict[str, int] = {}
    for one in shown:
        if one.community is not None:
            counts[one.community] = counts.get(one.community, 0) + 1
    others = sorted(counts.keys() - {middle.community}, key=lambda name: (-counts[name], name))
    first = [] if middle.community is None else [middle.community]
    named = [*first, *others]
    looks: dict[str | None, tuple[str, str]] = dict(
        zip(named, zip(COLOURS, SHAPES, strict=True), strict=False)
    )
    looks |= dict.fromkeys(named[len(COLOURS) :], (OTHER_COLOUR, OTHER_SHAPE))
    if any(one.community is None for one in (middle, *shown)):
        looks[None] = (OTHER_COLOUR, OTHER_SHAPE)
    return looks


def _layers(circle: Circle, places: dict[str, tuple[float, float]]) -> list[str]:
    """Return the kinds of ties to the middle that are drawn, the most frequent first."""
    counts: dict[str, int] = {}
    for tie in circle.ties:
        if circle.middle.node_id in (tie.src_id, tie.dst_id) and _is_placed(tie, places):
            counts[tie.layer] = counts.get(tie.layer, 0) + 1
    return sorted(counts, key=lambda name: (-counts[name], name))


def _is_placed(tie: Tie, places: dict[str, tuple[float, float]]) -> bool:
    return tie.src_id in places and tie.dst_id in places and tie.src_id != tie.dst_id


def _draw_ties(
    sheet: Sheet, circle: Circle, places: dict[str, tuple[float, float]], layers: list[str]
) -> None:
    middle = circle.middle.node_id
    own = [t.strength for t in circle.ties if middle in (t.src_id, t.dst_id)]
    weakest, spread = (
        min(own, default=0.0),
        max(max(own, default=0.0) - min(own, default=0.0), 1e-9),
    )
    drawn: dict[frozenset[str], int] = {}
    for tie in sorted(circle.ties, key=lambda t: (t.layer, t.src_id, t.dst_id)):
        if not _is_placed(tie, places):
            continue
        ends = np.array([places[tie.src_id], places[tie.dst_id]])
        if middle not in (tie.src_id, tie.dst_id):
            sheet.area.plot(*ends.T, color="#d9d9d9", linewidth=0.8, zorder=1)
            continue
        # A second tie of the same two runs beside the first.
        pair = frozenset((tie.src_id, tie.dst_id))
        beside = drawn[pair] = drawn.get(pair, -1) + 1
        along = ends[1] - ends[0]
        normal = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-9)
        if tie.dst_id == middle:
            normal = -normal
        ends = ends + 0.022 * ((beside + 1) // 2) * (1 if beside % 2 else -1) * normal
        style = LINES[layers.index(tie.layer) % len(LINES)]
        width = 1.2 + 4.0 * (tie.strength - weakest) / spread
        sheet.area.plot(*ends.T, color="#555555", linewidth=width, linestyle=style, zorder=2)


def _draw_nodes(
    sheet: Sheet,
    middle: Neighbour,
    shown: Sequence[Neighbour],
    places: dict[str, tuple[float, float]],
    looks: dict[str | None, tuple[str, str]],
) -> None:
    most = max((one.degree for one in (middle, *shown)), default=1)
    for one in (middle, *shown):
        x, y = places[one.node_id]
        colour, shape = looks[one.community]
        is_middle = one is middle
        size = 130 + 520 * (one.degree / max(most, 1)) + (200 if is_middle else 0)
        sheet.area.scatter(
            [x], [y], s=size, c=colour, marker=ORGANIZATION_SHAPE if one.is_organization else shape,
            edgecolors=INK, linewidths=2.4 if is_middle else 0.9, zorder=4,
        )  # fmt: skip
        text = one.label if one.note is None else f"{one.label}\n{one.note}"
        if is_middle:
            box = {"facecolor": "#ffffff", "edgecolor": INK, "boxstyle": "round,pad=0.35"}
            sheet.label(x, y - 0.13, text, 11, va="top", bbox=box)
            continue
        side = "left" if x > 0.15 else "right" if x < -0.15 else "center"  # noqa: PLR2004
        away = np.array([x, y]) / max(float(np.hypot(x, y)), 1e-9)
        upward = "bottom" if y > 0 else "top"
        off = 0.035 + UNITS_PER_POINT * float(np.sqrt(size)) / 2
        across = {"left": off, "right": -off, "center": off * away[0]}[side]
        sheet.label(
            x + across, y + off * away[1], text, 9.5,
            ha=side, va="center" if side != "center" else upward,
        )  # fmt: skip


def _explain(
    sheet: Sheet,
    looks: dict[str | None, tuple[str, str]],
    layers: list[str],
    notes: list[str],
    language: Language,
) -> None:
    """Write what colours, shapes, sizes and lines mean into the column, and notes below."""
    marks = [
        mark(shape, colour, shorter(name or say("no_community", language), 28))
        for name, (colour, shape) in looks.items()
        if shape != OTHER_SHAPE or name is None
    ]
    if any(shape == OTHER_SHAPE and name is not None for name, (_, shape) in looks.items()):
        marks.append(mark(OTHER_SHAPE, OTHER_COLOUR, say("other_communities", language)))
    lines = [
        Line2D([], [], color="#555555", linewidth=2.2, linestyle=LINES[place % len(LINES)],
               label=layer_name(layer, language))
        for place, layer in enumerate(layers)
    ]  # fmt: skip
    lines.append(Line2D([], [], color="#cccccc", linewidth=1, label=say("between", language)))
    sizes = [
        mark("o", PALE, say("few_ties", language), 8),
        mark("o", PALE, say("many_ties", language), 15),
    ]
    blocks = {"colour": marks, "line": lines, "size": sizes}
    top = 1.0
    for title, handles in blocks.items():
        top = sheet.explain(say(title, language), handles, top)
    sheet.note(notes)

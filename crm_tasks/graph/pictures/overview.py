"""All communities at a glance: how large each is, what it buys, and which ones are close.

A drawing of all customers is a hairball from about 200 nodes on. So communities are the nodes here,
placed by spring forces from a fixed start (Fruchterman, Reingold 1991, by networkx) and then moved
apart until no two circles or labels meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Circle as Disc

from crm_tasks.graph.pictures.canvas import AREA_INCHES, INK, Form, Sheet, font, mark, shorter
from crm_tasks.graph.pictures.wording import Language, say

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

COMMUNITIES_AT_MOST = 30
LINKS_PER_COMMUNITY = 2
#: One colour from light to dark: read by lightness, whatever the colour vision.
SHADES = LinearSegmentedColormap.from_list("guanxi", ["#d6e6f4", "#2171b5"])
INCHES_PER_UNIT = 2.5  # at full scale; a picture of many communities is scaled down as a whole
LETTER_WIDTH, LINE_HEIGHT = 0.031, 0.064
LABEL_SIZE, LABEL_SIZE_AT_LEAST = 9.5, 6.0
ROUNDS = 400


@dataclass(frozen=True)
class Community:
    """One circle: its id, name for people, members and the share of their ties that stay inside."""

    community_id: str
    name: str | None
    size: int
    internal_share: float


@dataclass(frozen=True)
class Bridge:
    """Summed strength of the ties between two communities."""

    a: str
    b: str
    strength: float


def draw_communities(
    communities: list[Community],
    bridges: list[Bridge],
    as_of: str,
    form: Form,
    language: Language = "en",
) -> bytes:
    """Return the overview as a file: the same communities, the same bytes.

    At most ``COMMUNITIES_AT_MOST`` are drawn, the largest; the picture says how many are not.

    Raises
    ------
    MissingGlyph
        A label holds a sign the font lacks.
    """
    ordered = sorted(communities, key=lambda one: (-one.size, one.community_id))
    shown, left_out = ordered[:COMMUNITIES_AT_MOST], ordered[COMMUNITIES_AT_MOST:]
    title = say("overview_title", language, n=len(shown))
    sheet = Sheet(title, say("overview_how", language, date=as_of))
    links = _strongest_links(shown, bridges)
    names = [_two_lines(one.name or say("unnamed", language)) for one in shown]
    radii = _radii(shown)
    boxes = [_box(radius, name) for radius, name in zip(radii, names, strict=True)]
    places = _moved_apart(_places(shown, links), boxes)
    scale = _fit(sheet, places, boxes)
    _draw_links(sheet, links, places, scale)
    for one, place, radius, name in zip(shown, places, radii, names, strict=True):
        _draw_community(sheet, one, place, radius, scale)
        size = max(LABEL_SIZE * scale, LABEL_SIZE_AT_LEAST)
        sheet.label(place[0], place[1] - radius - 0.02, name, size, va="top")
    _explain(sheet, left_out, language)
    return sheet.file(form)


@dataclass(frozen=True)
class _Box:
    """What a circle and the label below it take up: half the width, and above and below."""

    half_width: float
    above: float
    below: float


def _box(radius: float, name: str) -> _Box:
    lines = name.split("\n")
    letters = max(sum(2 if ord(sign) > 0x2E7F else 1 for sign in line) for line in lines)  # noqa: PLR2004 (where CJK begins)
    half_width = max(radius, LETTER_WIDTH * letters / 2)
    return _Box(half_width, radius, radius + 0.03 + LINE_HEIGHT * len(lines))


def _fit(sheet: Sheet, places: Floats, boxes: list[_Box]) -> float:
    """Set the limits of the drawing area around all boxes; return the scale that makes, up to 1."""
    if not boxes:
        return 1.0
    half = np.array([box.half_width for box in boxes])
    left, right = (places[:, 0] - half).min(), (places[:, 0] + half).max()
    bottom = (places[:, 1] - [box.below for box in boxes]).min()
    top = (places[:, 1] + [box.above for box in boxes]).max()
    width, height = AREA_INCHES
    needed = max((right - left) / width, (top - bottom) / height, 1 / INCHES_PER_UNIT) * 1.03
    x, y = (left + right) / 2, (bottom + top) / 2
    sheet.area.set_xlim(x - needed * width / 2, x + needed * width / 2)
    sheet.area.set_ylim(y - needed * height / 2, y + needed * height / 2)
    return float(1 / needed / INCHES_PER_UNIT)


def _radii(shown: list[Community]) -> Floats:
    """Return radii whose areas are to each other as the members."""
    sizes = np.array([one.size for one in shown], dtype=np.float64)
    return np.asarray(0.34 * np.sqrt(sizes / max(sizes.max(initial=1.0), 1.0)))


def _strongest_links(shown: list[Community], bridges: list[Bridge]) -> list[tuple[int, int, float]]:
    """Return the links drawn: for each community its strongest few."""
    number = {one.community_id: place for place, one in enumerate(shown)}
    known = [
        (number[one.a], number[one.b], one.strength)
        for one in bridges
        if one.a in number and one.b in number and one.a != one.b
    ]
    kept: set[tuple[int, int, float]] = set()
    for place in range(len(shown)):
        own = [link for link in known if place in link[:2]]
        kept.update(sorted(own, key=lambda link: (-link[2], link[:2]))[:LINKS_PER_COMMUNITY])
    return sorted(kept)


def _places(shown: list[Community], links: list[tuple[int, int, float]]) -> Floats:
    """Return places by spring forces, spread over an area of the sheet's proportions."""
    if not shown:
        return np.empty((0, 2))
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(shown)))
    strongest = max((strength for *_, strength in links), default=1.0)
    graph.add_weighted_edges_from((a, b, 0.2 + s / strongest) for a, b, s in links)
    turns = 2 * np.pi * np.arange(len(shown)) / len(shown)
    start = {n: (float(np.cos(t)), float(np.sin(t))) for n, t in enumerate(turns)}
    found = nx.spring_layout(graph, pos=start, k=1.2, iterations=200, seed=1)
    places = np.array([found[n] for n in range(len(shown))])
    middle, half = (places.max(axis=0) + places.min(axis=0)) / 2, np.ptp(places, axis=0) / 2
    wide = np.array([1.25, 0.95]) * max(len(shown) / 10, 0.3) ** 0.5
    return np.asarray((places - middle) / np.maximum(half, 1e-9) * wide)


def _moved_apart(places: Floats, boxes: list[_Box]) -> Floats:
    """Return places at which neither circles nor the labels below them overlap."""
    places = places.copy()
    for _ in range(ROUNDS):
        is_moved = False
        for a in range(len(places)):
            for b in range(a + 1, len(places)):
                is_moved |= _push_apart(places, boxes, a, b)
        if not is_moved:
            break
    return places


def _push_apart(places: Floats, boxes: list[_Box], a: int, b: int) -> bool:
    """Move two places apart along the axis that needs less; return whether they had to be."""
    gap = places[b] - places[a]
    over = boxes[a].above + boxes[b].below if gap[1] >= 0 else boxes[a].below + boxes[b].above
    wanted = np.array([boxes[a].half_width + boxes[b].half_width, over]) + 0.05
    overlap = wanted - np.abs(gap)
    if overlap.min() <= 0:
        return False
    axis = int(np.argmin(overlap / wanted))
    push = 0.5 * overlap[axis] * (1.0 if gap[axis] >= 0 else -1.0)
    places[a, axis] -= push
    places[b, axis] += push
    return True


def _draw_links(
    sheet: Sheet, links: list[tuple[int, int, float]], places: Floats, scale: float
) -> None:
    strongest = max((strength for *_, strength in links), default=1.0)
    for a, b, strength in links:
        ends = places[[a, b]]
        width = scale * (0.8 + 7.0 * strength / strongest)
        sheet.area.plot(*ends.T, color="#c4c4c4", linewidth=width, zorder=1, solid_capstyle="round")


def _draw_community(
    sheet: Sheet, one: Community, place: Floats, radius: float, scale: float
) -> None:
    shade = SHADES(min(max(one.internal_share, 0.0), 1.0))
    sheet.area.add_patch(Disc(tuple(place), radius, facecolor=shade, edgecolor=INK, zorder=3))
    is_dark = one.internal_share > 0.55  # noqa: PLR2004
    size, colour = scale * min(15.0, 6 + 36 * radius), "#ffffff" if is_dark else INK
    sheet.area.text(
        float(place[0]), float(place[1]), f"{one.size:,}", fontproperties=font(size),
        ha="center", va="center", color=colour, zorder=5,
    )  # fmt: skip


def _two_lines(name: str, width: int = 24) -> str:
    r"""Return a name on at most two lines, broken after a comma where one helps.

    >>> _two_lines("HAIR CARE, EASTER, BREAKFAST SNACKS")
    'HAIR CARE, EASTER,\nBREAKFAST SNACKS'
    """
    parts = [part.strip() for part in name.split(",")]
    first = parts[0]
    rest = parts[1:]
    while rest and len(first) + len(rest[0]) + 2 <= width:
        first += f", {rest.pop(0)}"
    if not rest:
        return shorter(first, width + 2)
    return f"{shorter(first, width)},\n{shorter(', '.join(rest), width)}"


def _explain(sheet: Sheet, left_out: list[Community], language: Language) -> None:
    shades = [
        mark("o", SHADES(share), say("inside", language, share=round(100 * share)), 13)
        for share in (0.2, 0.5, 0.8)
    ]
    line = Line2D([], [], color="#c4c4c4", linewidth=5, label=say("overview_which_ties", language))
    top = sheet.explain(say("overview_shade", language), shades, 1.0)
    sheet.explain(say("overview_ties", language), [line], top)
    notes = [say("overview_number", language)]
    if left_out:
        members = f"{sum(one.size for one in left_out):,}"
        notes.append(say("overview_left_out", language, n=len(left_out), m=members))
    sheet.note(notes)

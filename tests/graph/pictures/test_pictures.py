"""A circle and the overview of communities: what they show, and that nothing overlaps."""

from __future__ import annotations

from itertools import combinations

import matplotlib as mpl
import pytest

from crm_tasks.graph.pictures import (
    Bridge,
    Circle,
    Community,
    Neighbour,
    Tie,
    canvas,
    draw_circle,
    draw_communities,
)
from crm_tasks.graph.pictures.ego import NEIGHBOURS_AT_MOST
from crm_tasks.graph.pictures.overview import COMMUNITIES_AT_MOST


@pytest.fixture
def drawn(monkeypatch):
    """Return the sheets that were written, to look at what stands on them."""
    sheets: list[canvas.Sheet] = []
    written = canvas.Sheet.file

    def file(sheet, form):
        sheets.append(sheet)
        return written(sheet, form)

    monkeypatch.setattr(canvas.Sheet, "file", file)
    return sheets


def words(sheet: canvas.Sheet) -> str:
    return "\n".join(text.get_text() for text in sheet.figure.findobj(mpl.text.Text))


def person(number: int, *, community: str | None = "tea", **more) -> Neighbour:
    return Neighbour(f"node{number:02}", f"id{number:02}", "loyal", number + 1, community, **more)


def star(n: int, *more: Tie, **looks) -> Circle:
    others = tuple(person(number, **looks) for number in range(1, n + 1))
    ties = [Tie("node00", one.node_id, "trust", 0.9 - 0.01 * no) for no, one in enumerate(others)]
    return Circle(person(0), others, (*ties, *more), "2024-07-01")


def test_the_strongest_tied_are_drawn_and_the_others_counted(drawn):
    draw_circle(star(NEIGHBOURS_AT_MOST + 3), "png")
    text = words(drawn[0])
    assert f"Customer id00 and the {NEIGHBOURS_AT_MOST} most strongly tied" in text
    assert "id16" in text
    assert "id17" not in text
    assert "3 weaker ties are not drawn" in text


def test_kinds_of_ties_communities_and_organizations_are_explained_in_chinese(drawn):
    firm = Neighbour("firm", "Tea Ltd", None, 3, None, is_organization=True)
    circle = star(3, Tie("node00", "firm", "works_for", 1.0), Tie("node01", "node02", "trust", 0.5))
    draw_circle(
        Circle(circle.middle, (*circle.others, firm), circle.ties, "2024-07-01"), "svg", "zh"
    )
    for said in ("信任", "任职", "tea", "无社群", "五边形为企业", "编号均为假名"):
        assert said in words(drawn[0])


def test_the_order_of_neighbours_and_ties_changes_no_byte():
    circle = star(9, Tie("node03", "node01", "referral", 0.4))
    turned = Circle(circle.middle, circle.others[::-1], circle.ties[::-1], circle.as_of)
    assert draw_circle(circle, "svg") == draw_circle(turned, "svg")


def test_somebody_without_ties_is_drawn_alone(drawn):
    draw_circle(Circle(person(0, community=None), (), (), "2024-07-01"), "png")
    assert "Customer id00 has no ties" in words(drawn[0])


@pytest.mark.parametrize("n", [2, 7, NEIGHBOURS_AT_MOST])
def test_no_two_labels_of_a_circle_meet(drawn, n):
    draw_circle(star(n), "png")
    assert overlaps(drawn[0]) == []


def overlaps(sheet: canvas.Sheet) -> list[tuple[str, str]]:
    """Return the labels of the drawing area that cover each other by more than a pixel."""
    shown = [text for text in sheet.area.texts if text.get_text()]
    boxes = [(text.get_text(), text.get_window_extent()) for text in shown]
    found = []
    for (one, a), (other, b) in combinations(boxes, 2):
        width = min(a.x1, b.x1) - max(a.x0, b.x0)
        height = min(a.y1, b.y1) - max(a.y0, b.y0)
        if width > 1 and height > 1:
            found.append((one, other))
    return found


def communities(n: int) -> tuple[list[Community], list[Bridge]]:
    found = [Community(f"c{no:02}", f"TEA {no}, 咖啡", 10 + 7 * no, no / n) for no in range(n)]
    bridges = [Bridge(f"c{no:02}", f"c{no + 1:02}", 1.0 + no) for no in range(n - 1)]
    return found, bridges


@pytest.mark.parametrize("n", [1, 2, 10, COMMUNITIES_AT_MOST])
def test_no_two_communities_nor_their_labels_meet(drawn, n):
    draw_communities(*communities(n), "2024-07-01", "png")
    assert overlaps(drawn[0]) == []
    discs = [(disc.center, disc.radius) for disc in drawn[0].area.patches]
    assert len(discs) == n
    for (a, r), (b, s) in combinations(discs, 2):
        assert ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5 >= r + s


def test_circles_cover_an_area_in_proportion_to_their_members(drawn):
    draw_communities(
        [Community("a", "tea", 100, 0.5), Community("b", None, 25, 0.9)], [], "", "png"
    )
    radii = sorted(disc.radius for disc in drawn[0].area.patches)
    assert radii[1] == pytest.approx(2 * radii[0])
    assert "mixed purchases" in words(drawn[0])


def test_the_smallest_communities_beyond_those_drawn_are_counted(drawn):
    draw_communities(*communities(COMMUNITIES_AT_MOST + 2), "2024-07-01", "svg")
    assert "2 smaller communities\nwith 27 customers are not drawn" in words(drawn[0])


def test_the_order_of_communities_changes_no_byte():
    found, bridges = communities(6)
    one = draw_communities(found, bridges, "2024-07-01", "svg", "zh")
    assert one == draw_communities(found[::-1], bridges[::-1], "2024-07-01", "svg", "zh")


def test_no_communities_at_all_are_a_picture_that_says_so(drawn):
    draw_communities([], [], "2024-07-01", "png")
    assert "0 communities" in words(drawn[0])

"""A sheet to draw on, with a font of its own, whose file depends on what is drawn and nothing else.

The font is Noto Sans SC (SIL Open Font License 1.1), from a pinned package: Latin and Chinese
letters look the same on any machine, with no font installed. A sign it lacks is an error, since a
reader cannot tell an empty box from a name. SVG files hold outlines of letters, so that they need
no font either.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Literal

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from pylopdf_fonts_zh_cn import sans_path

from crm_tasks.errors import CrmError, listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.text import Text

Form = Literal["svg", "png"]

WIDTH, HEIGHT, DPI = 12.0, 8.0, 150
AREA = (0.02, 0.03, 0.70, 0.85)  # of the sheet: left, bottom, width, height
AREA_INCHES = (AREA[2] * WIDTH, AREA[3] * HEIGHT)
INK, QUIET, PALE, PAPER = "#222222", "#767676", "#eeeeee", "#ffffff"
#: Okabe and Ito (2008): told apart with any kind of colour vision; shapes tell the same again.
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
SHAPES = ("o", "s", "^", "D", "P", "v", "X")
OTHER_COLOUR, OTHER_SHAPE, ORGANIZATION_SHAPE = "#bbbbbb", "h", "p"

_DRAWING: Any = {
    "svg.hashsalt": "guanxi",  # ids inside the file are the same every time
    "svg.fonttype": "path",
    "path.simplify": False,
}


class MissingGlyph(CrmError):
    """The font has no sign for a character that is to be drawn."""


class Sheet:
    """One picture: a figure with a title, a drawing area and a column of explanations.

    Parameters
    ----------
    title, subtitle : str
        What is seen, in one line, and how to read it, in another.
    """

    def __init__(self, title: str, subtitle: str) -> None:
        self.figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, facecolor=PAPER)
        FigureCanvasAgg(self.figure)
        self.area: Axes = self.figure.add_axes(AREA)
        self.area.set_axis_off()
        self.area.set_aspect("equal")
        self.column: Axes = self.figure.add_axes((0.735, 0.03, 0.25, 0.85))
        self.column.set_axis_off()
        self.column.set_xlim(0, 1)
        self.column.set_ylim(0, 1)
        self.figure.text(0.03, 0.945, title, fontproperties=font(19), color=INK, va="center")
        self.figure.text(0.03, 0.898, subtitle, fontproperties=font(11.5), color=QUIET, va="center")

    def label(self, x: float, y: float, text: str, size: float = 10, **style: Any) -> Text:
        """Write a text in the drawing area, with a rim that keeps it legible over lines."""
        style = {"ha": "center", "va": "center", "color": INK, "zorder": 6, **style}
        return self.area.text(
            x, y, text, fontproperties=font(size),
            path_effects=[withStroke(linewidth=3, foreground=PAPER)], **style,
        )  # fmt: skip

    def explain(self, title: str, handles: list[Line2D], top: float) -> float:
        """Write one block of the column from ``top`` downward; return where the next may begin."""
        labels = [str(handle.get_label()) for handle in handles]
        legend = Legend(
            self.column, handles, labels, title=title, loc="upper left", bbox_to_anchor=(0, top),
            frameon=False, prop=font(10), title_fontproperties=font(11), alignment="left",
            borderpad=0, labelspacing=0.9, handletextpad=0.9,
        )  # fmt: skip
        self.column.add_artist(legend)
        return top - 0.075 - 0.052 * len(handles)

    def note(self, lines: list[str]) -> None:
        """Write lines at the foot of the column."""
        text = "\n".join(lines)
        self.column.text(0, 0, text, fontproperties=font(9.5), color=QUIET, va="bottom")

    def file(self, form: Form) -> bytes:
        """Return the picture as a file without dates or names of programs.

        Raises
        ------
        MissingGlyph
            A text holds a sign that the font lacks.
        """
        refuse_missing_glyphs(text.get_text() for text in self.figure.findobj(mpl.text.Text))
        written = io.BytesIO()
        metadata = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
        with mpl.rc_context(_DRAWING):
            self.figure.savefig(written, format=form, metadata=metadata, facecolor=PAPER)
        return written.getvalue()


def mark(shape: str, colour: Any, label: str, size: float = 10) -> Line2D:
    """Return a sign with its meaning, for the column of explanations."""
    return Line2D(
        [], [], marker=shape, color=colour, markeredgecolor=INK, markersize=size,
        linestyle="none", label=label,
    )  # fmt: skip


def font(size: float) -> FontProperties:
    """Return the one font of all pictures."""
    return FontProperties(fname=str(sans_path()), size=size)


def refuse_missing_glyphs(texts: Iterable[str]) -> None:
    """Raise if the font lacks a sign of one of the texts; line breaks need none."""
    known = FT2Font(str(sans_path())).get_charmap()
    missing = sorted({c for text in texts for c in text if c != "\n" and ord(c) not in known})
    if missing:
        signs = listed(f"U+{ord(sign):04X}" for sign in missing)
        raise MissingGlyph(
            f"the font of pictures, {sans_path().name}, has no sign for {signs}; "
            "choose labels without, or export the graph and draw it elsewhere"
        )


def shorter(text: str, width: int) -> str:
    """Return a text cut to about ``width`` Latin letters; a Chinese one counts as two.

    >>> shorter("customers of bread", 10), shorter("咖啡与茶", 5)
    ('customers…', '咖啡…')
    """
    taken, used = "", 0
    for sign in text:
        used += 2 if ord(sign) > 0x2E7F else 1  # noqa: PLR2004 (where CJK begins)
        if used > width - 1 and len(taken) < len(text) - 1:
            return taken.rstrip(" ,") + "…"
        taken += sign
    return taken

"""One picture per model: whether its probabilities come true and find whom to ask, or its forecast.

They are drawn on the sheet of the graph's pictures: its font, its colours, the same bytes for the
same rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from crm_tasks.graph.pictures.canvas import COLOURS, INK, PALE, QUIET, Sheet, font, mark, shorter
from crm_tasks.ml.segments import SHARE_OF_LINES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    from matplotlib.axes import Axes

    Row = Mapping[str, Any]

SHOWN_BEFORE = 90
CHART = (0.09, 0.10, 0.60, 0.74)
HALVES = ((0.065, 0.10, 0.285, 0.74), (0.42, 0.10, 0.285, 0.74))
SEGMENTS_AT_MOST, FEATURES_AT_MOST = 12, 14


def draw_probabilities(model_version: str, bins: Sequence[Row]) -> bytes:
    """Return the picture of a model's probabilities, by tenth of customers out of time.

    On the left what was predicted against what came true; on the right how many of those who did
    it are among the customers of the highest probabilities: the gains of asking these first.
    """
    target, family = _told(model_version)
    sheet, left = _chart(
        f"{target}: of those given 20 %, do 20 % do it? Are they the right ones?",
        f"{family}, out of time. On the dashed line: left, a probability means what it says; "
        "right, anybody is asked",
    )
    left.set_position(HALVES[0])
    right = sheet.figure.add_axes(HALVES[1])
    _plain(right)
    _draw_reliability(left, bins)
    asked, reached = gains(bins)
    right.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle="--", zorder=1)
    right.plot(asked, reached, color=COLOURS[1], marker="o", markersize=5, zorder=3)
    right.set_xlim(-0.02, 1.02)
    right.set_ylim(-0.02, 1.02)
    _label(right, "share of customers asked, the likeliest first", "share of those who did it")
    n = sum(row["n"] for row in bins)
    error = sum(row["n"] * abs(row["mean_probability"] - row["observed_share"]) for row in bins)
    handles = [
        mark("o", COLOURS[0], "a tenth of the customers,\n95 % interval"),
        mark("o", COLOURS[1], "gains by tenths"),
    ]
    sheet.explain("Points", handles, 1.0)
    first = float(np.interp(0.2, asked, reached))
    sheet.note([
        f"{n:,} customers", f"calibration error {error / max(n, 1):.3f}",
        f"the likeliest fifth holds {first:.0%}", "of those who did it",
    ])  # fmt: skip
    return sheet.file("svg")


def gains(bins: Sequence[Row]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return shares of customers, the likeliest first, and of those who did it among them.

    Examples
    --------
    >>> low = {"n": 8, "mean_probability": 0.1, "observed_share": 0.125}
    >>> high = {"n": 2, "mean_probability": 0.6, "observed_share": 0.5}
    >>> [one.tolist() for one in gains([low, high])]
    [[0.0, 0.2, 1.0], [0.0, 0.5, 1.0]]
    """
    ordered = sorted(bins, key=lambda row: -row["mean_probability"])
    n = np.array([row["n"] for row in ordered], dtype=np.float64)
    did = n * np.array([row["observed_share"] for row in ordered])
    shares = (np.concatenate([[0.0], np.cumsum(one)]) for one in (n, did))
    asked, reached = (one / max(one[-1], 1e-12) for one in shares)
    return asked, reached


def _draw_reliability(chart: Axes, bins: Sequence[Row]) -> None:
    said = np.array([row["mean_probability"] for row in bins])
    came = np.array([row["observed_share"] for row in bins])
    low = came - np.array([row["ci_low"] for row in bins])
    high = np.array([row["ci_high"] for row in bins]) - came
    chart.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle="--", zorder=1)
    chart.errorbar(
        said, came, yerr=np.maximum([low, high], 0), fmt="o", color=COLOURS[0], ecolor=COLOURS[0],
        markersize=7, capsize=3, zorder=3,
    )  # fmt: skip
    chart.set_xlim(-0.02, 1.02)
    chart.set_ylim(-0.02, 1.02)
    _label(chart, "predicted probability", "share that came true")


def draw_fan(past: Sequence[tuple[dt.date, float]], rows: Sequence[Row]) -> bytes:
    """Return the picture of a forecast: what was sold, what is expected, both bands."""
    name = rows[0]["metric"].replace("_", " ")
    sheet, chart = _chart(
        f"All sales, {name}: the next {len(rows)} steps",
        f"{rows[0]['method'].replace('_', ' ')}; bands measured out of time",
    )
    shown = list(past)[-SHOWN_BEFORE:]
    first = rows[0]["target_date"]
    before = np.array([(day - first).days for day, _ in shown])
    ahead = np.array([(row["target_date"] - first).days for row in rows])
    handles: list[Any] = [Line2D([], [], color=INK, linewidth=1.5, label="sold")]
    for level, colour in ((95, "#d6e6f2"), (80, "#9cc3e0")):
        low, high = ([row[f"{end}{level}"] for row in rows] for end in ("lo", "hi"))
        if None not in low:
            chart.fill_between(ahead, low, high, color=colour, linewidth=0, zorder=1)
            handles.append(Patch(color=colour, label=f"{level} % of days"))
    chart.plot(before, [value for _, value in shown], color=INK, linewidth=1.2, zorder=3)
    chart.plot(ahead, [row["yhat"] for row in rows], color=COLOURS[0], linewidth=2.2, zorder=4)
    handles.insert(1, Line2D([], [], color=COLOURS[0], linewidth=2.2, label="expected"))
    chart.axvline(0, color=QUIET, linewidth=1, linestyle=":")
    _label(chart, f"days from {first.isoformat()}", name)
    chart.set_ylim(bottom=min(0.0, chart.get_ylim()[0]))
    sheet.explain("Lines and bands", handles, 1.0)
    return sheet.file("svg")


def draw_profile(segmentation: str, rows: Sequence[Row], name_of: Mapping[str, str]) -> bytes:
    """Return the picture of segments by feature: how far each lies from all customers.

    Of interests only what they buy is shown. ``name_of``: the name of each segment_id, as an
    analyst reads it.
    """
    bought = [row for row in rows if row["feature"].startswith(SHARE_OF_LINES)]
    rows = bought or rows
    sizes = {row["segment_id"]: row["n_customers"] for row in rows}
    segments = sorted(sizes, key=lambda one: (-sizes[one], one))[:SEGMENTS_AT_MOST]
    value = {(row["segment_id"], row["feature"]): row["z_vs_all"] for row in rows}
    features = _most_telling({row["feature"] for row in rows}, value)
    grid = np.array([[value.get((s, f)) or 0.0 for f in features] for s in segments])
    sheet, chart = _chart(
        f"Segments ({segmentation}) beside all customers",
        ("Share of order lines. " if bought else "")
        + "Purple: more than the average customer; orange: less; in standard deviations",
    )
    chart.set_position((0.24, 0.24, 0.70, 0.60))
    sheet.column.set_visible(False)
    chart.grid(visible=False)
    chart.imshow(np.clip(grid, -2, 2), cmap="PuOr", vmin=-2, vmax=2, aspect="auto")
    for (y, x), z in np.ndenumerate(grid):
        colour = "#ffffff" if abs(z) > 1.1 else INK  # noqa: PLR2004 (dark cell)
        chart.text(
            x,
            y,
            f"{round(z, 1) + 0.0:+.1f}",
            fontproperties=font(9),
            ha="center",
            va="center",
            color=colour,
        )
    names = [f"{shorter(name_of[one], 26)} ({sizes[one]:,})" for one in segments]
    chart.set_yticks(range(len(segments)), names, fontproperties=font(10))
    words = [shorter(one.removeprefix(SHARE_OF_LINES).replace("_", " ").lower(), 22)
             for one in features]  # fmt: skip
    chart.set_xticks(range(len(features)), words, fontproperties=font(10), rotation=30, ha="right")
    return sheet.file("svg")


def _most_telling(features: set[str], value: Mapping[tuple[str, str], float | None]) -> list[str]:
    """Return the features in which segments lie furthest apart, by name."""
    apart = {name: max((abs(z or 0.0) for (_, own), z in value.items() if own == name), default=0.0)
             for name in features}  # fmt: skip
    kept = sorted(features, key=lambda name: (-round(apart[name], 6), name))[:FEATURES_AT_MOST]
    return sorted(kept)


def _told(model_version: str) -> tuple[str, str]:
    """Return target and family of a version."""
    *target, family, _ = model_version.split(":")
    return ":".join(target), family


def _chart(title: str, subtitle: str) -> tuple[Sheet, Axes]:
    """Return a sheet whose drawing area has axes."""
    sheet = Sheet(title, subtitle)
    chart = sheet.area
    chart.set_axis_on()
    chart.set_aspect("auto")
    chart.set_position(CHART)
    _plain(chart)
    return sheet, chart


def _plain(chart: Axes) -> None:
    """Give axes a pale grid and no frame."""
    chart.grid(color=PALE, linewidth=0.8)
    chart.set_axisbelow(True)
    for side in ("top", "right"):
        chart.spines[side].set_visible(False)


def _label(chart: Axes, across: str, up: str) -> None:
    chart.set_xlabel(across, fontproperties=font(11), color=INK)
    chart.set_ylabel(up, fontproperties=font(11), color=INK)
    chart.yaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    chart.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    for tick in (*chart.get_xticklabels(), *chart.get_yticklabels()):
        tick.set_fontproperties(font(9.5))

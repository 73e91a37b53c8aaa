"""The performance goals of the graph, as data, and whether results meet them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass
class Result:
    """One operation of one library at one size; without costs, why there are none."""

    size: str
    library: str
    operation: str
    costs: dict[str, float] = field(default_factory=dict)
    found: dict[str, Any] = field(default_factory=dict)
    accuracy: str = ""
    why_not: str = ""

    @property
    def total_s(self) -> float:
        """CPU seconds of the operation alone."""
        return self.costs.get("cpu_s", math.nan)

    @property
    def with_load_s(self) -> float:
        """CPU seconds of the operation and of loading."""
        return self.total_s + self.costs["load_s"]


@dataclass(frozen=True)
class Goal:
    """A figure from the results named, each by size, library and operation, and its limit."""

    words: str
    needs: tuple[tuple[str, str, str], ...]
    figure: Callable[..., float]
    limit: float
    is_least: bool = False


def _seconds(one: Result) -> float:
    return one.total_s


def _memory(one: Result) -> float:
    return one.costs["peak_mib"]


def _faster(own: Result, other: Result) -> float:
    return other.total_s / own.total_s


def _faster_with_load(own: Result, other: Result) -> float:
    return other.with_load_s / own.with_load_s


def _modularity_lost(own: Result, other: Result) -> float:
    return float(other.found["modularity"] - own.found["modularity"])


def _over_floor(own: Result) -> float:
    return float(own.found["round_s"] / own.found["floor_s"])


def _both(size: str, other: str, operation: str) -> tuple[tuple[str, str, str], ...]:
    return (size, "guanxi", operation), (size, other, operation)


def _ours(size: str, operation: str) -> tuple[tuple[str, str, str], ...]:
    return ((size, "guanxi", operation),)


def _projection_goals(size: str) -> tuple[Goal, ...]:
    sql = (size, "guanxi", "projection"), (size, "guanxi", "projection_sql")
    peer = _both(size, "sparse_dot_topn", "projection")
    return (
        Goal(f"projection, {size}: times faster than SQL", sql, _faster, 25, True),
        Goal(f"projection, {size}: times faster than sparse_dot_topn", peer, _faster, 1, True),
        Goal(f"projection, {size}: MiB of the process", _ours(size, "projection"), _memory, 250),
    )


GOALS = (
    Goal("load and basics at 1M: times faster than networkx", _both("1M", "networkx", "basics"),
         _faster_with_load, 50, True),
    Goal("whole stage at 1M: CPU s", _ours("1M", "stage"), _seconds, 10),
    Goal("whole stage at 1M: MiB", _ours("1M", "stage"), _memory, 1024),
    Goal("whole stage at 1M: times faster than igraph, which does less",
         _both("1M", "igraph", "stage"), _faster_with_load, 1.5, True),
    Goal("the stage's operations that igraph has too, at 1M: times faster than igraph",
         (("1M", "guanxi", "stage_without_paths"), ("1M", "igraph", "stage")),
         _faster_with_load, 1.5, True),
    *(goal for size in ("1M", "10M") for goal in (
        Goal(f"Leiden at {size}: times faster than igraph", _both(size, "igraph", "leiden"),
             _faster, 1, True),
        Goal(f"Leiden at {size}: modularity below igraph's", _both(size, "igraph", "leiden"),
             _modularity_lost, 0.002),
        Goal(f"PageRank iteration at {size}: times the gather", _ours(size, "pagerank_round"),
             _over_floor, 2),
    )),
    Goal("Leiden at 10M: CPU s", _ours("10M", "leiden"), _seconds, 20),
    Goal("whole stage at 10M: CPU s", _ours("10M", "stage"), _seconds, 300),
    Goal("whole stage at 10M: MiB", _ours("10M", "stage"), _memory, 3072),
    Goal("whole stage at 20M: CPU s", _ours("20M", "stage"), _seconds, 600),
    *_projection_goals("baskets small"),
    *_projection_goals("baskets large"),
)  # fmt: skip


def judge_goals(results: Sequence[Result], goals: Sequence[Goal] = GOALS) -> list[str]:
    """Return one line per goal whose figures were measured."""
    by = {(one.size, one.library, one.operation): one for one in results if one.costs}
    lines = []
    for goal in goals:
        if all(name in by for name in goal.needs):
            value = goal.figure(*(by[name] for name in goal.needs))
            holds = value >= goal.limit if goal.is_least else value <= goal.limit
            side = "at least" if goal.is_least else "at most"
            verdict = "holds " if holds else "MISSED"
            lines.append(f"{verdict} {goal.words}: {value:,.3g} (goal: {side} {goal.limit:g})")
    return lines

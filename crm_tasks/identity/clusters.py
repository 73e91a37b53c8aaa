"""From probable pairs to persons: no cluster holds what one person cannot be.

Linking every probable pair and taking what hangs together lets one wrong pair melt two persons, and
a son's record without birth date tie him to his father. Here pairs are taken up from the surest
down, and a pair joins two clusters only if

- no two records of them have different government or loyalty ids, and no person decided that two
  of them are different;
- its evidence outweighs what name and birth date of any two records of them say against it;
- neither cluster could as well join a third one that contradicts the other.

The result depends on the records that hang together and on nothing else, so that a new record
changes only what it touches.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from crm_tasks.identity.comparisons import comparison_of, level_sql
from crm_tasks.identity.score import log_odds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pyarrow as pa

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.identity.model import IdentityModel
    from crm_tasks.identity.params import IdentityParams

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Pair = tuple[int, int]

#: Two records are one pair, whose score says it all; three and more can contradict each other.
SMALLEST_CONTRADICTORY = 3


@dataclass(frozen=True)
class Edges:
    """Pairs that may be linked.

    Parameters
    ----------
    left, right : array of int
        Records by number, in the order of their founding; ``left`` is the older.
    weight : array of float
        Match weight in bits; shared keys and a person's decision weigh more than any fields.
    is_decided : array of bool
        Whether a person decided that both are the same.
    """

    left: Ints
    right: Ints
    weight: Floats
    is_decided: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.left)

    def taken(self, which: npt.NDArray[np.bool_] | Ints) -> Edges:
        """Return some of the pairs."""
        return Edges(
            self.left[which], self.right[which], self.weight[which], self.is_decided[which]
        )


@dataclass(frozen=True)
class Barriers:
    """What keeps records apart.

    Parameters
    ----------
    hard_ids : mapping of int to tuple of str or None
        By record: its government and loyalty id; two different ones are two persons.
    apart : set of pair
        Pairs a person decided are different, the smaller number first.
    against : mapping of pair to float
        What name and birth date say against a pair, in bits below 0.
    """

    hard_ids: Mapping[int, tuple[str | None, ...]] = field(default_factory=dict)
    apart: frozenset[Pair] = frozenset()
    against: Mapping[Pair, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Clusters:
    """Who is who: per record its cluster, named by the oldest record; and why pairs stay apart."""

    label: Ints
    refused: Mapping[Pair, str]


def components(left: Ints, right: Ints, n: int) -> Ints:
    """Return, per record, the smallest record of its connected component.

    >>> components(np.array([0, 3]), np.array([2, 4]), 5).tolist()
    [0, 1, 0, 3, 3]
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(left), dtype=np.int8)
    _, label = connected_components(coo_matrix((ones, (left, right)), (n, n)), directed=False)
    smallest = np.full(label.max(initial=-1) + 1, n, dtype=np.int64)
    np.minimum.at(smallest, label, np.arange(n))
    return np.asarray(smallest[label])


def cluster(edges: Edges, barriers: Barriers, params: IdentityParams, n: int) -> Clusters:
    """Return the clusters of ``n`` records.

    Parameters
    ----------
    edges : Edges
        Pairs at least as probable as the threshold to be linked, shared keys and decisions.
    barriers : Barriers
        What keeps records apart.
    """
    label = components(edges.left, edges.right, n)
    doubtful = _doubtful(label, barriers)
    is_doubtful = np.isin(label[edges.left], np.array(sorted(doubtful), dtype=np.int64))
    refused: dict[Pair, str] = {}
    grouped: dict[int, list[tuple[float, int, int, bool]]] = defaultdict(list)
    chosen = edges.taken(is_doubtful)
    for left, right, weight, decided in zip(
        chosen.left.tolist(), chosen.right.tolist(), chosen.weight.tolist(),
        chosen.is_decided.tolist(), strict=True,
    ):  # fmt: skip
        grouped[int(label[left])].append((weight, left, right, decided))
    result = label.copy()
    for pairs in grouped.values():
        work = _Agglomeration(barriers, params, pairs)
        work.run()
        refused |= work.refused
        for record, smallest in work.labels().items():
            result[record] = smallest
    return Clusters(result, refused)


def _doubtful(label: Ints, barriers: Barriers) -> set[int]:
    """Return the components in which something is said against some pair."""
    pairs = [*barriers.apart, *barriers.against]
    found = {int(label[a]) for a, b in pairs if label[a] == label[b]}
    seen: dict[tuple[int, int], set[str]] = defaultdict(set)
    for record, ids in barriers.hard_ids.items():
        for kind, value in enumerate(ids):
            if value is not None:
                seen[int(label[record]), kind].add(value)
    return found | {component for (component, _), values in seen.items() if len(values) > 1}


class _Agglomeration:
    """One component with contradictions, put together from its surest pair down."""

    def __init__(
        self,
        barriers: Barriers,
        params: IdentityParams,
        pairs: Sequence[tuple[float, int, int, bool]],
    ) -> None:
        self._barriers = barriers
        self._least = log_odds(params.auto_threshold)
        self._margin = params.ambiguity_bits
        self._pairs = sorted(pairs, key=lambda pair: (not pair[3], -pair[0], pair[1], pair[2]))
        self._members: dict[int, set[int]] = {}
        self._neighbours: dict[int, list[tuple[int, float]]] = defaultdict(list)
        self._home: dict[int, int] = {}
        self.refused: dict[Pair, str] = {}
        for weight, left, right, _ in pairs:
            self._neighbours[left].append((right, weight))
            self._neighbours[right].append((left, weight))
            for record in (left, right):
                self._home[record] = record
                self._members[record] = {record}

    def run(self) -> None:
        """Take the pairs up one by one."""
        for weight, left, right, decided in self._pairs:
            one, other = self._home[left], self._home[right]
            if one == other:
                continue
            why = self._objection(one, other, weight, (left, right), decided=decided)
            if why is None and not decided and self._is_ambiguous(one, other, weight):
                why = "ambiguous"
            if why is not None:
                self.refused[left, right] = why
                continue
            self._merge(one, other)

    def labels(self) -> dict[int, int]:
        """Return, per record, the oldest record of its cluster."""
        oldest = {home: min(members) for home, members in self._members.items()}
        return {record: oldest[home] for record, home in self._home.items()}

    def _merge(self, one: int, other: int) -> None:
        if len(self._members[one]) < len(self._members[other]):
            one, other = other, one
        for record in self._members[other]:
            self._home[record] = one
        self._members[one] |= self._members.pop(other)

    def _objection(
        self, one: int, other: int, weight: float, pair: Pair, *, decided: bool = False
    ) -> str | None:
        """Return why two clusters may not become one by a pair of that weight, or None."""
        for a in self._members[one]:
            for b in self._members[other]:
                cross = (a, b) if a < b else (b, a)
                if self._have_different_ids(a, b):
                    return "different_ids"
                if cross in self._barriers.apart:
                    return "decided_different"
                against = self._barriers.against.get(cross, 0.0)
                if cross != pair and not decided and weight + against < self._least:
                    return "contradiction"
        return None

    def _have_different_ids(self, a: int, b: int) -> bool:
        none: tuple[str | None, ...] = ()
        ours, theirs = (self._barriers.hard_ids.get(record, none) for record in (a, b))
        return any(
            x is not None and y is not None and x != y for x, y in zip(ours, theirs, strict=False)
        )

    def _is_ambiguous(self, one: int, other: int, weight: float) -> bool:
        return any(
            self._could_go_elsewhere(mover, target, weight)
            for mover, target in ((one, other), (other, one))
        )

    def _could_go_elsewhere(self, mover: int, target: int, weight: float) -> bool:
        """Return whether a cluster fits a third one, which contradicts the target, as well."""
        for record in self._members[mover]:
            for neighbour, other_weight in self._neighbours[record]:
                third = self._home[neighbour]
                if third in (mover, target) or other_weight < weight - self._margin:
                    continue
                weaker = min(weight, other_weight)
                if (
                    self._objection(third, target, weaker, (-1, -1)) is not None
                    and self._objection(third, mover, other_weight, (-1, -1)) is None
                ):
                    return True
        return False


def said_against(
    scratch: Scratch, model: IdentityModel, label: Ints, which: Iterable[int] | None = None
) -> dict[Pair, float]:
    """Return what name and birth date say against each pair of records that hang together.

    Parameters
    ----------
    label : array of int
        Component of each record (:func:`components`).
    which : iterable of int, optional
        Only these components; all where left out.
    """
    counted = np.bincount(label, minlength=len(label))
    chosen = counted[label] >= SMALLEST_CONTRADICTORY
    if which is not None:
        chosen &= np.isin(label, np.array(sorted(which), dtype=np.int64))
    records = np.flatnonzero(chosen)
    import pyarrow as pa

    members = pa.table({"record": records, "component": label[records]})
    scratch.register("members", members)
    levels = ", ".join(f"{level_sql(comparison_of(name))} as {name}" for name in ("name", "birth"))
    rows = scratch.query(
        f"select a.record as x, b.record as y, {levels} from members as a "  # noqa: S608
        "inner join members as b on a.component = b.component and a.record < b.record "
        "inner join records as l on l.record = a.record "
        "inner join records as r on r.record = b.record"
    )
    total = _bits_against(rows, "name", model) + _bits_against(rows, "birth", model)
    contradicts = total < 0
    left, right = (rows[name].to_numpy()[contradicts].tolist() for name in ("x", "y"))
    return dict(zip(zip(left, right, strict=True), total[contradicts].tolist(), strict=True))


def _bits_against(rows: pa.Table, name: str, model: IdentityModel) -> Floats:
    weights = np.round(np.minimum(np.array(model.weights(name)), 0.0), 6)
    level = rows[name].fill_null(-1).to_numpy().astype(np.int64)
    return np.where(level >= 0, weights[np.where(level >= 0, level, 0)], 0.0)

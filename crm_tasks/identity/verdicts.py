"""What becomes of scored pairs: which are linked, which wait, which are refused, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.identity.clusters import (
    Barriers,
    Clusters,
    Edges,
    cluster,
    components,
    said_against,
)
from crm_tasks.identity.inputs import hard_ids, places_of
from crm_tasks.identity.score import KEY_KINDS, log_odds

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.identity.inputs import Decision, Inputs
    from crm_tasks.identity.model import IdentityModel
    from crm_tasks.identity.params import IdentityParams

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

Pair = tuple[int, int]

#: A shared key links two records unless name and birth date both speak against it so much.
KEY_CONTRADICTION_BITS = 12.0
DECIDED_BITS = 1_000.0


@dataclass(frozen=True)
class Verdicts:
    """Who is who, and what became of each pair.

    Parameters
    ----------
    label : array of int
        The cluster of each record at the shipped threshold, named by its oldest record.
    labels : dict of float to array of int
        The same at each threshold that counts are published for.
    decisions, reasons : list of str
        Per pair: auto, review, manual or blocked; and why.
    is_linked : array of bool
        Per pair: whether both records are one customer's.
    """

    label: Ints
    labels: dict[float, Ints]
    decisions: list[str]
    reasons: list[str]
    is_linked: Flags


@dataclass(frozen=True)
class _Pairs:
    left: Ints
    right: Ints
    probability: Floats
    weight: Floats
    is_key: Flags
    contradicted: Flags
    unproven: Flags


def judge_pairs(
    scratch: Scratch,
    inputs: Inputs,
    params: IdentityParams,
    model: IdentityModel,
    pairs: pa.Table,
    reasons: pa.Table,
) -> Verdicts:
    """Return who is who by the scored pairs, shared keys and people's decisions.

    Parameters
    ----------
    scratch : Scratch
        Engine that holds the comparable table as ``records``.
    pairs, reasons : pyarrow.Table
        Scored pairs by the records' names, and what each field says for them.
    """
    keys = inputs.records["record_key"].combine_chunks()
    known = _known_pairs(inputs, params, keys, pairs, reasons)
    same, apart = decided_pairs(inputs.decisions, keys)
    hard = hard_ids(inputs.described)
    n = inputs.records.num_rows
    labels: dict[float, Ints] = {}
    refused: dict[Pair, str] = {}
    for threshold in sorted({*params.interval_thresholds, params.auto_threshold}):
        edges = _edges(known, threshold, same)
        label = components(edges.left, edges.right, n)
        said = said_against(scratch, model, label)
        own = replace(params, auto_threshold=threshold)
        done: Clusters = cluster(edges, Barriers(hard, apart, said), own, n)
        labels[threshold] = done.label
        if threshold == params.auto_threshold:
            refused = dict(done.refused)
    label = labels[params.auto_threshold]
    is_linked = label[known.left] == label[known.right]
    became, why = _verdicts(known, is_linked, refused, (same, apart), params)
    return Verdicts(label, labels, became, why, is_linked)


def _known_pairs(
    inputs: Inputs, params: IdentityParams, keys: pa.Array, pairs: pa.Table, reasons: pa.Table
) -> _Pairs:
    a, b = (places_of(keys, pairs[name]) for name in ("record_l", "record_r"))
    left, right = np.minimum(a, b), np.maximum(a, b)
    weight = pairs["match_weight"].to_numpy()
    is_key = pc.is_in(pairs["match_key"], value_set=pa.array(KEY_KINDS)).to_numpy()
    against = _bits_of(reasons, pairs, ("name", "birth"), is_for=False)
    named = _bits_of(reasons, pairs, ("name",), is_for=True)
    is_shown = _are_shown_names(inputs.described, inputs.records.num_rows)
    unproven = ~is_key & is_shown[left] & is_shown[right]
    return _Pairs(
        left=left,
        right=right,
        probability=pairs["match_probability"].to_numpy(),
        weight=weight,
        is_key=is_key,
        contradicted=is_key & (against <= -KEY_CONTRADICTION_BITS),
        unproven=unproven & (weight - named < log_odds(params.auto_threshold)),
    )


def decided_pairs(
    decisions: Sequence[Decision], keys: pa.Array
) -> tuple[set[Pair], frozenset[Pair]]:
    """Return the pairs decided to be the same, and different; of one pair the last word holds."""
    latest: dict[tuple[int, int], str] = {}
    for decision in decisions:
        names = pa.array([decision.record_l, decision.record_r])
        a, b = places_of(keys, names).tolist()
        if min(a, b) >= 0:
            latest[min(a, b), max(a, b)] = decision.decision
    same = {pair for pair, decided in latest.items() if decided == "same"}
    return same, frozenset(pair for pair, decided in latest.items() if decided == "different")


def _edges(known: _Pairs, threshold: float, same: set[Pair]) -> Edges:
    """Return the pairs that may be linked at a threshold, people's decisions among them."""
    chosen = (known.probability >= threshold) & ~known.contradicted & ~known.unproven
    left, right, weight = known.left[chosen], known.right[chosen], known.weight[chosen]
    pairs = zip(left.tolist(), right.tolist(), strict=True)
    is_new = np.array([pair not in same for pair in pairs], dtype=bool)
    decided = np.array(sorted(same), dtype=np.int64).reshape(-1, 2)
    n_new, n_decided = int(is_new.sum()), len(decided)
    return Edges(
        np.concatenate([left[is_new], decided[:, 0]]),
        np.concatenate([right[is_new], decided[:, 1]]),
        np.concatenate([weight[is_new], np.full(n_decided, DECIDED_BITS)]),
        np.concatenate([np.zeros(n_new, dtype=bool), np.ones(n_decided, dtype=bool)]),
    )


def _bits_of(
    reasons: pa.Table, pairs: pa.Table, fields: tuple[str, ...], *, is_for: bool
) -> npt.NDArray[np.float64]:
    """Return what some fields say for, or against, each pair."""
    said = reasons.filter(pc.is_in(reasons["field"], value_set=pa.array(fields)))
    said = said.filter((pc.greater if is_for else pc.less)(said["weight"], 0.0))
    mark = pc.binary_join_element_wise(pairs["record_l"], pairs["record_r"], "\x1f")
    own = pc.binary_join_element_wise(said["record_l"], said["record_r"], "\x1f")
    place = places_of(mark.combine_chunks(), own)
    total: Floats = np.zeros(pairs.num_rows)
    np.add.at(total, place[place >= 0], said["weight"].to_numpy()[place >= 0])
    return np.asarray(np.round(total, 6), dtype=np.float64)


def _are_shown_names(described: pa.Table, n: int) -> npt.NDArray[np.bool_]:
    """Return which records bear nothing but a name their owner chose to show."""
    has_name = pc.or_(
        pc.is_valid(described["full_name"]),
        pc.or_(pc.is_valid(described["given_name"]), pc.is_valid(described["family_name"])),
    )
    is_shown = pc.and_(pc.is_valid(described["display_name"]), pc.invert(has_name))
    found = np.zeros(n, dtype=bool)
    found[described["record"].to_numpy()] = is_shown.to_numpy()
    return found


def _verdicts(
    known: _Pairs,
    is_linked: Flags,
    refused: dict[Pair, str],
    decided: tuple[set[Pair], frozenset[Pair]],
    params: IdentityParams,
) -> tuple[list[str], list[str]]:
    """Return what became of each pair (auto, review, manual, blocked) and why."""
    same, apart = decided
    became, why = [], []
    for place, pair in enumerate(zip(known.left.tolist(), known.right.tolist(), strict=True)):
        if pair in same or pair in apart:
            verdict = ("manual", f"decided_{'same' if pair in same else 'different'}")
        elif is_linked[place]:
            verdict = ("auto", "shared_key" if known.is_key[place] else "probable")
        elif known.contradicted[place]:
            verdict = ("blocked", "contradiction")
        elif known.unproven[place]:
            verdict = ("review", "display_name_only")
        elif known.probability[place] < params.auto_threshold:
            verdict = ("review", "below_auto")
        else:
            reason = refused.get(pair, "contradiction")
            verdict = ("review" if reason == "ambiguous" else "blocked", reason)
        became.append(verdict[0])
        why.append(verdict[1])
    return became, why

"""Small layers and random ones, written by what matters."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from crm_tasks.graph.engine import Network

NO_TIES = pa.table(
    {
        "src_id": pa.array([], pa.string()),
        "dst_id": pa.array([], pa.string()),
        "strength": pa.array([], pa.float64()),
    }
)


def ties(*rows: tuple[str, str, float]) -> pa.Table:
    """Return ties of (source, target, strength)."""
    if not rows:
        return NO_TIES
    src, dst, strength = zip(*rows, strict=True)
    return pa.table({"src_id": list(src), "dst_id": list(dst), "strength": list(strength)})


def network(nodes: str, *rows: tuple[str, str, float], is_directed: bool = False) -> Network:
    """Return a network whose nodes are the letters of ``nodes``."""
    ids = pa.chunked_array([pa.array(list(nodes), pa.string())])
    return Network.from_ties(ids, ties(*rows), is_directed=is_directed)


def random_network(seed: int, *, is_directed: bool = False) -> Network:
    """Return a seeded random network of 0 to 40 nodes, empty for seed 0, sparse or dense.

    Every third seed draws strengths from a few values so that many shortest paths are equal.
    """
    random = np.random.default_rng(seed)
    n = seed if seed < 4 else int(random.integers(4, 41))
    ids = [f"n{i:02}" for i in range(n)]
    chance = random.choice([0.0, 0.03, 0.1, 0.4])
    pairs = [
        (a, b)
        for a in range(n)
        for b in range(n)
        if (a < b or (is_directed and a != b)) and random.random() < chance
    ]
    few = np.array([0.25, 0.5, 1.0])
    drawn = random.choice(few, len(pairs)) if seed % 3 == 0 else 1.0 - random.random(len(pairs))
    rows = [(ids[a], ids[b], float(s)) for (a, b), s in zip(pairs, drawn, strict=True)]
    nodes = pa.chunked_array([pa.array(ids, pa.string())])
    return Network.from_ties(nodes, ties(*rows), is_directed=is_directed)

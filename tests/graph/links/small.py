"""Layers for link prediction, small enough to count by hand or large enough to learn from."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pyarrow as pa

from crm_tasks.graph.engine import Network
from crm_tasks.graph.links.params import LinkParams
from crm_tasks.graph.links.periods import Period

PARAMS = replace(LinkParams(), dimensions=8, resamples=50, pairs_at_most=8_000)
DAY = dt.date(2024, 1, 1)


def circles(seed: int, *, n: int = 240, size: int = 20, closing: float = 0.5) -> list[Period]:
    """Return two periods in a row of a network of circles that close.

    Everybody knows a fifth of their circle and some strangers; in each period a share ``closing``
    of one further fifth of each circle's pairs become tied. ``closing=0``: as many ties come, but
    between anybody.
    """
    random = np.random.default_rng(seed)
    pairs = np.array([(a, b) for a in range(n) for b in range(a + 1, n)])
    inside = pairs[:, 0] // size == pairs[:, 1] // size
    fifth = random.integers(0, 5, len(pairs))
    known = np.where(inside, fifth == 0, random.random(len(pairs)) < 0.004)
    states = [known]
    for turn in (1, 2):
        coming = inside & (fifth == turn) & (random.random(len(pairs)) < closing)
        if not closing:
            coming = ~known & (random.random(len(pairs)) < 0.01)
        known = known | coming
        states.append(known)
    layers = [layer(n, pairs[state]) for state in states]
    dates = [DAY + dt.timedelta(days=90 * turn) for turn in range(3)]
    return [Period(dates[turn], dates[turn + 1], layers[turn], layers[turn + 1]) for turn in (0, 1)]


def layer(n: int, pairs: np.ndarray) -> Network:
    ids = pa.array([f"c{number:03}" for number in range(n)])
    strengths = np.full(len(pairs), 0.5)
    return Network.from_numbers(ids, pairs[:, 0], pairs[:, 1], strengths, is_directed=False)

"""What the graph benchmark runs on: seeded graphs with heavy-tailed degrees, and baskets.

Imports NumPy only, so that the environment of the peers can read it, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

Arrays = dict[str, np.ndarray]


def power_law(
    n: int, m: int, seed: int, *, is_directed: bool = False, exponent: float = 2.5
) -> Arrays:
    """Return ``n`` and ``m`` ties (source, target, strength) whose degrees have a heavy tail.

    Ends are drawn in proportion to Pareto weights, of at most 3 sqrt(n) times the least (Chung and
    Lu 2002), half of the ties among a thousand neighbours of like number, so that there are
    communities to find. No loops, no tie twice; strengths are uniform in (0, 1], to six decimals.
    """
    random = np.random.default_rng(seed)
    weight = np.minimum(random.random(n) ** (-1 / (exponent - 1)), 3 * n**0.5)
    total = np.cumsum(weight) / weight.sum()
    drawn = int(1.6 * m) + 10
    source = np.minimum(np.searchsorted(total, random.random(drawn)), n - 1)
    far = np.minimum(np.searchsorted(total, random.random(drawn)), n - 1)
    block = min(1000, max(n // 10, 1))
    near = np.minimum(source // block * block + random.integers(0, block, drawn), n - 1)
    target = np.where(random.random(drawn) < 0.5, near, far)
    if not is_directed:
        source, target = np.minimum(source, target), np.maximum(source, target)
    keys = np.unique(source * n + target)
    keys = keys[keys // n != keys % n]
    keys = np.sort(keys[random.permutation(len(keys))[:m]])
    strength = np.maximum(np.round(random.random(len(keys)), 6), 1e-6)
    return {"n": np.array(n), "source": keys // n, "target": keys % n, "strength": strength}


def baskets(n_customers: int, n_products: int, n_purchases: int, seed: int) -> Arrays:
    """Return who bought what: pairs, sorted; products by a heavy tail, none by more than 500."""
    random = np.random.default_rng(seed)
    popularity = 1.0 / np.arange(1, n_products + 1) ** 0.6
    total = np.cumsum(popularity) / popularity.sum()
    product = np.minimum(np.searchsorted(total, random.random(n_purchases)), n_products - 1)
    customer = random.integers(0, n_customers, n_purchases)
    keys = np.unique(customer * n_products + product)
    buyers = np.bincount(keys % n_products, minlength=n_products)
    keys = keys[buyers[keys % n_products] <= 500]
    return {
        "n_customers": np.array(n_customers),
        "n_products": np.array(n_products),
        "customer": keys // n_products,
        "product": keys % n_products,
    }


def save(path: Path, arrays: Arrays) -> Path:
    """Write arrays to a file that :func:`load` reads."""
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path


def load(path: Path) -> Arrays:
    """Return the arrays of a file."""
    with np.load(path) as found:
        return dict(found)

"""How sure a rule is: exact tests, and the share of false ones among those called sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import hypergeom, norm

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]


def fisher_p(n_both: Ints, n_first: Ints, n_then: Ints, n: int | Ints) -> Floats:
    """Return one-sided p-values of Fisher's exact test: as often together, or oftener, by chance.

    Parameters
    ----------
    n_both, n_first, n_then : array
        Baskets with both sides of a rule, with its antecedent, with its consequent.
    n : int
        All baskets.
    """
    return np.asarray(hypergeom.sf(n_both - 1, n, n_first, n_then), dtype=np.float64)


def stratified_p(n_both: Floats, expected: Floats, variance: Floats) -> Floats:
    """Return one-sided p-values of the Mantel-Haenszel test over customers.

    Source: Mantel & Haenszel (1959), with its correction of a half; ``expected`` and ``variance``
    are sums over customers, so that what a customer often buys anyway explains nothing.
    """
    spread = np.sqrt(np.maximum(variance, 0.0))
    z = np.divide(n_both - expected - 0.5, spread, out=np.zeros(len(spread)), where=spread > 0)
    return np.where(spread > 0, norm.sf(z), 1.0)


def q_values(p: Floats, n_tests: float) -> Floats:
    """Return Benjamini-Hochberg q-values of p-values, the smallest of ``n_tests``.

    Tests that nobody wrote down count as well: they are taken to have failed.

    Source: Benjamini & Hochberg (1995), https://doi.org/10.1111/j.2517-6161.1995.tb02031.x

    >>> q_values(np.array([0.01, 0.04, 0.03]), 3).round(3).tolist()
    [0.03, 0.04, 0.04]
    >>> q_values(np.array([0.01, 0.04, 0.03]), 30).round(3).tolist()
    [0.3, 0.4, 0.4]
    """
    if not len(p):
        return p
    order = np.argsort(-p, kind="stable")
    rank = np.arange(len(p), 0, -1)
    smallest = np.minimum.accumulate(p[order] * max(n_tests, len(p)) / rank)
    found = np.empty(len(p))
    found[order] = np.minimum(smallest, 1.0)
    return found

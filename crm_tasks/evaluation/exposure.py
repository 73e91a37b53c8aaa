"""How much of each customer's company was treated, and how many ties lead out of a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    import numpy.typing as npt

    from crm_tasks.evaluation.design import Flags
    from crm_tasks.graph.engine.network import Floats, Ints

CLASSES = ("control_alone", "control_exposed", "treated_alone", "treated_exposed")


@dataclass(frozen=True, eq=False)
class Company:
    """Who is tied to whom with what strength: each row of ``shares`` adds up to 1, or to 0."""

    shares: sp.csr_matrix
    strength: Floats
    a: Ints
    b: Ints

    @classmethod
    def of(cls, a: Ints, b: Ints, strength: Floats, n: int) -> Company:
        """Return the company of ``n`` customers from undirected ties, each given once."""
        both = np.concatenate((strength, strength))
        ends = (np.concatenate((a, b)), np.concatenate((b, a)))
        ties = sp.csr_matrix((both, ends), shape=(n, n))
        total = np.asarray(ties.sum(axis=1)).ravel()
        scale = np.divide(1.0, total, out=np.zeros(n), where=total > 0)
        return cls(sp.csr_matrix(sp.diags(scale) @ ties), strength, a, b)

    def share(self, is_marked: Flags) -> Floats:
        """Return the share of each customer's tie strength that leads to marked customers."""
        return np.asarray(self.shares @ is_marked.astype(np.float64))

    def cut_share(self, cluster: Ints) -> float:
        """Return the share of all tie strength that crosses clusters; 0 without ties.

        What crosses, a cluster design cannot keep apart: its contrast is too small by about this.
        Customers with a cluster below 0 take no part, nor do their ties.
        """
        a, b = cluster[self.a], cluster[self.b]
        inside = (a >= 0) & (b >= 0)
        total = float(self.strength[inside].sum())
        crossing = inside & (a != b)
        return float(self.strength[crossing].sum()) / total if total else 0.0


def exposure_class(is_treated: Flags, treated_share: Floats) -> npt.NDArray[np.str_]:
    """Return each customer's class: treated or not, with treated company or without.

    >>> exposure_class(np.array([True, False]), np.array([0.0, 0.2])).tolist()
    ['treated_alone', 'control_exposed']
    """
    return np.array(CLASSES)[2 * is_treated.astype(np.int64) + (treated_share > 0)]

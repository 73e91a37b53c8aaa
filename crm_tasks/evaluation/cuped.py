"""Less noise from what is known of before (CUPED: Deng et al. 2013).

https://doi.org/10.1145/2433396.2433413
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from crm_tasks.graph.engine.network import Floats


def adjust(outcome: Floats, before: Floats) -> tuple[Floats, float]:
    """Return the outcome less what ``before`` tells of it, and variance after / variance before.

    The mean stays. Treatment must not be able to change ``before``. Where it does not vary, the
    outcome stays as it is, with the ratio 1.

    >>> adjusted, ratio = adjust(np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 4.0]))
    >>> adjusted.round(4).tolist(), round(ratio, 4)
    ([2.3333, 2.3333, 2.3333], 0.0)
    """
    centred = before - before.mean()
    spread, total = float(centred @ centred), float(np.var(outcome))
    if not spread > 0 or not total > 0:
        return outcome, 1.0
    slope = float(centred @ outcome) / spread
    adjusted = outcome - slope * centred
    return adjusted, float(np.var(adjusted)) / total

"""The canary: what knows the future is refused before it is learned from.

Two nets. A feature of an origin may not change when everything from the origin on is taken away:
whatever does, has looked ahead. And no single column may tell the answer all but perfectly: such a
column is the answer under another name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.errors import CrmError, listed
from crm_tasks.ml.judgement.measures import RocArea

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]


class FutureLeak(CrmError):
    """A column that would be learned from knows what was not known at its origin."""


def refuse_future(whole: Mapping[str, Floats], cut: Mapping[str, Floats], where: str) -> None:
    """Refuse columns that differ once the facts from the origin on are taken away.

    Parameters
    ----------
    whole, cut : mapping of str to ndarray
        The same features of the same cases, made from all facts and from those before the origin.

    Raises
    ------
    FutureLeak
        Names the columns.

    Examples
    --------
    >>> import numpy as np
    >>> before = {"orders": np.array([1.0, 2.0])}
    >>> refuse_future(before, before, "origin 2024-07-01")
    >>> after = {"orders": np.array([1.0, 3.0])}
    >>> refuse_future(after, before, "origin 2024-07-01")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    crm_tasks.ml.judgement.canary.FutureLeak: origin 2024-07-01: orders: made from facts that ...
    """
    leaking = [
        name
        for name, values in whole.items()
        if name not in cut or not np.array_equal(values, cut[name], equal_nan=True)
    ]
    if leaking:
        raise FutureLeak(
            f"{where}: {listed(leaking)}: made from facts that came later; cut its facts at the "
            "origin, or leave the column out"
        )


def refuse_oracles(
    names: Sequence[str], matrix: Floats, labels: Ints, oracle_auc: float, where: str
) -> None:
    """Refuse columns of which one alone tells the answer better than ``oracle_auc``.

    Raises
    ------
    FutureLeak
        Names the columns.
    """
    if len(np.unique(labels)) < 2:  # noqa: PLR2004 (nothing to tell apart)
        return
    once = np.ones((1, len(labels)))
    telling = []
    for place, name in enumerate(names):
        column = matrix[:, place]
        # Where a value is missing may tell as much as the value.
        told = np.where(np.isnan(column), np.nanmin(column, initial=0.0) - 1.0, column)
        area = float(RocArea(labels, told).at(once)[0])
        if max(area, 1 - area) > oracle_auc:
            telling.append(name)
    if telling:
        raise FutureLeak(
            f"{where}: {listed(telling)}: tells the answer by itself (AUC above {oracle_auc}), as "
            "only the answer under another name does; leave the column out"
        )

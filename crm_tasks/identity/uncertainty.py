"""What the counts would be if links had to be surer, or might be less sure.

A count of customers hangs on decisions that are only probable. The same measures at several
thresholds show by how much; where records are ambiguous the values lie far apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

DECIMALS = 6


def count_interval_rows(
    labels: Mapping[float, Ints],
    revenue: Mapping[int, int] | None,
    ties: tuple[Ints, Ints] | None,
    as_of: dt.date,
) -> pa.Table:
    """Return the rows of identity.count_intervals.

    Parameters
    ----------
    labels : mapping of float to array of int
        By threshold: the cluster of each record.
    revenue : mapping of int to int, optional
        By record: what it bought, in cents.
    ties : pair of arrays of int, optional
        Records that are tied to each other (a household, a stated tie).
    """
    measured: list[tuple[str, float, float]] = []
    for threshold, label in sorted(labels.items()):
        measured.append(("customers", threshold, float(len(np.unique(label)))))
        if revenue:
            measured.append(
                ("revenue_per_customer", threshold, _revenue_per_customer(label, revenue))
            )
        if ties is not None:
            measured.append(("degree", threshold, _mean_degree(label, *ties)))
    n = len(measured)
    return pa.table(
        {
            "measure": pa.array([row[0] for row in measured], pa.string()),
            "threshold": pa.array([row[1] for row in measured], pa.float64()),
            "value": pa.array([round(row[2], DECIMALS) for row in measured], pa.float64()),
            "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), n),
        }
    )


def _revenue_per_customer(label: Ints, revenue: Mapping[int, int]) -> float:
    """Return revenue by customer who bought, in currency: summed in cents, divided once."""
    buyers = {int(label[record]) for record in revenue}
    return sum(revenue.values()) / 100 / len(buyers)


def _mean_degree(label: Ints, left: Ints, right: Ints) -> float:
    """Return to how many others a customer is tied, on average over all customers."""
    a, b = label[left], label[right]
    pairs = np.stack([np.minimum(a, b), np.maximum(a, b)], axis=1)[a != b]
    return 2 * len(np.unique(pairs, axis=0)) / max(1, len(np.unique(label)))

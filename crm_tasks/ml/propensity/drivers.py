"""What goes with buying and leaving: logistic regression with bootstrap intervals.

Association, not cause: nobody drew lots who orders often. Customers are drawn, not cases. Features
that say nearly the same are left out, or their coefficients would share one effect at random. A
share or rate of few events is read by what lasts of it, or the best measured would seem the
strongest. Where a feature is not known of a case, the case tells nothing of it: that it is unknown
is held equal apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from crm_tasks.contracts.ml import DRIVERS
from crm_tasks.ml.propensity.candidates import signed_log
from crm_tasks.ml.propensity.credibility import Lasting, lasting
from crm_tasks.ml.propensity.panel import columns, usable_columns

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import numpy.typing as npt

    from crm_tasks.ml.propensity.panel import Panel
    from crm_tasks.ml.propensity.params import PropensityParams, Target

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Evidence = Mapping[str, tuple[Floats, Floats]]

#: Visits and complaints as rates of the time somebody was a customer, which is held equal itself:
#: a count grows with it, and who has left makes no more.
DRIVING = (
    "recency_days", "customer_age_days", "mean_gap_days", "n_orders_90d", "mean_order_amount",
    "discount_share", "return_share", "late_share", "visits_per_90d", "low_score_share",
    "complaints_per_90d", "n_open_issues", "n_contacts_90d", "n_redemptions_90d", "csat_last",
    "is_loyalty_member",
)  # fmt: skip
ASSOCIATION = "association"
CASES_AT_MOST = 150_000
#: So many standard errors from nothing is what lasts of a share or rate, or it is no driver.
CLEAR = 2.0


def driver_rows(
    target: Target, panel: Panel, evidence: Evidence, as_of: dt.date, params: PropensityParams
) -> list[dict[str, Any]]:
    """Return the rows of ml.drivers of one target, none where the answers are too few.

    Parameters
    ----------
    evidence : mapping of str to pair of (cases, 2) arrays
        What shares and rates rest on (:func:`crm_tasks.ml.propensity.evidence.evidence`).
    """
    few = int(min(panel.labels.sum(), len(panel) - panel.labels.sum()))
    kept = np.sort(np.argsort(panel.customers, kind="stable")[:CASES_AT_MOST])
    labels, customers = panel.labels[kept], panel.customers[kept]
    if few < params.judgement.positives_at_least or len(np.unique(labels)) < 2:  # noqa: PLR2004
        return []
    own = {name: (counted[kept], within[kept]) for name, (counted, within) in evidence.items()}
    measured = Measured.of(panel.matrix[kept], own, np.unique(customers, return_inverse=True)[1])
    if not measured.names:
        return []
    drawn = _coefficients(measured, labels, params)
    tail = (1 - params.judgement.level) / 2
    low, high = np.quantile(drawn[1:], [tail, 1 - tail], axis=0)
    weight = np.abs(drawn[0]) / max(np.abs(drawn[0]).sum(), np.finfo(float).tiny)
    return [
        {
            "target": target.name, "feature": name,
            "coefficient": round(float(drawn[0, k]), 6),
            "odds_ratio": round(float(np.exp(drawn[0, k])), 6),
            "ci_low": round(float(np.exp(low[k])), 6), "ci_high": round(float(np.exp(high[k])), 6),
            "importance": round(float(weight[k]), 6), "direction": _direction(low[k], high[k]),
            "reliability": measured.reliability(name), "is_causal": False, "label": ASSOCIATION,
            "n": int((~np.isnan(measured.values[name])).sum()), "as_of_date": as_of,
        }
        for k, name in enumerate(measured.names)
    ]  # fmt: skip


def driver_table(rows: list[dict[str, Any]]) -> pa.Table:
    """Return the rows of ml.drivers."""
    return pa.Table.from_pylist(rows, schema=DRIVERS.arrow_schema)


@dataclass(frozen=True, eq=False)
class Measured:
    """Driving features of cases, in standard deviations of those of whom they are known.

    Attributes
    ----------
    values : mapping of str to (n,) array
        By feature, NaN where unknown. Features that do not differ, or by chance alone, are not in.
    customers : (n,) array
        Whose cases they are, numbers from 0.
    """

    values: Mapping[str, Floats]
    evidence: Evidence
    customers: Ints
    lasting: Mapping[str, Lasting]

    @classmethod
    def of(cls, matrix: Floats, evidence: Evidence, customers: Ints) -> Measured:
        """Return the features of a matrix, shares and rates by what lasts of them."""
        usable = usable_columns(matrix)
        values: dict[str, Floats] = {}
        kept: dict[str, Lasting] = {}
        for name in DRIVING:
            if name in evidence:
                found = lasting(*evidence[name], customers, np.ones(len(matrix)))
                if found and found.signal > CLEAR:
                    kept[name], values[name] = found, found.values
            elif name in usable:
                values |= _standardised(name, columns(matrix, (name,))[:, 0])
        return cls(values, evidence, customers, kept)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.values)

    def reliability(self, name: str) -> float | None:
        """Return how far a share or rate tells what lasts, None for what is no such measure."""
        return round(self.lasting[name].reliability, 6) if name in self.lasting else None

    def drawn(self, times: Floats) -> dict[str, Floats]:
        """Return the values when cases count that often: what is chance is learned anew."""
        found = dict(self.values)
        for name in self.lasting:
            again = lasting(*self.evidence[name], self.customers, times)
            found[name] = again.values if again else np.zeros(len(times))
        return found

    @property
    def holes(self) -> Floats:
        """Which cases lack a feature, each pattern once, (n, patterns)."""
        missing = [np.isnan(column) for column in self.values.values()]
        patterns = {column.tobytes(): column for column in missing if column.any()}
        if not patterns:
            return np.empty((len(missing[0]), 0))
        return np.column_stack(list(patterns.values())).astype(np.float64)


def _standardised(name: str, column: Floats) -> dict[str, Floats]:
    logs = signed_log(column)
    deviation = float(np.nanstd(logs))
    return {name: (logs - np.nanmean(logs)) / deviation} if deviation > 0 else {}


def _coefficients(measured: Measured, labels: Ints, params: PropensityParams) -> Floats:
    """Return the coefficients as found (row 0) and of each resample of customers."""
    rng = np.random.default_rng(params.seed)
    n = int(measured.customers.max()) + 1
    found, holes = [], measured.holes
    # Each fit begins where the one before it ended: a step or two from its own answer.
    model = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-3, warm_start=True)
    with threadpool_limits(1):
        for number in range(params.driver_resamples + 1):
            drawn = np.ones(n) if not number else rng.multinomial(n, np.full(n, 1 / n))
            times = drawn[measured.customers].astype(np.float64)
            values = measured.drawn(times) if number else measured.values
            matrix = np.column_stack([np.nan_to_num(column) for column in values.values()])
            model.fit(np.hstack([matrix, holes]), labels, sample_weight=times)
            found.append(model.coef_[0, : len(values)].copy())
    return np.array(found)


def _direction(low: float, high: float) -> str:
    if low > 0:
        return "raises"
    return "lowers" if high < 0 else "unclear"

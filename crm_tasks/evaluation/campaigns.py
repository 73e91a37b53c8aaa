"""Past campaigns as units with outcomes: who was in which arm, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.evaluation import statements

if TYPE_CHECKING:
    import datetime as dt

    import numpy.typing as npt

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.evaluation.design import Flags
    from crm_tasks.graph.engine.network import Floats, Ints

    Words = npt.NDArray[np.object_]

#: What sources call the arm that others are compared with; else the first by name.
CONTROLS = (
    "control",
    "holdout",
    "hold-out",
    "hold_out",
    "placebo",
    "untreated",
    "none",
    "baseline",
)


@dataclass(frozen=True, eq=False)
class Outcome:
    """One figure per unit (NaN where there is none), and the same of the time before, if known."""

    result: Floats
    before: Floats | None


@dataclass(frozen=True, eq=False)
class Campaign:
    """Everybody in one campaign, ordered by customer.

    Attributes
    ----------
    evidence : {'randomised', 'observational'}
    is_final : bool
        Whether the campaign is over.
    starts_day : float
        Its first moment, in days since 1970.
    customer : ndarray of int64, shape (n,)
        Numbers among the sorted ids of all customers.
    arm, cluster_id : ndarray of object, shape (n,)
    cluster : ndarray of int64, shape (n,)
        Numbers of clusters: what the source drew together, else communities, else each unit's own.
    saturation, propensity : ndarray of float64, shape (n,)
        As drawn; NaN where the source does not say. The propensity is that of the arm drawn.
    covariates : ndarray of float64, shape (n, k)
        What was known before: money and orders of the time before.
    """

    campaign_id: str
    evidence: str
    is_final: bool
    starts_day: float
    customer: Ints
    arm: Words
    cluster_id: Words
    cluster: Ints
    saturation: Floats
    propensity: Floats
    outcomes: dict[str, Outcome]
    covariates: Floats

    @property
    def baseline_arm(self) -> str:
        """The arm that others are compared with.

        Examples
        --------
        ``gate_30`` of gate_30 and gate_40; ``Control`` of Control and A.
        """
        arms = sorted(set(self.arm))
        return str(next((arm for arm in arms if arm.lower() in CONTROLS), arms[0]))

    @property
    def arms(self) -> list[str]:
        """The other arms."""
        return sorted(set(self.arm) - {self.baseline_arm})

    @property
    def is_treated(self) -> Flags:
        """Whether a unit is in any arm but the baseline."""
        return np.asarray(self.arm != self.baseline_arm, dtype=bool)

    @property
    def is_clustered(self) -> bool:
        """Whether communities were drawn: saturations differ between them."""
        known = self.saturation[np.isfinite(self.saturation)]
        return len(np.unique(known)) > 1

    @property
    def treated_chance(self) -> Floats:
        """Probability of each unit to be treated, over all stages of the draw.

        As recorded; else the mean saturation of the clusters drawn; else the share seen.
        """
        treated = self.is_treated
        if np.isfinite(self.propensity).all() and len(self.arms) == 1:
            return np.where(treated, self.propensity, 1 - self.propensity)
        if np.isfinite(self.saturation).all():
            first = np.unique(self.cluster, return_index=True)[1]
            return np.full(len(treated), float(self.saturation[first].mean()))
        return np.full(len(treated), float(treated.mean()))


def collect_campaigns(
    scratch: Scratch, as_of: dt.date, time_zone: str, *, has_orders: bool, has_surveys: bool
) -> list[Campaign]:
    """Return every campaign that began before ``as_of`` and has units.

    ``scratch`` holds customers (customer_id, first_order_at), campaigns, contacts, assignments,
    outcomes, orders, surveys and communities (customer_id, community_id); frames nothing feeds are
    empty.
    """
    bound = {"as_of": as_of, "time_zone": time_zone}
    windows = _keep(scratch, "windows", statements.WINDOWS, bound)
    units = _keep(scratch, "units", statements.UNITS)
    scratch.register("ordered", scratch.query(statements.ORDERED))
    scratch.register("answered", scratch.query(statements.ANSWERED))
    measured = scratch.query(statements.MEASURED)
    declared = scratch.query(statements.DECLARED)
    ids = pc.unique(scratch.query("select customer_id from customers order by customer_id")[0])
    communities = scratch.query("select customer_id, community_id from communities")
    starts = dict(zip(windows["campaign_id"].to_pylist(), _days(windows["starts_at"]), strict=True))
    found = []
    for campaign_id in pc.unique(units["campaign_id"]).to_pylist():
        own, figures, said = (
            rows.filter(pc.equal(rows["campaign_id"], campaign_id))
            for rows in (units, measured, declared)
        )
        outcomes = _derived(figures, has_orders=has_orders, has_surveys=has_surveys)
        before = outcomes["value"].before if has_orders else None
        outcomes |= _declared(said, own["customer_id"], before)
        found.append(
            _campaign(own, ids, communities, starts[campaign_id], outcomes, _covariates(figures))
        )
    return found


def _keep(
    scratch: Scratch, name: str, statement: str, bound: dict[str, object] | None = None
) -> pa.Table:
    rows = scratch.query(statement, bound)
    scratch.register(name, rows)
    return rows


def _campaign(
    units: pa.Table,
    ids: pa.Array,
    communities: pa.Table,
    starts_day: float,
    outcomes: dict[str, Outcome],
    covariates: Floats,
) -> Campaign:
    customers = units["customer_id"]
    cluster_id = units["cluster_id"]
    if cluster_id.null_count == len(cluster_id):
        place = pc.index_in(customers, value_set=communities["customer_id"])
        cluster_id = communities["community_id"].take(place)
    # Whoever belongs to no cluster is one.
    named = pc.coalesce(cluster_id, pc.binary_join_element_wise("unit", customers, ":"))
    return Campaign(
        campaign_id=units["campaign_id"][0].as_py(),
        evidence=units["evidence"][0].as_py(),
        is_final=units["is_final"][0].as_py(),
        starts_day=starts_day,
        customer=_numbers(pc.index_in(customers, value_set=ids)),
        arm=_words(units["arm"]),
        cluster_id=_words(cluster_id),
        cluster=np.unique(_words(named), return_inverse=True)[1].astype(np.int64),
        saturation=_floats(units["saturation"]),
        propensity=_floats(units["assignment_propensity"]),
        outcomes=outcomes,
        covariates=covariates,
    )


def _derived(figures: pa.Table, *, has_orders: bool, has_surveys: bool) -> dict[str, Outcome]:
    """Return the standard outcomes: value, loyalty, churn_rate and satisfaction.

    Churn is told of those only who had ordered in the time before.
    """
    found = {}
    if has_orders:
        orders, before = _floats(figures["n_orders"]), _floats(figures["n_orders_before"])
        found["value"] = Outcome(
            _floats(figures["net_amount"]), _floats(figures["net_amount_before"])
        )
        found["loyalty"] = Outcome(orders, before)
        left = np.where(before > 0, (orders == 0).astype(np.float64), np.nan)
        found["churn_rate"] = Outcome(left, np.log1p(before))
    if has_surveys:
        answers, before = _floats(figures["csat"]), _floats(figures["csat_before"])
        if np.isfinite(answers).any():
            usual = np.nanmean(before) if np.isfinite(before).any() else 0.0
            known = np.where(np.isfinite(before), before, usual)
            found["satisfaction"] = Outcome(answers, known)
    return found


def _declared(
    said: pa.Table, customers: pa.ChunkedArray, before: Floats | None
) -> dict[str, Outcome]:
    found = {}
    for name in sorted(pc.unique(said["outcome"]).to_pylist()):
        rows = said.filter(pc.equal(said["outcome"], name))
        place = pc.index_in(customers, value_set=rows["customer_id"])
        found[name] = Outcome(_floats(rows["result"].take(place)), before)
    return found


def _covariates(figures: pa.Table) -> Floats:
    spent, orders = _floats(figures["net_amount_before"]), _floats(figures["n_orders_before"])
    columns = [np.log1p(np.maximum(spent, 0)), orders, (orders > 0).astype(np.float64)]
    return np.column_stack(columns)


def _words(column: pa.ChunkedArray) -> Words:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=object)


def _floats(column: pa.ChunkedArray) -> Floats:
    filled = column.cast(pa.float64()).fill_null(float("nan"))
    return np.asarray(filled.to_numpy(), dtype=np.float64)


def _numbers(column: pa.ChunkedArray) -> Ints:
    return np.asarray(column.to_numpy(), dtype=np.int64)


def _days(moments: pa.ChunkedArray) -> list[float]:
    whole = moments.cast(pa.timestamp("us")).cast(pa.int64())
    return [one / 86_400_000_000.0 for one in whole.to_pylist()]

"""Past campaigns as an exposure log: who could convert, who did, and whose neighbours came first.

A unit is one customer in one campaign. Where the campaign has outcomes, its units are all customers
observed, contacted or not; otherwise they are the contacted, since nobody else can be seen to
respond. Only ties that were known before a campaign began can have carried anything in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import datetime as dt

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.graph.engine import Network
    from crm_tasks.graph.engine.network import Floats, Ints
    from crm_tasks.graph.influence.arcs import Flow

Flags = npt.NDArray[np.bool_]
SECONDS_PER_DAY = 86_400_000_000.0  # in microseconds

_UNITS = """
with began as (
    select
        campaign_id,
        coalesce(is_randomized, false) as is_randomized,
        (cast(start_date as timestamp) at time zone $time_zone) at time zone 'UTC' as begins_at,
        least(
            (cast(coalesce(end_date, $as_of) + 1 as timestamp) at time zone $time_zone)
            at time zone 'UTC',
            (cast(cast($as_of as date) as timestamp) at time zone $time_zone) at time zone 'UTC'
        ) as ends_at
    from campaigns
    where start_date < $as_of
),

contacted as (
    select
        campaign_id,
        customer_id,
        min(sent_at) as sent_at,
        min(converted_at) as converted_at
    from contacts
    where campaign_id is not null and customer_id is not null
    group by campaign_id, customer_id
),

observed as (
    select
        campaign_id,
        customer_id,
        max(outcome_value) > 0 as has_converted
    from outcomes
    where outcome_name = 'converted' and customer_id is not null
    group by campaign_id, customer_id
),

known as (
    select distinct campaign_id from observed
),

units as (
    select
        observed.campaign_id,
        observed.customer_id,
        contacted.customer_id is not null as is_treated,
        observed.has_converted,
        contacted.sent_at,
        contacted.converted_at
    from observed
    left join contacted
        on
            observed.campaign_id = contacted.campaign_id
            and observed.customer_id = contacted.customer_id
    union all
    select
        contacted.campaign_id,
        contacted.customer_id,
        true as is_treated,
        contacted.converted_at is not null as has_converted,
        contacted.sent_at,
        contacted.converted_at
    from contacted
    where contacted.campaign_id not in (select known.campaign_id from known)
)

select
    units.campaign_id,
    units.customer_id,
    began.is_randomized and units.campaign_id in (select known.campaign_id from known)
        as is_randomized,
    units.is_treated,
    units.has_converted,
    began.begins_at,
    greatest(coalesce(units.sent_at, began.begins_at), began.begins_at) as exposed_at,
    began.ends_at,
    units.converted_at
from units
inner join began on units.campaign_id = began.campaign_id
where began.begins_at < began.ends_at
order by units.campaign_id, units.customer_id
"""


@dataclass(frozen=True, eq=False)
class Units:
    """Customers in campaigns, ordered by campaign and customer; days count from the campaign's.

    ``campaign`` and ``customer`` are numbers; ``converted_day`` is NaN where nobody converted or
    nobody knows when. ``begins`` is by campaign, in days since 1970.
    """

    campaign: Ints
    customer: Ints
    is_randomized: Flags
    is_treated: Flags
    has_converted: Flags
    from_day: Floats
    until_day: Floats
    converted_day: Floats
    begins: Floats

    def part(self, keep: Flags) -> Units:
        """Return the units that are kept."""
        return Units(
            self.campaign[keep], self.customer[keep], self.is_randomized[keep],
            self.is_treated[keep], self.has_converted[keep], self.from_day[keep],
            self.until_day[keep], self.converted_day[keep], self.begins,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.campaign)

    @property
    def n_campaigns(self) -> int:
        return len(np.unique(self.campaign))


@dataclass(frozen=True, eq=False)
class CarryingLayer:
    """One layer as a carrier of influence: its network and since when each tie is known, in days.

    ``since`` follows the network's order of ties.
    """

    name: str
    network: Network
    since: Floats
    flow: Flow

    def arcs(self) -> tuple[Ints, Ints, Floats, Floats]:
        """Return (who acts, on whom, strength, since) of every arc."""
        a, b, strength = self.network.sources, self.network.targets, self.network.strengths
        if self.flow == "along":
            return a, b, strength, self.since
        if self.flow == "against":
            return b, a, strength, self.since
        doubled = np.tile(strength, 2), np.tile(self.since, 2)
        return np.concatenate((a, b)), np.concatenate((b, a)), *doubled


def collect_units(
    scratch: Scratch, customers: pa.StringArray, as_of: dt.date, time_zone: str
) -> Units:
    """Return the units of every campaign that began before ``as_of``.

    ``scratch`` holds campaigns, contacts and outcomes (empty where no source feeds them). Whoever
    is not among ``customers`` is left out.
    """
    rows = scratch.query(_UNITS, {"as_of": as_of, "time_zone": time_zone})
    number = pc.index_in(rows.column("customer_id"), value_set=customers)
    rows = rows.append_column("number", number).filter(pc.is_valid(number))
    campaigns = pc.unique(rows.column("campaign_id"))
    campaign = pc.index_in(rows.column("campaign_id"), value_set=campaigns).to_numpy()
    begins = _days(rows.column("begins_at"))
    first = np.unique(campaign, return_index=True)[1]
    exposed, ends = _days(rows.column("exposed_at")), _days(rows.column("ends_at"))
    converted = _days(rows.column("converted_at"))
    return Units(
        campaign.astype(np.int64), rows.column("number").to_numpy().astype(np.int64),
        _flags(rows.column("is_randomized")), _flags(rows.column("is_treated")),
        _flags(rows.column("has_converted")), exposed - begins, ends - begins,
        np.where(converted < ends, converted - begins, np.nan), begins[first],
    )  # fmt: skip


def _flags(column: pa.ChunkedArray) -> Flags:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=bool)


def carrying_layer(name: str, network: Network, ties: pa.Table, flow: Flow) -> CarryingLayer:
    """Return a layer from its rows of graph.edges and the network made of them."""
    ids = network.ids
    ends = [
        pc.index_in(ties.column(side), value_set=ids).to_numpy().astype(np.int64)
        for side in ("src_id", "dst_id")
    ]
    if not network.is_directed:
        ends = [np.minimum(*ends), np.maximum(*ends)]
    order = np.lexsort((ends[1], ends[0]))
    return CarryingLayer(name, network, _days(ties.column("first_evidence_at"))[order], flow)


def _days(moments: pa.ChunkedArray) -> Floats:
    """Return moments as days since 1970, NaN where there is none."""
    whole = moments.cast(pa.timestamp("us")).cast(pa.int64())
    return np.asarray(pc.divide(whole.cast(pa.float64()), SECONDS_PER_DAY).to_numpy(), np.float64)

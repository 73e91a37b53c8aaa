"""What it costs to start with each customer, and whom nobody may start with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.contracts.frames import Scratch

_COSTS = """
with options as (
    select
        customers.customer_id,
        channels.unit_cost,
        row_number() over (
            partition by customers.customer_id
            order by allowed.place asc, channels.unit_cost asc nulls last
        ) as place
    from customers
    cross join allowed
    inner join channels on allowed.channel = channels.channel
    left join consents
        on
            customers.customer_id = consents.customer_id
            and allowed.channel = consents.channel
    where
        not coalesce(customers.is_erased, false)
        and coalesce(consents.is_granted, $assumed)
),

first_options as (
    select
        customer_id,
        cast(unit_cost as double) as cost
    from options
    where place = 1
)

select
    customers.customer_id,
    coalesce(first_options.cost, 0.0) as cost,
    first_options.customer_id is null as is_forbidden
from customers
left join first_options on customers.customer_id = first_options.customer_id
order by customers.customer_id
"""


def cost_of_contact(
    scratch: Scratch, channels: Sequence[str], *, assumes_consent: bool
) -> pa.Table:
    """Return customer_id, cost and is_forbidden of every customer.

    The cost is that of the first channel, in the order the profile lists them, for which consent is
    recorded, or unknown and assumed. Whoever has no such channel, or was erased, is forbidden.

    Parameters
    ----------
    scratch : Scratch
        Holds customers (core.dim_customers), channels (core.dim_channels) and consents
        (core.dim_customer_consents).
    channels : sequence of str
        What the profile allows; none of them: everybody is forbidden.
    assumes_consent : bool
        Whether a consent nobody recorded counts as given.
    """
    places = pa.array(range(len(channels)), pa.int64())
    allowed = pa.table({"channel": pa.array(list(channels), pa.string()), "place": places})
    scratch.register("allowed", allowed)
    return scratch.query(_COSTS, {"assumed": assumes_consent})

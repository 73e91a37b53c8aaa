"""The SQL of arms: which customers of a running experiment are decided by what."""

from __future__ import annotations

#: Each customer's arm, of several experiments that of the first by name. The treated are dealt out
#: to the plan (arm treatment) and the baselines by a keyed digest, the same on every day.
ARMS = """
with dealt as (
    select
        drawn.customer_id,
        drawn.campaign_id,
        drawn.arm,
        arm_names.arm as dealt_arm,
        arm_names.place,
        cast(('0x' || substr(sha256(
            $seed || chr(31) || drawn.campaign_id || chr(31) || drawn.customer_id || chr(31)
            || 'arm'
        ), 1, 12)) as bigint) % arm_names.n_arms as hand
    from drawn
    inner join arm_names on drawn.campaign_id = arm_names.campaign_id
)

select
    customer_id,
    arg_min(case when arm = 'treatment' then dealt_arm else arm end, campaign_id) as arm
from dealt
where place = hand
group by customer_id
order by customer_id
"""

-- Nobody is contacted against a recorded no; and where the profile says that unknown consent means
-- no, nobody is contacted on an assumption. An answer to what a customer wrote is no advertisement.
select actions.strategy_action_id
from {{ ref('action_queue_today') }} as actions
left join {{ ref('dim_customer_consents') }} as consents
    on
        actions.customer_id = consents.customer_id
        and actions.channel = consents.channel
where
    actions.consent_basis <> 'reply'
    and (
        not consents.is_granted
        or {{ consent_when_unknown() }} = 'deny' and actions.consent_basis <> 'granted'
    )

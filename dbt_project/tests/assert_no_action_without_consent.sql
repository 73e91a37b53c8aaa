-- Where the profile says that unknown consent means no, nobody is contacted on an assumption.
select strategy_action_id
from {{ ref('action_queue_today') }}
where {{ consent_when_unknown() }} = 'deny' and consent_basis <> 'granted'

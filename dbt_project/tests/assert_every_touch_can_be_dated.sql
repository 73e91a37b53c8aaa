-- A touch without a moment takes its campaign's start. Where the campaign is unknown too there is
-- no moment at all, and core leaves the touch out: the source needs mending.
{{ config(severity='warn', meta={'treatment': 'left out of core.fct_contacts'}) }}

select
    contacts.source_system,
    contacts.contact_source_id
from {{ ref('stg_contacts') }} as contacts
left join {{ ref('stg_campaigns') }} as campaigns
    on
        contacts.source_system = campaigns.source_system
        and contacts.campaign_source_id = campaigns.campaign_source_id
        and campaigns.reject_reason is null
where
    contacts.reject_reason is null
    and contacts.sent_at is null
    and campaigns.campaign_source_id is null

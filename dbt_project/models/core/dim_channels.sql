with

channels as (

    select * from {{ ref('channels') }}

),

channels_listed as (

    select
        ---------- ids
        channel_id,
        ---------- text
        channel,
        platform,
        ---------- numbers
        unit_cost,
        max_per_7d,
        ---------- times
        quiet_start,
        quiet_end
    from channels

)

select * from channels_listed

with

source as (

    select * from {{ source('landing', 'landing_customers') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('customer_source_id', 'text') }} as customer_source_id,
        ---------- text
        {{ cast_or_null('customer_type', 'text') }} as customer_type,
        {{ cast_or_null('age_band', 'text') }} as age_band,
        {{ cast_or_null('income_band', 'text') }} as income_band,
        {{ cast_or_null('home_ownership', 'text') }} as home_ownership,
        {{ cast_or_null('marital_status', 'text') }} as marital_status,
        {{ cast_or_null('household_size', 'text') }} as household_size,
        {{ cast_or_null('household_composition', 'text') }} as household_composition,
        {{ cast_or_null('kids_count', 'text') }} as kids_count,
        {{ cast_or_null('gender', 'text') }} as gender,
        {{ cast_or_null('city', 'text') }} as city,
        {{ cast_or_null('region', 'text') }} as region,
        {{ cast_or_null('postal_code', 'text') }} as postal_code,
        {{ cast_or_null('country_code', 'text') }} as country_code,
        {{ cast_or_null('language_code', 'text') }} as language_code,
        {{ cast_or_null('company_name', 'text') }} as company_name,
        {{ cast_or_null('acquisition_channel', 'text') }} as acquisition_channel,
        {{ cast_or_null('handle_platform', 'text') }} as handle_platform,
        ---------- tokens
        {{ cast_or_null('full_name_token', 'token') }} as full_name_token,
        {{ cast_or_null('given_name_token', 'token') }} as given_name_token,
        {{ cast_or_null('family_name_token', 'token') }} as family_name_token,
        {{ cast_or_null('display_name_token', 'token') }} as display_name_token,
        {{ cast_or_null('email_token', 'token') }} as email_token,
        {{ cast_or_null('phone_token', 'token') }} as phone_token,
        {{ cast_or_null('address_token', 'token') }} as address_token,
        {{ cast_or_null('birth_date_token', 'token') }} as birth_date_token,
        {{ cast_or_null('government_id_token', 'token') }} as government_id_token,
        {{ cast_or_null('loyalty_id_token', 'token') }} as loyalty_id_token,
        {{ cast_or_null('handle_token', 'token') }} as handle_token,
        {{ cast_or_null('wechat_token', 'token') }} as wechat_token,
        {{ cast_or_null('weibo_token', 'token') }} as weibo_token,
        {{ cast_or_null('x_token', 'token') }} as x_token,
        {{ cast_or_null('facebook_token', 'token') }} as facebook_token,
        ---------- numbers
        {{ cast_or_null('birth_year', 'integer') }} as birth_year,
        ---------- booleans
        {{ cast_or_null('is_loyalty_member', 'boolean') }} as is_loyalty_member,
        ---------- timestamps
        {{ cast_or_null('registered_at', 'timestamp') }} as registered_at,
        {{ known_at(cast_or_null('registered_at', 'timestamp')) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'customer_source_id': 'required text',
            'registered_at': 'timestamp',
            'is_loyalty_member': 'boolean',
            'birth_year': 'integer',
        }) }} as reject_reason
    from source

)

select * from typed

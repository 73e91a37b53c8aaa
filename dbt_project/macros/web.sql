{# What web logs need. #}

{# An address without what follows a question mark or a hash: queries hold names and addresses of
   people. #}
{% macro without_query(url) -%}
    case
        when position('?' in {{ url }}) > 0
            then substr({{ url }}, 1, position('?' in {{ url }}) - 1)
        when position('#' in {{ url }}) > 0
            then substr({{ url }}, 1, position('#' in {{ url }}) - 1)
        else {{ url }}
    end
{%- endmacro %}

{# Where a visit came from, in the names of Google Analytics 4
   (https://support.google.com/analytics/answer/9756891): by medium, then by source. #}
{% macro default_channel_group(utm_source, utm_medium, referrer) -%}
    case
        when lower({{ utm_medium }}) in ('cpc', 'ppc', 'paid', 'paidsearch', 'paid_search')
            then 'Paid Search'
        when lower({{ utm_medium }}) in ('display', 'banner', 'cpm') then 'Display'
        when lower({{ utm_medium }}) in ('email', 'e-mail', 'newsletter') then 'Email'
        when lower({{ utm_medium }}) = 'sms' then 'SMS'
        when lower({{ utm_medium }}) = 'affiliate' then 'Affiliates'
        when lower({{ utm_medium }}) in ('social', 'social-network', 'social_media', 'sm')
            then 'Organic Social'
        when lower({{ utm_medium }}) = 'organic' then 'Organic Search'
        when lower({{ utm_medium }}) in ('referral', 'link') then 'Referral'
        when {{ utm_medium }} is not null then 'Unassigned'
        when lower({{ utm_source }}) in ('email', 'e-mail', 'newsletter') then 'Email'
        when lower({{ utm_source }}) = 'sms' then 'SMS'
        when
            lower({{ utm_source }}) in (
                'social', 'facebook', 'instagram', 'x', 'twitter', 'weibo', 'wechat', 'tiktok'
            )
            then 'Organic Social'
        when lower({{ utm_source }}) in ('search', 'google', 'bing', 'baidu', 'yahoo')
            then 'Organic Search'
        when {{ utm_source }} is not null then 'Unassigned'
        when {{ referrer }} is not null then 'Referral'
        else 'Direct'
    end
{%- endmacro %}

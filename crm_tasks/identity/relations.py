"""Who lives with whom and who works where: ties between customers, never a reason to merge them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    import pyarrow as pa

    from crm_tasks.contracts.frames import Scratch

#: More customers than this behind one address, phone or mailbox are no household.
LARGEST_HOUSEHOLD = 8
#: A mail domain is an employer's if so many customers use it and most of those whose employer is
#: known name the same one; everybody's mail provider fails the second test.
LEAST_COLLEAGUES, EMPLOYER_SHARE = 3, 0.5
#: How sure each kind of evidence makes; several together are surer, each halving the doubt.
HOME, HOME_AND_NAME, SHARED_CONTACT = 0.6, 0.9, 0.7
COMPANY, DOMAIN = 0.9, 0.7


def relation_rows(scratch: Scratch, as_of: dt.date) -> pa.Table:
    """Return the rows of identity.relations.

    Parameters
    ----------
    scratch : Scratch
        Engine with ``owned``: one row per record that describes its customer (see
        :mod:`crm_tasks.identity.golden`), with the comparable values and ``email_domain`` and
        ``company_key``.
    """
    scratch.query(_households())
    scratch.query(_employers())
    return scratch.query(
        "select customer_id, other_id, relation_type, evidence, cast(n_evidence as integer) as "
        "n_evidence, confidence, first_evidence_at, cast($as_of as date) as as_of_date from "
        "(select * from households union all select * from employers) "
        "order by customer_id, other_id, relation_type",
        {"as_of": as_of},
    )


def _shared(column: str) -> str:
    """Return pairs of customers who share a value that few others have."""
    return (
        f"select one.customer_id, other.customer_id as other_id, '{column}' as what, "  # noqa: S608
        "one.name_family is not null and one.name_family = other.name_family as is_family, "
        "greatest(one.known_at, other.known_at) as seen_at "
        "from members as one inner join members as other on one.value = other.value and "
        f"one.what = other.what and one.customer_id < other.customer_id where one.what = '{column}'"
    )


def _households() -> str:
    columns = ("address", "phone", "email")
    members = " union all ".join(
        f"select '{c}' as what, customer_id, {c} as value, max(name_family) as name_family, "  # noqa: S608
        f"min(coalesce(known_at, timestamp '1900-01-01')) as known_at from owned "
        f"where {c} is not null group by customer_id, {c}"
        for c in columns
    )
    pairs = " union all ".join(_shared(column) for column in columns)
    return (
        f"create or replace table households as with offers as ({members}), members as ("  # noqa: S608
        "select * from offers qualify count(*) over (partition by what, value) "
        f"between 2 and {LARGEST_HOUSEHOLD}), pairs as ({pairs}), summed as ("
        "select customer_id, other_id, string_agg(distinct what, '+' order by what) as evidence, "
        "count(distinct what) as n_evidence, bool_or(what = 'address') as is_home, "
        "bool_or(is_family) as is_family, min(seen_at) as first_evidence_at "
        "from pairs group by customer_id, other_id) "
        "select customer_id, other_id, 'same_household' as relation_type, "
        "case when is_family then evidence || '+family_name' else evidence end as evidence, "
        "n_evidence + cast(is_family as integer) as n_evidence, "
        f"round(case when is_home and is_family then 1 - {1 - HOME_AND_NAME} / power(2, n_evidence"
        f" - 1) when is_home then 1 - {1 - HOME} / power(2, n_evidence - 1) "
        f"else 1 - {1 - SHARED_CONTACT} / power(2, n_evidence - 1) end, 6) as confidence, "
        # a shared phone or mailbox alone may be recycled or an office's
        "first_evidence_at from summed where is_home or is_family"
    )


def _employers() -> str:
    return (
        "create or replace table employers as with stated as ("  # noqa: S608
        "select customer_id, company_key, min(coalesce(known_at, timestamp '1900-01-01')) "
        "as seen_at from owned where company_key is not null group by customer_id, company_key), "
        "used as (select customer_id, email_domain, "
        "min(coalesce(known_at, timestamp '1900-01-01')) as seen_at from owned "
        "where email_domain is not null group by customer_id, email_domain), "
        "named as (select used.email_domain, stated.company_key, "
        "count(distinct used.customer_id) as n from used inner join stated using (customer_id) "
        "group by used.email_domain, stated.company_key), "
        "domains as (select email_domain, first(company_key order by n desc, company_key) as "
        "company_key from named group by email_domain "
        f"having max(n) >= {EMPLOYER_SHARE} * sum(n) and sum(n) >= {LEAST_COLLEAGUES}), "
        "evidence as (select customer_id, company_key as other_id, 'company' as what, seen_at "
        "from stated union all select used.customer_id, domains.company_key, 'email_domain', "
        "used.seen_at from used inner join domains using (email_domain)) "
        "select customer_id, other_id, 'works_for' as relation_type, "
        "string_agg(distinct what, '+' order by what) as evidence, "
        "count(distinct what) as n_evidence, round(case when count(distinct what) = 2 then "
        f"1 - {1 - COMPANY} * {1 - DOMAIN} when bool_or(what = 'company') then {COMPANY} "
        f"else {DOMAIN} end, 6) as confidence, min(seen_at) as first_evidence_at "
        "from evidence group by customer_id, other_id"
    )

"""The golden customer: the value of each field that survives, its record and the rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from crm_tasks.contracts.frames import Scratch

#: By field of the golden customer: where its value stands, and the rule by which it survives.
#: ``most_complete`` takes a full name before an initial and the longer one, ``most_agreed`` what
#: most records say, ``most_trusted`` the source the profile trusts most, ``most_recent`` the last.
RULES: dict[str, tuple[str, str]] = {
    "name": ("name_full", "most_complete"),
    "birth_date": ("birth", "most_agreed"),
    "gender": ("gender", "most_trusted"),
    "email": ("email", "most_recent"),
    "phone": ("phone", "most_recent"),
    "address": ("address", "most_recent"),
    "city": ("city_name", "most_recent"),
    "region": ("region", "most_recent"),
    "country_code": ("country_code", "most_recent"),
    "language_code": ("language_code", "most_trusted"),
    "company_name": ("company_name", "most_recent"),
    "acquisition_channel": ("acquisition_channel", "most_trusted"),
    "birth_year": ("birth_year", "most_agreed"),
}
_TRUST, _RECENT = "trust desc", "known_at desc nulls last, landing_sequence desc"
_ORDER = {
    "most_recent": f"{_RECENT}, {_TRUST}",
    "most_trusted": f"{_TRUST}, {_RECENT}",
    "most_agreed": f"n_agreeing desc, {_TRUST}, {_RECENT}",
    "most_complete": f"is_short asc, length(value) desc, {_TRUST}, {_RECENT}",
}
#: Fields whose value itself may leave identity; the others only say where it stands.
PLAIN = (
    "gender", "birth_year", "city", "region", "country_code", "language_code",
    "acquisition_channel", "company_name",
)  # fmt: skip


def choose_values(scratch: Scratch, trust: Mapping[str, int]) -> None:
    """Create ``survivors``: per customer and field the surviving value and its record.

    Parameters
    ----------
    scratch : Scratch
        Engine with ``owned``: one row per record that describes its customer, with customer_id,
        source_system, source_record_id, known_at, landing_sequence, name_has_initial and
        every column that ``RULES`` names.
    trust : mapping of str to int
        By source system: how far it is believed, 1 to 5.
    """
    systems = sorted(trust)
    scratch.register(
        "trusted",
        pa.table({
            "source_system": pa.array(systems, pa.string()),
            "trust": pa.array([trust[s] for s in systems], pa.int64()),
        }),
    )  # fmt: skip
    parts = [
        f"select '{field}' as field, cast({column} as varchar) as value, customer_id, "  # noqa: S608
        "source_system, source_record_id, known_at, landing_sequence, "
        f"name_has_initial as is_short from owned where {column} is not null"
        for field, (column, _) in RULES.items()
    ]
    scratch.query(
        "create or replace table offered as select offers.*, coalesce(trusted.trust, 3) as trust, "  # noqa: S608
        "count(*) over (partition by customer_id, field, value) as n_agreeing from "
        f"({' union all '.join(parts)}) as offers left join trusted using (source_system)"
    )
    ranked = [
        "select *, row_number() over (partition by customer_id, field order by "  # noqa: S608
        f"{_ORDER[rule]}, source_system, source_record_id) as place, '{rule}' as rule "
        f"from offered where field in ({_fields_of(rule)})"
        for rule in _ORDER
    ]
    scratch.query(
        "create or replace table survivors as select chosen.* exclude (place), counted.n_values "  # noqa: S608
        f"from ({' union all '.join(ranked)}) as chosen inner join (select customer_id, field, "
        "count(distinct value) as n_values from offered group by customer_id, field) as counted "
        "using (customer_id, field) where place = 1"
    )
    scratch.query("drop table offered")


def _fields_of(rule: str) -> str:
    return ", ".join(f"'{field}'" for field, (_, own) in RULES.items() if own == rule)


def field_source_rows(scratch: Scratch, as_of: dt.date) -> pa.Table:
    """Return the rows of identity.golden_field_sources."""
    return scratch.query(
        "select customer_id, field, source_system, source_record_id, rule, "
        "cast(n_values as integer) as n_values, "
        "coalesce(known_at, cast('1900-01-01' as timestamp)) as chosen_at, "
        "cast($as_of as date) as as_of_date from survivors order by customer_id, field",
        {"as_of": as_of},
    )


def golden_rows(scratch: Scratch, as_of: dt.date, *, has_email: bool, has_phone: bool) -> pa.Table:
    """Return the rows of identity.golden_customers.

    Parameters
    ----------
    scratch : Scratch
        Engine with ``survivors`` and ``confidence`` (customer_id, identity_confidence): one row per
        customer with a record.
    has_email, has_phone : bool
        Whether any source has such a field; else nothing is said of it.
    """
    plain = ", ".join(
        f"max(case when field = '{field}' then value end) as {field}" for field in PLAIN
    )
    known = {
        name: f"coalesce(bool_or(field = '{name}'), false)" if has else "cast(null as boolean)"
        for name, has in (("email", has_email), ("phone", has_phone))
    }
    return scratch.query(
        "select confidence.customer_id, gender, cast(birth_year as smallint) as birth_year, city, "  # noqa: S608
        "region, country_code, language_code, acquisition_channel, company_name, "
        f"{'coalesce(has_email, false)' if has_email else 'has_email'} as has_email, "
        f"{'coalesce(has_phone, false)' if has_phone else 'has_phone'} as has_phone, "
        "confidence.identity_confidence, cast($as_of as date) as as_of_date "
        f"from confidence left join (select customer_id, {plain}, {known['email']} as has_email, "
        f"{known['phone']} as has_phone from survivors group by customer_id) as golden "
        "using (customer_id) order by confidence.customer_id",
        {"as_of": as_of},
    )

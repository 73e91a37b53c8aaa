"""Records in the form they are compared in: one row each, every value in one spelling.

Everything here identifies people: the table lives in memory while records are linked, and in the
vault between runs; no part of it goes anywhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.identity import normalise
from crm_tasks.identity.names import NO_NAME, Name, parse_display_name, parse_name, parse_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crm_tasks.contracts.frames import Scratch

#: What the linkage reads of a record: the fields of the entity ``customers`` by these names.
FIELDS = (
    "full_name", "given_name", "family_name", "display_name", "email", "phone", "birth_date",
    "address", "city", "postal_code", "country_code",
)  # fmt: skip
NAME_PARTS = ("zh", "full", "flat", "given", "family", "initials", "core", "short")
#: A birth date as old as this separates father and son even if one date is slightly wrong.
GENERATION_YEARS = 12


def make_comparable(
    values: pa.Table, regions: Sequence[str], date_formats: Mapping[str, Sequence[str]]
) -> pa.Table:
    """Return the comparable table of records.

    Parameters
    ----------
    values : pyarrow.Table
        One row per record: ``record`` (int64), ``source_system`` and the fields of ``FIELDS`` as
        text, NULL where the source has nothing.
    regions : sequence of str
        Countries to read phone numbers for, where the record names none.
    date_formats : mapping of str to sequence of str
        By source system, how it writes dates, where it declares so.
    """
    columns: dict[str, pa.Array | pa.ChunkedArray] = {"record": values.column("record")}
    columns |= _names(values)
    columns["email"] = _each(values.column("email"), normalise.email)
    columns["phone"] = _phones(values, tuple(regions))
    columns["birth"] = _births(values, date_formats)
    for name, function in (
        ("address", normalise.address),
        ("address_numbers", normalise.address_numbers),
        ("address_words", normalise.address_words),
    ):
        columns[name] = _each(values.column("address"), function)
    columns["city"] = _each(values.column("city"), normalise.city)
    columns["postal"] = _each(values.column("postal_code"), normalise.word)
    return pa.table(columns)


def _each(values: pa.ChunkedArray, function: Callable[[str], str | None]) -> pa.Array:
    """Return a function of each value; every distinct value is read once."""
    encoded = values.combine_chunks().dictionary_encode()
    found = [None if text is None else function(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(found, pa.string()).take(encoded.indices)


def _names(values: pa.Table) -> dict[str, pa.Array]:
    columns = [
        values.column(name).to_pylist()
        for name in ("full_name", "given_name", "family_name", "display_name")
    ]
    known: dict[tuple[str | None, ...], Name] = {}
    names = []
    for told in zip(*columns, strict=True):
        if told not in known:
            known[told] = _name(*told)
        names.append(known[told])
    found = {
        f"name_{part}": pa.array([getattr(name, part) or None for name in names], pa.string())
        for part in NAME_PARTS
    }
    has_initial = pa.array([name.has_initial for name in names], pa.bool_())
    return {**found, "name_has_initial": has_initial}


def _name(full: str | None, given: str | None, family: str | None, display: str | None) -> Name:
    if full and full.strip():
        return parse_name(full)
    if (given and given.strip()) or (family and family.strip()):
        return parse_parts(given or "", family or "")
    return parse_display_name(display) if display and display.strip() else NO_NAME


def _phones(values: pa.Table, regions: tuple[str, ...]) -> pa.Array:
    """Return phone numbers, read first for the record's own country where it is a known one."""
    import phonenumbers

    phones = values.column("phone").to_pylist()
    countries = values.column("country_code").to_pylist()
    known: dict[tuple[str, str], str | None] = {}
    found = []
    for text, country in zip(phones, countries, strict=True):
        own = (country or "").strip().upper()
        if text is not None and (text, own) not in known:
            is_country = own in phonenumbers.SUPPORTED_REGIONS
            order = (own, *(r for r in regions if r != own)) if is_country else regions
            known[text, own] = normalise.phone(text, order)
        found.append(None if text is None else known[text, own])
    return pa.array(found, pa.string())


def _births(values: pa.Table, formats: Mapping[str, Sequence[str]]) -> pa.Array:
    births = values.column("birth_date").to_pylist()
    systems = values.column("source_system").to_pylist()
    known: dict[tuple[str, str], str | None] = {}
    found = []
    for text, system in zip(births, systems, strict=True):
        if text is not None and (system, text) not in known:
            known[system, text] = normalise.birth_date(text, formats.get(system, ()))
        found.append(None if text is None else known[system, text])
    return pa.array(found, pa.string())


#: Marks the records at whose address a namesake of another generation lives: father and son.
_WITH_NAMESAKES = f"""
create or replace table records as
select
    comparable.*,
    coalesce(homes.has_namesake, false) as has_namesake_at_home
from comparable
left join (
    select
        name_core,
        address,
        max(cast(substr(birth, 1, 4) as integer)) - min(cast(substr(birth, 1, 4) as integer))
        >= {GENERATION_YEARS} as has_namesake
    from comparable
    where name_core is not null and address is not null and birth is not null
    group by name_core, address
) as homes
    on comparable.name_core = homes.name_core and comparable.address = homes.address
order by comparable.record
"""  # noqa: S608 (a constant)


def put_records(scratch: Scratch, comparable: pa.Table) -> None:
    """Create the table ``records`` that everything else reads in the scratch engine."""
    scratch.register("comparable", comparable)
    scratch.query(_WITH_NAMESAKES)

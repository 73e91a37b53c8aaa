"""What a profile says of the company as a whole: names, currency, channels, as-of date."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anyascii import anyascii

from crm_tasks.profiling.decisions import Decision, Remark
from crm_tasks.profiling.names import best_likeness
from crm_tasks.profiling.numbers import CURRENCIES
from crm_tasks.profiling.recognisers import phone_regions_of
from crm_tasks.profiling.remarks import remark

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crm_tasks.profiling.proposal import TableProposal

#: ISO 4217 for "no currency": honest where nothing says which.
NO_CURRENCY = "XXX"
MOST = 0.75
CHANNELS = {"email": ("email",), "phone": ("sms", "phone"), "address": ("mail",),
            "handle": ("social",)}  # fmt: skip
CURRENCY_NAMES, NAMED_AT_LEAST = ("currency", "currency code", "币种"), 0.8
ISO_CODE = re.compile(r"[A-Z]{3}")
NAME_LENGTH, PHONES_PER_COLUMN = 63, 40


@dataclass(frozen=True)
class Told:
    """What the user said: how the profile is called, and what no file tells."""

    name: str = ""
    time_zone: str | None = None
    currency_code: str | None = None


@dataclass(frozen=True)
class SourceProposal:
    """The tables of one folder: one system, whose identifiers mean the same in all of them."""

    name: str
    root: str
    tables: tuple[TableProposal, ...]


@dataclass(frozen=True)
class Edit:
    """Something the user must do before the profile runs."""

    where: str
    remark: Remark


@dataclass(frozen=True)
class Proposal:
    """A whole profile to be."""

    name: str
    sources: tuple[SourceProposal, ...]
    currency: Decision[str]
    time_zone: Decision[str]
    channels: tuple[str, ...]
    phone_regions: Decision[tuple[str, ...]] | None = None

    @property
    def tables(self) -> tuple[TableProposal, ...]:
        return tuple(table for source in self.sources for table in source.tables)

    @property
    def edits(self) -> tuple[Edit, ...]:
        """What the user must do before the profile runs, in the order of the file."""
        found = []
        for table in self.tables:
            name = table_name(table.draft.label)
            found += [Edit(", ".join(table.draft.files), said) for said in table.draft.problems]
            found += [Edit(f"{name}.{where}", said) for where, said in table.undecided]
        if not any(table.feeds for table in self.tables):
            found.append(Edit("feeds", remark("edit_no_feed")))
        return tuple(found)


def propose_company(told: Told, sources: Sequence[SourceProposal]) -> Proposal:
    """Return the profile of these sources."""
    tables = [table for source in sources for table in source.tables]
    return Proposal(
        name=told.name,
        sources=tuple(sources),
        currency=_currency(told, tables),
        time_zone=_time_zone(told),
        channels=_channels(tables),
        phone_regions=_phone_regions(tables),
    )


def table_name(label: str) -> str:
    """Return a label as a name that a profile takes.

    >>> table_name("客户 2024"), table_name("Order-Lines.v2")
    ('ke_hu_2024', 'order_lines_v2')
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", anyascii(label))
    words = re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")
    name = words if words[:1].isalpha() else f"table_{words}".strip("_")
    return name[:NAME_LENGTH].rstrip("_")


def unique_names(labels: Iterable[str]) -> list[str]:
    """Return a name per label, numbered where two would be alike."""
    seen: Counter[str] = Counter()
    names = []
    for name in map(table_name, labels):
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name[: NAME_LENGTH - 3]}_{seen[name]}")
    return names


def _currency(told: Told, tables: Sequence[TableProposal]) -> Decision[str]:
    if told.currency_code is not None:
        return Decision(told.currency_code, 1.0, remark("told"))
    signs = {
        sign
        for table in tables
        for column in table.draft.facts.values()
        if column.numbers
        for sign in column.numbers.currency
    }
    codes = {CURRENCIES[sign] for sign in signs}
    sure = next(iter(codes)) if len(codes) == 1 else None
    if sure is not None:
        return Decision(sure, 0.9, remark("currency_sign"))
    named = _named_currencies(tables)
    if named:
        code, n = named.most_common(1)[0]
        share = n / named.total()
        if share >= MOST:
            said = remark("currency_column" if len(named) == 1 else "currency_most", share=share)
            return Decision(code, 0.9 * share, said)
    said = remark("currency_several") if len(signs) > 1 or named else remark("currency_unknown")
    return Decision(NO_CURRENCY, 0.2, said)


def _named_currencies(tables: Sequence[TableProposal]) -> Counter[str]:
    """Count the codes in columns that are called currency."""
    found: Counter[str] = Counter()
    for table in tables:
        for column in table.draft.facts.values():
            if best_likeness(column.name, CURRENCY_NAMES) >= NAMED_AT_LEAST:
                values = table.draft.known.column(column.name).drop_null().to_pylist()
                found.update(code for value in values if ISO_CODE.fullmatch(code := value.strip()))
    return found


def _time_zone(told: Told) -> Decision[str]:
    if told.time_zone is not None:
        return Decision(told.time_zone, 1.0, remark("told"))
    return Decision("UTC", 0.3, remark("time_zone_unknown"))


def _channels(tables: Sequence[TableProposal]) -> tuple[str, ...]:
    kinds = [decision.value for table in tables for decision in table.classes.values()]
    found = [channel for kind in CHANNELS if kind in kinds for channel in CHANNELS[kind]]
    return tuple(found) or ("email",)


def _phone_regions(tables: Sequence[TableProposal]) -> Decision[tuple[str, ...]] | None:
    """Return for which countries phone numbers are read; None if there are none to read so."""
    phones = [
        value
        for table in tables
        for name, decision in table.classes.items()
        if decision.value == "phone"
        for value in table.draft.facts[name].distinct[:PHONES_PER_COLUMN]
    ]
    regions = tuple(phone_regions_of(phones))
    return Decision(regions, 0.8, remark("phone_regions")) if regions else None

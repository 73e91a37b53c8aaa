"""What a source profile may say: a strict, frozen model; an unknown key is an error.

A profile says where each source table is, what class each of its columns has, and how the columns
map onto the canonical entities (:mod:`crm_tasks.contracts.entities`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from crm_tasks.contracts.entities import ENTITIES, PLANNED_ENTITIES
from crm_tasks.errors import listed, nearest

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Channel = Literal["email", "sms", "social", "phone", "mail"]
IdentifyingKind = Literal[
    "name", "email", "phone", "address", "handle", "cookie", "birth_date", "government_id", "text"
]


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"unknown time zone {name!r}{nearest(name, available_timezones())}")
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IdentifyingColumn(_Strict):
    """A column whose values go to the vault; the lake gets ``<c>_token`` and ``<c>_status``."""

    identifying: IdentifyingKind


class Constant(_Strict):
    """The same text in every row."""

    constant: str


class Concat(_Strict):
    """Columns joined with a hyphen: a key made of several columns."""

    concat: Annotated[tuple[str, ...], Field(min_length=2)]


class Membership(_Strict):
    """'true' or 'false' by whether a column's text is in a list; NULL counts as not in it."""

    column: str
    is_in: tuple[str, ...] | None = None
    is_not_in: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _exactly_one_list(self) -> Self:
        if (self.is_in is None) == (self.is_not_in is None):
            raise ValueError("give exactly one of is_in and is_not_in")
        return self


Mapping = str | Constant | Concat | Membership


def columns_read(mapping: Mapping) -> tuple[str, ...]:
    """Return the source columns a mapping reads."""
    if isinstance(mapping, str):
        return (mapping,)
    if isinstance(mapping, Concat):
        return mapping.concat
    return (mapping.column,) if isinstance(mapping, Membership) else ()


class Feed(_Strict):
    """One canonical entity that a source table feeds.

    ``one_row_per`` makes one row of the entity out of all rows that agree in these columns (an
    order out of its lines); the row with the lowest record number speaks for the others.
    """

    entity: str
    map: dict[str, Mapping]
    one_row_per: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _maps_known_fields(self) -> Self:
        if self.entity in PLANNED_ENTITIES:
            raise ValueError(f"entity {self.entity} is planned but no staging model reads it yet")
        if self.entity not in ENTITIES:
            raise ValueError(f"unknown entity {self.entity!r}{nearest(self.entity, ENTITIES)}")
        entity = ENTITIES[self.entity]
        for field in self.map:
            if field not in entity.field_names:
                hint = nearest(field, entity.field_names)
                raise ValueError(f"{self.entity} has no field {field!r}{hint}")
        missing = {f.name for f in entity.fields if f.is_required} - set(self.map)
        if missing:
            raise ValueError(f"{self.entity}: required fields not mapped: {listed(missing)}")
        return self


class SourceTable(_Strict):
    """One table of a source: its files, format and columns.

    ``columns`` must name every column of the files with its class: a column of unknown class is
    refused, because nobody has said whether it identifies a person.
    """

    name: Name
    files: str
    format: Literal["parquet", "csv"]
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    null_tokens: tuple[str, ...] = ("",)
    columns: dict[str, Literal["plain"] | IdentifyingColumn]
    feeds: tuple[Feed, ...]

    @model_validator(mode="after")
    def _maps_declared_columns(self) -> Self:
        for feed in self.feeds:
            for field, mapping in feed.map.items():
                for column in columns_read(mapping):
                    self._refuse_unmappable(f"{feed.entity}.{field}", column)
            for column in feed.one_row_per or ():
                self._refuse_unmappable(f"{feed.entity}.one_row_per", column)
        return self

    def _refuse_unmappable(self, where: str, column: str) -> None:
        landed = self.landed_columns
        if column not in landed:
            raise ValueError(
                f"{where}: table {self.name} lands no {column!r}{nearest(column, landed)}"
            )

    @property
    def identifying(self) -> dict[str, IdentifyingKind]:
        """The identifying columns and their kinds."""
        return {
            name: column.identifying
            for name, column in self.columns.items()
            if isinstance(column, IdentifyingColumn)
        }

    @property
    def landed_columns(self) -> tuple[str, ...]:
        """Column names as they stand in the lake: identifying ones only as token and status."""
        names: list[str] = []
        for name in self.columns:
            names += [f"{name}_token", f"{name}_status"] if name in self.identifying else [name]
        return tuple(names)


class KnownAt(_Strict):
    """When a fact counts as known: with its event (plus a lag), or when it was first landed."""

    rule: Literal["event", "landing"]
    lag_days: Annotated[int, Field(ge=0, le=3650)] = 0


class Source(_Strict):
    """One source system.

    ``package`` reads files shipped inside an installed Python package; otherwise ``root`` is a
    folder, relative to the profile's own file.
    """

    source_system: Name
    package: str | None = None
    root: str | None = None
    known_at: KnownAt
    tables: Annotated[tuple[SourceTable, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if (self.package is None) == (self.root is None):
            raise ValueError("give exactly one of package and root")
        return self


class Contact(_Strict):
    """Which channels may be used, and what holds for customers whose consent is unknown."""

    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    consent_when_unknown: Literal["deny", "assume"] = "deny"
    actions_per_day: Annotated[int, Field(ge=1)] = 200


class Profile(_Strict):
    """A company's data: its sources, its calendar and what may be done with its customers."""

    profile: Name
    title: str
    provenance: str
    time_zone: TimeZone
    currency_code: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    default_as_of: dt.date | None = None
    is_synthetic: bool = False
    uses_demo_key: bool = False
    dry_run_only: bool = False
    contact: Contact
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        systems = [source.source_system for source in self.sources]
        for source in self.sources:
            tables = [table.name for table in source.tables]
            if len(set(tables)) < len(tables):
                raise ValueError(f"{source.source_system}: two tables with the same name")
        if len(set(systems)) < len(systems):
            raise ValueError("two sources with the same source_system")
        return self

    @model_validator(mode="after")
    def _keeps_the_demo_key_from_people(self) -> Self:
        if self.uses_demo_key and self.has_identifying_columns and not self.is_synthetic:
            raise ValueError(
                "uses_demo_key: the demo key is public; identifying columns need a key of their own"
            )
        return self

    @property
    def has_identifying_columns(self) -> bool:
        """Whether any source column goes to the vault."""
        return any(table.identifying for source in self.sources for table in source.tables)

    @property
    def digest(self) -> str:
        """Digest of everything the profile says."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def entities_fed(self) -> frozenset[str]:
        """Names of the canonical entities that at least one table feeds."""
        return frozenset(
            feed.entity
            for source in self.sources
            for table in source.tables
            for feed in table.feeds
        )

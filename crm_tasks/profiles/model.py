"""What a source profile may say: a strict, frozen model; an unknown key is an error.

A profile says where each source table is, what class each of its columns has, and how the columns
map onto the canonical entities (:mod:`crm_tasks.contracts.entities`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import PurePath
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from crm_tasks.contracts.encodings import DOUBLE_BYTE, ENCODINGS, UTF16
from crm_tasks.contracts.entities import ENTITIES, PLANNED_ENTITIES
from crm_tasks.errors import listed, nearest
from crm_tasks.profiles.volume import Volume

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Channel = Literal["email", "sms", "social", "phone", "mail"]
#: Printable, and free of what ends a name or a statement in SQL.
ColumnName = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f\"'`;\\]{1,128}$")]
TimeFormat = Annotated[str, Field(pattern=r"^(%[aAbBdeHIjmMpSfyYzZ]|[^%'\\\x00-\x1f])+$")]
#: Names the lake gives to what it adds itself.
LANDING_METADATA = ("source_file_sha256", "byte_offset", "record_no", "extracted_at", "batch_id")
#: The column that keeps what a JSON record says beyond the declared columns.
RAW_PAYLOAD = "raw_payload"
IdentifyingKind = Literal[
    "name", "email", "phone", "address", "handle", "cookie", "birth_date", "government_id", "text"
]


def known_zone(zone: str) -> str:
    """Return the name of a time zone.

    Raises
    ------
    ValueError
        No such zone; the message names the nearest.
    """
    if zone not in available_timezones():
        raise ValueError(f"unknown time zone {zone!r}{nearest(zone, available_timezones())}")
    return zone


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IdentifyingColumn(_Strict):
    """A column whose values go to the vault; the lake gets ``<c>_token`` and ``<c>_status``."""

    identifying: IdentifyingKind


class Constant(_Strict):
    """The same text in every row."""

    constant: str


class Concat(_Strict):
    """Columns joined with a hyphen: a key made of several columns.

    A hyphen inside a part is written ``~-`` (and ``~`` as ``~~``): ``1-2`` with ``3`` is another
    key than ``1`` with ``2-3``.
    """

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


class ValueFormats(_Strict):
    """How a source writes numbers, dates and yes/no; ``%d`` and the like as in strptime.

    Undeclared, only what needs no guessing is read: 1234.50, 2026-04-03, 2026-04-03 10:00:00 with
    or without an offset, true/false/yes/no/1/0. Whatever does not fit is refused row by row.
    """

    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    currency: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=8)], ...],
        Field(description="Signs that may stand before or after a number"),
    ] = ()
    negative_in_parentheses: bool = False
    date: TimeFormat | None = None
    timestamp: TimeFormat | None = None
    time_zone: Annotated[
        str | None, Field(description="Zone of times without an offset; else the profile's")
    ] = None
    true_words: tuple[str, ...] = ()
    false_words: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _marks_differ(self) -> Self:
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands must differ")
        return self

    @field_validator("time_zone")
    @classmethod
    def _zone_is_known(cls, zone: str | None) -> str | None:
        return known_zone(zone) if zone is not None else None


class SourceTable(_Strict):
    """One table of a source: its files, how they are written, and their columns.

    ``columns`` must name every column of the files with its class: a column of unknown class is
    refused, because nobody has said whether it identifies a person. A column of JSON is a key, or
    a path of keys joined by dots.
    """

    name: Name
    files: str
    format: Literal["csv", "json", "jsonl", "parquet", "xlsx"]
    compression: Literal["none", "gzip", "zip"] | None = Field(
        None, description="Left out, the pattern's ending decides: .gz, .zip or neither"
    )
    encoding: Literal[ENCODINGS] = "utf-8"  # type: ignore[valid-type]
    delimiter: Annotated[str, Field(pattern=r"^[\t -~]$")] = ","
    quote: Annotated[
        str, Field(pattern=r"^[!-~]?$", description="Empty: values are not quoted")
    ] = '"'
    escape: Annotated[
        str, Field(pattern=r"^[!-~]?$", description="Character that takes the next one literally")
    ] = ""
    has_header: bool = True
    sheet: str | None = Field(None, description="Sheet of a workbook that has several")
    records: str = Field("", description="Path of keys, joined by dots, to the array of records")
    unknown_keys: Literal["vault", "plain", "refuse"] = Field(
        "vault", description="Where raw_payload keeps keys of JSON that columns does not name"
    )
    null_tokens: tuple[str, ...] = ("",)
    columns: Annotated[dict[ColumnName, Literal["plain"] | IdentifyingColumn], Field(min_length=1)]
    optional_columns: Annotated[
        tuple[str, ...], Field(description="Those of columns that a file may lack: NULL then")
    ] = ()
    load: Literal["append", "full"] = Field(
        "append",
        description="append: a file adds and updates records by their key; full: a file is the "
        "whole table, and what the newest one lacks is deleted",
    )
    deleted_when: Membership | None = Field(
        None, description="Which records say that the source deleted what they are about"
    )
    volume: Volume | None = Field(
        None, description="When a delivery is too small to be true; see the default in the docs"
    )
    values: ValueFormats = Field(
        default_factory=ValueFormats, description="How numbers, dates and yes/no are written"
    )
    column_values: dict[str, ValueFormats] = Field(
        default_factory=dict, description="The same for single columns, where they differ"
    )
    feeds: tuple[Feed, ...]

    @model_validator(mode="after")
    def _dialect_is_possible(self) -> Self:
        marks = [mark for mark in (self.delimiter, self.quote, self.escape) if mark]
        if len(set(marks)) < len(marks):
            raise ValueError(f"table {self.name}: delimiter, quote and escape must differ")
        if self.encoding in DOUBLE_BYTE and any("@" <= mark <= "~" for mark in marks):
            raise ValueError(
                f"table {self.name}: in {self.encoding} a delimiter, quote or escape from @ to ~ "
                "may be half of a character"
            )
        if self.format == "json" and self.encoding not in ("utf-8", *UTF16):
            raise ValueError(f"table {self.name}: JSON is utf-8 or utf-16")
        return self

    @model_validator(mode="after")
    def _columns_fit_the_lake(self) -> Self:
        landed = [name.casefold() for name in (*self.landed_columns, *LANDING_METADATA)]
        twice = {name for name in landed if landed.count(name) > 1}
        if twice:
            raise ValueError(f"table {self.name}: two columns would be called {listed(twice)}")
        for name in self.column_values:
            if name not in self.columns or name in self.identifying:
                hint = nearest(name, set(self.columns) - set(self.identifying))
                raise ValueError(f"column_values: table {self.name} has no plain {name!r}{hint}")
        for name in self.optional_columns:
            if name not in self.columns:
                hint = nearest(name, self.columns)
                raise ValueError(f"optional_columns: table {self.name} has no {name!r}{hint}")
        return self

    @property
    def compressed_by(self) -> str:
        """How the files are compressed: none, gzip or zip."""
        endings = {".gz": "gzip", ".zip": "zip"}
        return self.compression or endings.get(PurePath(self.files).suffix.lower(), "none")

    def formats_of(self, column: str) -> ValueFormats:
        """Return how one column writes its values."""
        own = self.column_values.get(column)
        if own is None:
            return self.values
        return self.values.model_copy(
            update={name: getattr(own, name) for name in own.model_fields_set}
        )

    @model_validator(mode="after")
    def _maps_declared_columns(self) -> Self:
        for feed in self.feeds:
            for field, mapping in feed.map.items():
                for column in columns_read(mapping):
                    self._refuse_unmappable(f"{feed.entity}.{field}", column)
            for column in feed.one_row_per or ():
                self._refuse_unmappable(f"{feed.entity}.one_row_per", column)
        if self.deleted_when is not None:
            self._refuse_unmappable("deleted_when", self.deleted_when.column)
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
        kinds: dict[str, IdentifyingKind] = {
            name: column.identifying
            for name, column in self.columns.items()
            if isinstance(column, IdentifyingColumn)
        }
        return kinds | ({RAW_PAYLOAD: "text"} if self._payload == "vault" else {})

    @property
    def _payload(self) -> str:
        return self.unknown_keys if self.format in ("json", "jsonl") else "refuse"

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns a reader hands over, ``raw_payload`` after the declared ones."""
        return (*self.columns, *(() if self._payload == "refuse" else (RAW_PAYLOAD,)))

    @property
    def landed_columns(self) -> tuple[str, ...]:
        """Column names as they stand in the lake: identifying ones only as token and status."""
        names: list[str] = []
        for name in self.text_columns:
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


class Generator(_Strict):
    """Files that are made when they are missing; sources' roots count from their folder."""

    name: Literal["planted"]
    size: Annotated[
        Literal["S", "M", "L"], Field(description="2 thousand, 100 thousand or 1 million customers")
    ]
    seed: Annotated[int, Field(ge=0, lt=2**32)]


class Profile(_Strict):
    """A company's data: its sources, its calendar and what may be done with its customers."""

    profile: Name
    title: str
    provenance: str
    time_zone: Annotated[str, AfterValidator(known_zone)]
    currency_code: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    default_as_of: dt.date | None = None
    is_synthetic: bool = False
    generator: Generator | None = Field(
        None, description="Makes the source files below the home; only for synthetic data"
    )
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

    @model_validator(mode="after")
    def _says_that_made_data_are_made(self) -> Self:
        if self.generator is not None and not self.is_synthetic:
            raise ValueError("generator: is_synthetic must be true")
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

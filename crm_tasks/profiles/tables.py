"""One table of a source: how it is written, its columns with their classes, what it feeds."""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from crm_tasks.contracts.encodings import DOUBLE_BYTE, ENCODINGS, UTF16
from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.errors import listed, nearest
from crm_tasks.profiles.base import (
    FETCHED,
    LANDING_METADATA,
    RAW_PAYLOAD,
    ColumnName,
    Decided,
    IdentifyingKind,
    Name,
    Strict,
    TimeFormat,
    known_zone,
)
from crm_tasks.profiles.databases import Cursor
from crm_tasks.profiles.mappings import Feed, Mapping, Membership, columns_read
from crm_tasks.profiles.volume import DEFAULT_VOLUME, Volume
from crm_tasks.profiles.web import Request


class IdentifyingColumn(Strict):
    """A column whose values go to the vault; the lake gets ``<c>_token`` and ``<c>_status``.

    ``is_list``: it holds JSON arrays; the token is the array of the elements' tokens.
    """

    identifying: IdentifyingKind
    is_list: bool = False


class ValueFormats(Strict):
    """How a source writes numbers, dates and yes/no; ``%d`` and the like as in strptime.

    Undeclared, only what needs no guessing is read: 1234.50, 2026-04-03, 2026-04-03 10:00:00 with
    or without an offset, true/false/yes/no/1/0. Whatever does not fit is refused row by row.
    """

    decimal: Annotated[Literal[".", ","], Decided] = "."
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


#: csv to html are written in files or pages; rows and documents come out of databases.
Format = Literal["csv", "json", "jsonl", "parquet", "xlsx", "html", "rows", "documents"]
KEYED = ("json", "jsonl", "documents")
RECORDS = r"^((\[\]|[^.\[\]]+(\[\])?)(\.[^.\[\]]+(\[\])?)*)?$"


class SourceTable(Strict):
    """One table of a source: where its records stand, how they are written, and their columns.

    A table of a folder names ``files``, one of a database ``table`` or ``query``, one of the web a
    ``request``. ``columns`` must name every column with its class: a column of unknown class is
    refused, because nobody has said whether it identifies a person. A column of JSON is a key, or
    a path of keys joined by dots; ``parent.`` before it reads the record around an inner one.
    """

    name: Name
    files: str | None = Field(None, description="Pattern of file names below the source's folder")
    table: Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f\"'`;\\]{1,128}$")] | None = Field(
        None, description="Table, view or collection of a database, with its schema where needed"
    )
    query: str | None = Field(None, description="SELECT whose rows are the table's")
    request: Request | None = Field(None, description="What to ask a web source for")
    format: Format = Field(description="Given by the place for databases; of the web json or html")
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
    records: Annotated[str, Field(pattern=RECORDS)] = Field(
        "",
        description="Path of keys, joined by dots, to the array of records; [] behind a key takes "
        "each element: posts[].mentions[]",
    )
    selector: str = Field("table", description="CSS selector of the table in an HTML page")
    cursor: Cursor | None = Field(None, description="Column by which only new rows are read")
    binary: Literal["refuse", "hex"] = Field(
        "refuse", description="Whether columns of bytes may land, as hexadecimal digits"
    )
    may_be_empty: bool = Field(False, description="No record at all is no fault")
    unknown_keys: Literal["vault", "plain", "refuse"] = Field(
        "vault", description="Where raw_payload keeps keys of JSON that columns does not name"
    )
    null_tokens: tuple[str, ...] = ("",)
    columns: Annotated[
        dict[ColumnName, Annotated[Literal["plain"] | IdentifyingColumn, Decided]],
        Field(min_length=1),
    ]
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
            # Birth dates go to the vault as they are; whoever compares them reads them by this.
            is_read = self.identifying.get(name, "birth_date") == "birth_date"
            if name not in self.columns or not is_read:
                hint = nearest(name, set(self.columns) - set(self.identifying))
                raise ValueError(f"column_values: table {self.name} has no plain {name!r}{hint}")
        for name in self.optional_columns:
            if name not in self.columns:
                hint = nearest(name, self.columns)
                raise ValueError(f"optional_columns: table {self.name} has no {name!r}{hint}")
        return self

    @model_validator(mode="after")
    def _cursor_can_be_read(self) -> Self:
        if self.cursor is not None and self.columns.get(self.cursor.column) != "plain":
            hint = nearest(self.cursor.column, set(self.columns) - set(self.identifying))
            raise ValueError(
                f"cursor: table {self.name} has no plain column {self.cursor.column!r}{hint}"
            )
        return self

    @property
    def expected_volume(self) -> Volume:
        """How small a delivery may be: what is declared, or what holds undeclared."""
        return self.volume or DEFAULT_VOLUME[self.load]

    @property
    def smallest_share(self) -> float:
        """Share of the snapshot before below which a snapshot is not believed; 0: any is."""
        volume = self.expected_volume
        return volume.at_least_share if volume.otherwise == "stop" else 0.0

    @property
    def compressed_by(self) -> str:
        """How the files are compressed: none, gzip or zip."""
        endings = {".gz": "gzip", ".zip": "zip"}
        suffix = PurePath(self.files or "").suffix.lower()
        return self.compression or endings.get(suffix, "none")

    @property
    def outer_path(self) -> str:
        """Path of keys to the array whose elements stand in a JSON document one by one."""
        return self._paths[0] if self.format == "json" else ""

    @property
    def inner_paths(self) -> tuple[str, ...]:
        """Paths of keys, one in the other, to the records inside each element; mostly none."""
        return self._paths[1:] if self.format == "json" else tuple(filter(None, self._paths))

    @property
    def _paths(self) -> tuple[str, ...]:
        """``a.b[].c[].d`` as ``a.b``, ``c``, ``d``."""
        return tuple(part.removeprefix(".") for part in self.records.removesuffix("[]").split("[]"))

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
                self._refuse_bare_text(feed.entity, field, mapping)
            for column in feed.one_row_per or ():
                self._refuse_unmappable(f"{feed.entity}.one_row_per", column)
        if self.deleted_when is not None:
            self._refuse_unmappable("deleted_when", self.deleted_when.column)
        return self

    @model_validator(mode="after")
    def _feeds_an_entity_by_one_key_once(self) -> Self:
        """Two feeds by the same key would make two rows of one key out of every record."""
        fed: list[tuple[str, list[Mapping]]] = []
        for feed in self.feeds:
            key = ENTITIES[feed.entity].key
            by = (feed.entity, [feed.map[name] for name in key if name in feed.map])
            if by in fed:
                raise ValueError(
                    f"table {self.name} feeds {feed.entity} twice by the same {listed(key)}: every "
                    "record would be there twice; map all fields in one feed, or give another key"
                )
            fed.append(by)
        return self

    def _refuse_unmappable(self, where: str, column: str) -> None:
        landed = self.landed_columns
        if column not in landed:
            raise ValueError(
                f"{where}: table {self.name} lands no {column!r}{nearest(column, landed)}"
            )

    def _refuse_bare_text(self, entity: str, field: str, mapping: Mapping) -> None:
        """Raise where a field that carries tokens would carry what they stand for."""
        tokens = [f"{name}_token" for name in self.identifying]
        kinds = {known.name: known.kind for known in ENTITIES[entity].fields}
        if kinds[field] == "token" and mapping not in tokens:
            raise ValueError(
                f"{entity}.{field}: takes the token of an identifying column of table {self.name}, "
                f"one of [{listed(tokens)}]; declare the column as {{identifying: <kind>}}"
            )

    @property
    def lists(self) -> tuple[str, ...]:
        """The identifying columns that hold JSON arrays."""
        return tuple(
            name
            for name, column in self.columns.items()
            if isinstance(column, IdentifyingColumn) and column.is_list
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
        return self.unknown_keys if self.format in KEYED else "refuse"

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns a reader hands over: those declared, then those it adds."""
        payload = () if self._payload == "refuse" else (RAW_PAYLOAD,)
        return (*self.columns, *payload, *(FETCHED if self.request else ()))

    @property
    def landed_columns(self) -> tuple[str, ...]:
        """Column names as they stand in the lake: identifying ones only as token and status."""
        names: list[str] = []
        for name in self.text_columns:
            names += [f"{name}_token", f"{name}_status"] if name in self.identifying else [name]
        return tuple(names)

"""MongoDB: documents as text columns, as JSON is; keys nobody declared are kept, types are told.

Where the server allows it (a replica set of version 5 or later) all collections of a source are
read as one moment; where not, the batch says so.
"""

from __future__ import annotations

import datetime as dt
import math
import uuid
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pymongo
import pymongo.errors as pe
from bson import json_util
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.datetime_ms import DatetimeMS
from bson.decimal128 import Decimal128
from bson.objectid import ObjectId

from crm_tasks.connectors.json_files import Keys, inner_records
from crm_tasks.connectors.text_rows import TextRow, text_chunk
from crm_tasks.errors import CrmError, LandingRefused, SettingsError, SourceUnavailable
from crm_tasks.landing.json_records import Number, RefusedJson
from crm_tasks.landing.records import RefusedRecord
from crm_tasks.landing.rows import Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from crm_tasks.connectors.databases.dialect import Place
    from crm_tasks.landing.cursors import Reached
    from crm_tasks.profiles import SourceTable

DOCUMENTS_PER_FETCH, DOCUMENTS_PER_CHUNK = 1_024, 8_192
SNAPSHOT_WIRE_VERSION = 13  # MongoDB 5.0
REFUSES_US = {11, 13, 18, 8000}
EXACT = 2**53
CODEC: CodecOptions[dict[str, Any]] = CodecOptions(
    tz_aware=True,
    uuid_representation=4,
    unicode_decode_error_handler="surrogateescape",
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
)


class ObjectID(str):
    """Text of an ObjectId."""

    __slots__ = ()


class Date(str):
    """Text of a moment, in UTC."""

    __slots__ = ()


class UUID(str):
    """Text of a UUID."""

    __slots__ = ()


class Other(str):
    """Extended JSON of a type that has no other text, as regular expressions or references."""

    __slots__ = ()


class Collections:
    """The collections of one database, opened for reading."""

    def __init__(self, client: pymongo.MongoClient[Any], session: Any, place: Place) -> None:
        self.database = client.get_database(place.database.name, codec_options=CODEC)
        self.session, self.place = session, place

    def chunks(
        self, table: SourceTable, reached: Reached | None = None, at_most: int | None = None
    ) -> Iterator[Chunk]:
        """Yield a collection's documents as text, from where the last extract ended.

        ``at_most`` so many documents, of any, are a sample.
        """
        try:
            with self.database[str(table.table)].find(
                _filter(table, reached),
                sort=_order(table) if at_most is None else None,
                limit=at_most or 0,
                batch_size=DOCUMENTS_PER_FETCH,
                session=self.session,
            ) as documents:
                yield from document_chunks(documents, table)
        except pe.PyMongoError as error:
            raise spoken(error, self.place) from None

    def notes(self, table: SourceTable) -> frozenset[str]:
        """Tell where collections are not of one moment."""
        del table
        if self.session is not None:
            return frozenset()
        return frozenset({"the server gives no snapshot: the collection was read as it changed"})


@contextmanager
def collections(place: Place) -> Iterator[Collections]:
    """Open one moment of a database, where its server knows moments.

    Raises
    ------
    CrmError
        What the driver reports, in our words.
    """
    try:
        with _client(place) as client:
            hello = client.admin.command("hello")
            is_replicated = "setName" in hello or hello.get("msg") == "isdbgrid"
            if is_replicated and hello.get("maxWireVersion", 0) >= SNAPSHOT_WIRE_VERSION:
                with client.start_session(snapshot=True) as session:
                    yield Collections(client, session, place)
            else:
                yield Collections(client, None, place)
    except pe.PyMongoError as error:
        raise spoken(error, place) from None


def _client(place: Place) -> pymongo.MongoClient[Any]:
    database = place.database
    limit_ms = database.time_limit_seconds * 1000
    who: dict[str, Any] = {"username": database.user} if database.user else {}
    if place.secret is not None:
        who["password"] = place.secret
    return pymongo.MongoClient(
        f"{database.scheme}://{database.hosts}/{database.name}",
        serverSelectionTimeoutMS=limit_ms,
        connectTimeoutMS=limit_ms,
        socketTimeoutMS=limit_ms,
        appname="guanxi",
        **who,
        **_typed(database.parameters),
    )


def _typed(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return parameters as keywords take them: yes and no as such."""
    words = {"true": True, "false": False}
    return {name: words.get(value, value) for name, value in parameters.items()}


def _order(table: SourceTable) -> list[tuple[str, int]]:
    """Return the order documents are read in: by the cursor, then by their own key."""
    names = [table.cursor.column] if table.cursor else []
    return [(name, 1) for name in dict.fromkeys([*names, "_id"])]


def _filter(table: SourceTable, reached: Reached | None) -> dict[str, Any]:
    if table.cursor is None or reached is None:
        return {}
    low = {"$gte": _cursor_value(reached.low, reached.type)}
    return {"$or": [{table.cursor.column: low}, {table.cursor.column: None}]}


def _cursor_value(low: str, type_name: str) -> Any:
    """Return where reading begins again in the type the documents have.

    >>> _cursor_value("12", "number"), _cursor_value("x", "string")
    (12, 'x')
    """
    if type_name == "objectid":
        return ObjectId(low)
    if type_name == "date":
        return dt.datetime.fromisoformat(low)
    if type_name == "number":
        return int(low) if low.lstrip("-").isdecimal() else Decimal128(Decimal(low))
    return low


def document_chunks(documents: Iterable[Mapping[str, Any]], table: SourceTable) -> Iterator[Chunk]:
    """Yield documents as text in bounded chunks; at least one.

    Raises
    ------
    LandingRefused
        ``E_TYPE``: bytes nobody declared.
    """
    rows = _Documents(table)
    for document in documents:
        rows.take(document)
        if rows.n_found >= DOCUMENTS_PER_CHUNK:
            yield rows.handed_over()
    yield rows.handed_over()


class _Documents:
    """Documents of one collection on their way to a chunk."""

    def __init__(self, table: SourceTable) -> None:
        self.table, self.keys = table, Keys(table, {})
        self.first_no, self.n_found = 1, 0
        self.rows: list[tuple[int, TextRow]] = []
        self.refused: list[RefusedRecord] = []

    def take(self, document: Mapping[str, Any]) -> None:
        """Take one document: a row, those inside of it, or a refused record."""
        try:
            plain = {name: self._plain(value, name) for name, value in document.items()}
            found = [
                self.keys.texts(one, parents)
                for one, parents in inner_records(plain, self.table.inner_paths)
            ]
        except RefusedJson as reason:
            number = self.first_no + self.n_found
            self.refused.append(RefusedRecord(number, 0, as_extended(document), str(reason)))
            self.n_found += 1
            return
        for texts in found:
            row = tuple(texts[name] for name in self.table.text_columns)
            self.rows.append((self.first_no + self.n_found, row))
            self.n_found += 1

    def _plain(self, value: Any, path: str) -> Any:
        """Return a value as JSON would hold it, with its type where JSON has none."""
        if isinstance(value, dict):
            return {name: self._plain(inner, f"{path}.{name}") for name, inner in value.items()}
        if isinstance(value, list):
            return [self._plain(inner, path) for inner in value]
        if isinstance(value, bytes):
            if self.table.binary == "refuse":
                raise LandingRefused(
                    f"E_TYPE: table {self.table.name}: {path} holds bytes; declare binary: hex"
                )
            return value.hex()
        return _plain_scalar(value)

    def handed_over(self) -> Chunk:
        types = self.keys.seen
        chunk = text_chunk(self.rows, self.table.text_columns, types)
        refused = sorted((*chunk.refused, *self.refused), key=lambda record: record.record_no)
        self.first_no += self.n_found
        self.rows, self.refused, self.n_found = [], [], 0
        return Chunk(chunk.rows, tuple(refused), columns=types)


def _plain_scalar(value: Any) -> Any:
    """Return a value that holds no others.

    >>> _plain_scalar(3.0), _plain_scalar(Decimal128("1.50")), _plain_scalar("x")
    (Number('3'), Number('1.50'), 'x')
    """
    if value is None or isinstance(value, bool):
        return value
    for kind, convert in SCALARS.items():
        if isinstance(value, kind):
            return convert(value)
    return Other(json_util.dumps(value))


def _float(value: float) -> str:
    if not math.isfinite(value):
        return repr(value)  # text, since JSON has no such number
    is_whole = value.is_integer() and abs(value) < EXACT
    return Number(int(value)) if is_whole else Number(repr(value))


def _decimal(value: Decimal128) -> str:
    number = value.to_decimal()
    return Number(format(number, "f")) if number.is_finite() else str(value)


#: By type; of those that are kinds of others, the narrower stands first.
SCALARS: dict[type, Callable[[Any], Any]] = {
    str: str,
    int: lambda value: Number(int(value)),
    float: _float,
    Decimal128: _decimal,
    ObjectId: lambda value: ObjectID(str(value)),
    dt.datetime: lambda value: Date(value.isoformat(sep=" ").replace("+00:00", "Z")),
    DatetimeMS: lambda value: Date(f"{int(value)} ms"),  # beyond the year 9999
    uuid.UUID: lambda value: UUID(str(value)),
}


def as_extended(document: Mapping[str, Any]) -> bytes:
    """Return a document as canonical extended JSON: nothing of its types is lost."""
    options = json_util.CANONICAL_JSON_OPTIONS
    text = json_util.dumps(document, json_options=options, ensure_ascii=False)
    return text.encode("utf-8", "surrogateescape")


def spoken(error: pe.PyMongoError, place: Place) -> CrmError:
    """Return an error of ours for one of the driver, whose own message may quote values."""
    where = f"source {place.source_system}: {place.database.where}"
    code = getattr(error, "code", None)
    said = f" ({type(error).__name__}{f' {code}' if code else ''})"
    if code in REFUSES_US:
        return SettingsError(f"{where} refuses us{said}: look at user, password setting and rights")
    if isinstance(error, pe.ConfigurationError | pe.InvalidURI):
        return SettingsError(f"{where}: not a usable address{said}")
    return SourceUnavailable(f"{where} does not answer or broke off{said}")

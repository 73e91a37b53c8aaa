"""Where a database is and how far its tables were read; never how to get in."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Literal, Self
from urllib.parse import parse_qsl, unquote

from pydantic import Field, model_validator

from crm_tasks.errors import listed, nearest
from crm_tasks.profiles.base import ColumnName, SecretName, Strict

Kind = Literal["sqlite", "postgresql", "mysql", "mongodb"]
KINDS: dict[str, Kind] = {
    "sqlite": "sqlite",
    "postgresql": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "mongodb": "mongodb",
    "mongodb+srv": "mongodb",
}
#: What may stand behind the question mark. Nothing that names a password, a file to read or a
#: command to run is among it.
PARAMETERS: dict[Kind, frozenset[str]] = {
    "sqlite": frozenset(),
    "postgresql": frozenset({"host", "sslmode", "sslrootcert", "target_session_attrs"}),
    "mysql": frozenset({"unix_socket", "ssl_ca"}),
    "mongodb": frozenset(
        {"authSource", "authMechanism", "directConnection", "readPreference", "replicaSet", "tls",
         "tlsCAFile"}
    ),
}  # fmt: skip
URL = re.compile(
    r"(?P<scheme>[a-z0-9+]+)://"
    r"(?:(?P<user>[^:@/?#\s]*)(?P<password>:[^@/?#]*)?@)?"
    r"(?P<hosts>[^/?#@\s]*)/(?P<name>[^?#]*)(?:\?(?P<query>[^#\s]*))?"
)
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
Overlap = (
    Annotated[int, Field(ge=0)]
    | Annotated[str, Field(pattern=r"^\d{1,6} (seconds|minutes|hours|days)$")]
)


class Database(Strict):
    """A database, by a URL without password; the password is a setting that the profile names.

    ``sqlite:///shop.db`` (relative to the profile), ``postgresql://reader@host:5432/shop``,
    ``mysql://`` or ``mariadb://``, ``mongodb://`` or ``mongodb+srv://``.
    """

    url: str
    password: SecretName | None = Field(
        None, description="Setting that holds the password: CRM_SECRET_..."
    )
    time_limit_seconds: Annotated[int, Field(ge=1, le=86_400)] = Field(
        120, description="How long connecting, or waiting for the next rows, may take"
    )

    @model_validator(mode="after")
    def _url_is_complete_and_harmless(self) -> Self:
        found = URL.fullmatch(self.url)
        if found is None or found["scheme"] not in KINDS:
            schemes = ", ".join(KINDS)
            raise ValueError(f"url: expected scheme://user@host/database, scheme one of {schemes}")
        if found["password"]:
            raise ValueError(
                "url: a password stands in the file; put it into a setting CRM_SECRET_... and name "
                "that under password"
            )
        unknown = set(self.parameters) - PARAMETERS[self.kind]
        if unknown:
            hint = nearest(min(unknown), PARAMETERS[self.kind])
            raise ValueError(f"url: unknown parameters {listed(unknown)}{hint}")
        if not self.name:
            raise ValueError("url: names no database")
        if self.kind == "sqlite" and (self.hosts or found["user"] or self.password):
            raise ValueError("url: a SQLite file has neither host nor user: sqlite:///shop.db")
        if self.password and not self.user:
            raise ValueError("url: a password needs a user: scheme://user@host/database")
        return self

    def _part(self, name: str) -> str:
        found = URL.fullmatch(self.url)
        return (found[name] or "") if found else ""

    @property
    def scheme(self) -> str:
        return self._part("scheme")

    @property
    def kind(self) -> Kind:
        return KINDS[self.scheme]

    @property
    def user(self) -> str:
        return unquote(self._part("user"))

    @property
    def hosts(self) -> str:
        """Host and port; of MongoDB several, joined by commas."""
        return self._part("hosts")

    @property
    def name(self) -> str:
        """The database; of SQLite the path of its file."""
        return unquote(self._part("name"))

    @property
    def parameters(self) -> dict[str, str]:
        return dict(parse_qsl(self._part("query"), keep_blank_values=True))

    @property
    def where(self) -> str:
        """The place as messages name it: no user, no parameters."""
        return f"{self.scheme}://{self.hosts}/{self.name}"


class Cursor(Strict):
    """A column that only grows: rows below the highest value landed are not read again.

    Rows that come late, with a value a little below it, are caught by ``overlap``: so far back is
    read again, and what was landed already is recognised by its content.
    """

    column: ColumnName
    overlap: Overlap = Field(
        0, description="How far back to read again: a number, or '3 days' for times"
    )

    @property
    def overlap_time(self) -> dt.timedelta:
        """The overlap of a cursor that holds times."""
        if isinstance(self.overlap, int):
            return dt.timedelta(seconds=self.overlap)
        number, unit = self.overlap.split()
        return dt.timedelta(seconds=int(number) * UNITS[unit])

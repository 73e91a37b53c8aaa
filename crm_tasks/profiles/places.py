"""Where a source is: the one place all its tables are read from."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from crm_tasks.profiles.base import Name, Strict
from crm_tasks.profiles.tables import SourceTable


class KnownAt(Strict):
    """When a fact counts as known: with its event (plus a lag), or when it was first landed."""

    rule: Literal["event", "landing"]
    lag_days: Annotated[int, Field(ge=0, le=3650)] = 0


class Source(Strict):
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

"""Expectation files: what the data of a table must be like, as data anybody can read and change.

One file per table, ``expectations/<layer>/<table>.yml``. A file is read strictly: an unknown key,
type, table or column is an error that names the nearest known one, before any data are looked at.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from crm_tasks.contracts import Table, find_table
from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.errors import ContractError, listed, nearest
from crm_tasks.settings import PROJECT
from crm_tasks.strict_yaml import load_strict

if TYPE_CHECKING:
    from pathlib import Path

EXPECTATIONS = PROJECT / "expectations"
LAYERS = ("landing", "core", "features", "graph", "ml", "strategy")

#: Row by row: a row fits or does not, ``mostly`` says which share has to fit.
ROW_TYPES: dict[str, tuple[str, ...]] = {
    "expect_column_values_to_be_between": ("column",),
    "expect_column_values_to_be_in_set": ("column",),
    "expect_column_values_to_not_be_in_set": ("column",),
    "expect_column_values_to_be_null": ("column",),
    "expect_column_values_to_not_be_null": ("column",),
    "expect_column_values_to_match_regex": ("column",),
    "expect_column_value_lengths_to_be_between": ("column",),
    "expect_column_pair_values_a_to_be_greater_than_b": ("column_A", "column_B"),
}
#: Of the whole table: one figure is compared with limits.
TABLE_TYPES: dict[str, tuple[str, ...]] = {
    "expect_table_row_count_to_be_between": (),
    "expect_column_mean_to_be_between": ("column",),
    "expect_column_sum_to_be_between": ("column",),
    "expect_column_stdev_to_be_between": ("column",),
    "expect_column_unique_value_count_to_be_between": ("column",),
    "expect_column_proportion_of_unique_values_to_be_between": ("column",),
    "expect_column_max_to_be_between": ("column",),
    "expect_column_min_to_be_between": ("column",),
    "expect_column_distinct_values_to_be_in_set": ("column",),
    "expect_column_most_common_value_to_be_in_set": ("column",),
}
TYPES = ROW_TYPES | TABLE_TYPES

Text = Annotated[str, Field(min_length=10)]


@dataclass(frozen=True)
class RunFacts:
    """What an expectation may refer to by name: the only facts of a run it can depend on.

    Parameters
    ----------
    as_of : datetime.date
        ``{as_of}`` in a limit of a date.
    time_zone : str
        Where the company is: ``{as_of_at}`` is 00:00 of the as-of date there, in UTC, for limits
        of moments.
    channels : tuple of str
        ``{channels}`` in a value set: the channels the profile allows.
    entities_fed : frozenset of str
        The canonical entities some source feeds; ``when_fed`` asks for one of them.
    """

    as_of: dt.date
    time_zone: str = "UTC"
    channels: tuple[str, ...] = ()
    entities_fed: frozenset[str] = frozenset()

    @property
    def as_of_at(self) -> dt.datetime:
        """The first moment the run does not see, in UTC and without a zone, as columns hold it.

        >>> RunFacts(dt.date(2018, 1, 2), "Asia/Shanghai").as_of_at
        datetime.datetime(2018, 1, 1, 16, 0)
        """
        midnight = dt.datetime.combine(self.as_of, dt.time(), ZoneInfo(self.time_zone))
        return midnight.astimezone(dt.UTC).replace(tzinfo=None)

    def filled_in(self, value: Any) -> Any:
        """Return a limit with its placeholder, if it is one, replaced.

        >>> RunFacts(dt.date(2018, 1, 2)).filled_in("{as_of}")
        datetime.datetime(2018, 1, 2, 0, 0)
        """
        if isinstance(value, list):
            return [self.filled_in(item) for item in value]
        if isinstance(value, str):
            named = {
                "{as_of}": self.as_of,
                "{as_of_at}": self.as_of_at,
                "{channels}": list(self.channels),
            }
            value = named.get(value, value)
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            # Columns of dates are compared as moments: a date is the start of its day.
            return dt.datetime.combine(value, dt.time())
        return value


PLACEHOLDERS = ("{as_of}", "{as_of_at}", "{channels}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Expectation(_Strict):
    """One expectation: what must hold, how bad it is if not, and what happens to the rows.

    ``name`` is the claim, unique in its file. ``critical`` stops the run before anything is
    published; ``warning`` is recorded with the keys of the rows.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
    type: str
    kwargs: dict[str, Any]
    severity: Literal["critical", "warning"]
    treatment: Text
    why: Text

    @field_validator("type")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in TYPES:
            raise ValueError(f"unknown expectation type {value!r}{nearest(value, TYPES)}")
        return value

    @model_validator(mode="after")
    def _names_its_columns(self) -> Self:
        absent = [argument for argument in TYPES[self.type] if argument not in self.kwargs]
        if absent:
            raise ValueError(f"{self.name}: kwargs lack {listed(absent)}")
        for value in self.kwargs.values():
            is_braced = isinstance(value, str) and value.startswith("{")
            if is_braced and value not in PLACEHOLDERS:
                raise ValueError(f"{self.name}: unknown placeholder {value}, known: {PLACEHOLDERS}")
        return self

    @property
    def is_row_by_row(self) -> bool:
        return self.type in ROW_TYPES

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""
        return tuple(self.kwargs[argument] for argument in TYPES[self.type])

    @property
    def column_name(self) -> str:
        """The column it speaks of first, or '' for the whole table."""
        return self.columns[0] if self.columns else ""

    def arguments(self, facts: RunFacts) -> dict[str, Any]:
        """Return the kwargs with placeholders filled in; NULLs count in no comparison."""
        is_pair = "column_A" in self.kwargs
        gaps = {"ignore_row_if": "either_value_is_missing"} if is_pair else {}
        return gaps | {name: facts.filled_in(value) for name, value in self.kwargs.items()}

    @property
    def mostly(self) -> float:
        """Share of the rows that must fit."""
        return float(self.kwargs.get("mostly", 1.0))


class Suite(_Strict):
    """All expectations of one table.

    ``when_fed`` names the canonical entity without which the table is rightly empty: where no
    source feeds it, the suite is passed over.
    """

    table: str
    when_fed: str | None = None
    expectations: Annotated[tuple[Expectation, ...], Field(min_length=1)]

    @field_validator("when_fed")
    @classmethod
    def _is_an_entity(cls, value: str | None) -> str | None:
        if value is not None and value not in ENTITIES:
            raise ValueError(f"unknown entity {value!r}{nearest(value, ENTITIES)}")
        return value

    @model_validator(mode="after")
    def _fits_its_contract(self) -> Self:
        try:
            known = self.contract.column_names
        except ContractError as error:
            raise ValueError(str(error)) from None
        for expectation in self.expectations:
            for column in expectation.columns:
                if column not in known:
                    hint = nearest(column, known)
                    raise ValueError(f"{expectation.name}: {self.table} has no {column!r}{hint}")
        names = [expectation.name for expectation in self.expectations]
        doubled = {name for name in names if names.count(name) > 1}
        if doubled:
            raise ValueError(f"names must be unique, twice stands: {listed(doubled)}")
        return self

    @property
    def contract(self) -> Table:
        return find_table(self.table)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns its expectations read, in contract order."""
        read = {column for e in self.expectations for column in e.columns}
        return tuple(name for name in self.contract.column_names if name in read)


def load_suites(layer: str, root: Path = EXPECTATIONS) -> dict[Path, Suite]:
    """Return the suites of a layer by file, in the order of their names.

    Raises
    ------
    ContractError
        A file does not say what an expectation file must say, or there is none for this layer.
    """
    paths = sorted((root / layer).glob("*.yml"))
    if not paths:
        hint = "" if layer in LAYERS else nearest(layer, LAYERS)
        raise ContractError(f"no expectations for layer {layer!r} in {root}{hint}")
    suites = {path: load_strict(path, Suite, ContractError) for path in paths}
    for path, suite in suites.items():
        if path.stem != suite.contract.name:
            raise ContractError(
                f"{path}: is about {suite.table}; name it {suite.contract.name}.yml"
            )
    return suites

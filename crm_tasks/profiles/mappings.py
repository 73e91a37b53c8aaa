"""How the columns of a source table become fields of the canonical entities."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.errors import listed, nearest
from crm_tasks.profiles.base import Strict
from crm_tasks.profiles.computed import Amount, Numbered


class Constant(Strict):
    """The same text in every row."""

    constant: str


class Concat(Strict):
    """Columns joined with a hyphen: a key made of several columns.

    A hyphen inside a part is written ``~-`` (and ``~`` as ``~~``): ``1-2`` with ``3`` is another
    key than ``1`` with ``2-3``.
    """

    concat: Annotated[tuple[str, ...], Field(min_length=2)]


class Membership(Strict):
    """'true' or 'false' by whether a column's text is in a list; NULL counts as not in it.

    ``then`` and ``otherwise`` are other words for that: a message of our own accounts is ``out``,
    any other ``in``.
    """

    column: str
    is_in: tuple[str, ...] | None = None
    is_not_in: tuple[str, ...] | None = None
    then: str = "true"
    otherwise: str = "false"

    @model_validator(mode="after")
    def _exactly_one_list(self) -> Self:
        if (self.is_in is None) == (self.is_not_in is None):
            raise ValueError("give exactly one of is_in and is_not_in")
        return self


class Translated(Strict):
    """A column whose words are turned into the field's own; what is not listed stays as it is.

    With ``others: empty`` it means no value: of a deal's stages only those that end it say whether
    it was won.
    """

    column: str
    words: Annotated[
        dict[str, str], Field(min_length=1, description="The source's word: the field's word")
    ]
    others: Literal["keep", "empty"] = Field(
        "keep", description="What becomes of words that are not listed: as they stand, or no value"
    )


Mapping = str | Constant | Concat | Membership | Translated | Amount | Numbered


def columns_read(mapping: Mapping) -> tuple[str, ...]:
    """Return the source columns a mapping reads."""
    if isinstance(mapping, str):
        return (mapping,)
    if isinstance(mapping, Concat):
        return mapping.concat
    if isinstance(mapping, Amount):
        return (*mapping.multiply, *mapping.less)
    if isinstance(mapping, Numbered):
        return mapping.numbered
    return (mapping.column,) if isinstance(mapping, Membership | Translated) else ()


class Feed(Strict):
    """One canonical entity that a source table feeds.

    ``one_row_per`` makes one row of the entity out of all rows that agree in these columns (an
    order out of its lines); the row with the lowest record number speaks for the others.
    """

    entity: str
    map: dict[str, Mapping]
    one_row_per: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _maps_known_fields(self) -> Self:
        if self.entity not in ENTITIES:
            raise ValueError(f"unknown entity {self.entity!r}{nearest(self.entity, ENTITIES)}")
        entity = ENTITIES[self.entity]
        for field in self.map:
            if field not in entity.field_names:
                hint = nearest(field, entity.field_names)
                raise ValueError(f"{self.entity} has no field {field!r}{hint}")
        needed = {f.name for f in entity.fields if f.is_required or f.is_mapped}
        missing = needed - set(self.map)
        if missing:
            raise ValueError(f"{self.entity}: required fields not mapped: {listed(missing)}")
        return self

    @model_validator(mode="after")
    def _numbers_rows_not_groups(self) -> Self:
        numbered = [name for name, mapping in self.map.items() if isinstance(mapping, Numbered)]
        if numbered and self.one_row_per is not None:
            raise ValueError(
                f"{self.entity}.{numbered[0]}: numbered counts rows; one_row_per "
                "leaves none to count"
            )
        return self

"""Mappings that compute: an amount out of its factors, a key for rows that have none."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from crm_tasks.profiles.base import Strict


class Amount(Strict):
    """Two columns multiplied, less what other columns take off: quantity times unit price.

    Nothing is rounded unless ``decimals`` says so: a line of 0.335 is no amount of money then. An
    empty factor gives no amount, an empty deduction takes nothing off.
    """

    multiply: tuple[str, str]
    less: tuple[str, ...] = ()
    decimals: Annotated[
        int | None, Field(ge=0, le=6, description="Round half away from zero to so many decimals")
    ] = None


class Numbered(Strict):
    """A key for rows whose columns are no key: the columns joined, and which such row it is.

    The second line of article 7 in invoice 12 is ``12-7-2``. A file that is delivered again,
    longer, gives its old rows the same keys, as long as it keeps their order.
    """

    numbered: Annotated[tuple[str, ...], Field(min_length=1)]

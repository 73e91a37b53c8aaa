"""Names, zones and the strictness that everything a profile says has in common."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from crm_tasks.errors import nearest

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
#: What a proposed profile says where only the user can choose: it does not run before.
UNDECIDED = "undecided"
#: Printable, and free of what ends a name or a statement in SQL.
ColumnName = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f\"'`;\\]{1,128}$")]
#: Settings that hold what lets in: no profile can name any other setting of the machine.
SecretName = Annotated[str, Field(pattern=r"^CRM_SECRET_[A-Z0-9_]{1,50}$")]


def decided(value: object) -> object:
    """Return what a profile says, unless `crm profile init` left it to the user.

    Raises
    ------
    ValueError
        The word ``undecided`` still stands there.
    """
    if value == UNDECIDED:
        raise ValueError("still undecided; the comment beside it says between what to choose")
    return value


Decided = BeforeValidator(decided)
TimeFormat = Annotated[
    str, Decided, Field(pattern=r"^[^%'\\\x00-\x1f]*(%[aAbBdeHIjmMpSfyYzZ][^%'\\\x00-\x1f]*)+$")
]
#: Names the lake gives to what it adds itself.
LANDING_METADATA = ("source_file_sha256", "byte_offset", "record_no", "extracted_at", "batch_id")
#: The column that keeps what a JSON record says beyond the declared columns.
RAW_PAYLOAD = "raw_payload"
#: Columns that say of a record from the web where and when it was fetched.
FETCHED = ("fetched_url", "fetched_at")
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


class Strict(BaseModel):
    """Frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

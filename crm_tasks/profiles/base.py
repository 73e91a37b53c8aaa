"""Names, zones and the strictness that everything a profile says has in common."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field

from crm_tasks.errors import nearest

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
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


class Strict(BaseModel):
    """Frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

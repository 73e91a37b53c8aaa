"""When a delivery of a source table is too small to be true."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Volume(BaseModel):
    """How many records a delivery must bring, as a share of the delivery before it.

    A delivery is what a run has of the table and its predecessor has not; of a table with
    ``load: full`` it is the newest file, beside the last that was believed; one that stops the run
    is not believed: it deletes nothing. Undeclared, a full table that lost more than half of its
    records stops the run, and a smaller delivery of an append table is a warning.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    at_least_share: Annotated[float, Field(ge=0, description="0.5: half of it; 0: never mind")]
    otherwise: Literal["stop", "warn"] = "stop"


#: What holds for a table that declares nothing, by how it is loaded.
DEFAULT_VOLUME = {
    "full": Volume(at_least_share=0.5, otherwise="stop"),
    "append": Volume(at_least_share=0.5, otherwise="warn"),
}

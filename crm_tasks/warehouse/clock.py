"""Wall-clock time: read here only, written to ``ops`` only."""

from __future__ import annotations

import datetime as dt


def utc_now() -> dt.datetime:
    """Return the time now in UTC, without zone, as every ``_at`` column holds it."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)  # noqa: TID251 (the one place)

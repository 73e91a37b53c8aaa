"""One attempt at a run, as a scheduler or the command line starts it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Attempt:
    """What is known before anything ran; plain text, so that a scheduler can pass it on.

    Parameters
    ----------
    attempt_id : str
        The scheduler's own run id: all steps of one DAG run share it.
    profile : str
        Name of a bundled profile, or a YAML file.
    home : str
        ``CRM_HOME``.
    as_of : str, optional
        ISO date asked for explicitly; otherwise the profile and the data interval decide.
    reads_sources : bool
        Whether landing looks at the sources; otherwise the run takes what has been landed.
    """

    attempt_id: str
    profile: str
    home: str
    as_of: str | None = None
    is_dry_run: bool = False
    reads_sources: bool = True
    dag_id: str | None = None
    logical_date: str | None = None
    data_interval_start: str | None = None
    data_interval_end: str | None = None

    def interval_end_date(self, time_zone: str) -> dt.date | None:
        """Return the date, in a time zone, on which the data interval ends, if there is one."""
        if self.data_interval_end is None:
            return None
        end = dt.datetime.fromisoformat(self.data_interval_end)
        in_utc = end if end.tzinfo else end.replace(tzinfo=dt.UTC)  # not in the machine's zone
        return in_utc.astimezone(ZoneInfo(time_zone)).date()

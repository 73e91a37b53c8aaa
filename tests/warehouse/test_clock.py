"""The one clock: UTC, without a zone, and the machine's time zone changes nothing."""

from __future__ import annotations

import datetime as dt
import time

from crm_tasks.warehouse.clock import utc_now


def test_the_time_is_utc_wherever_the_machine_stands(monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")  # fourteen hours ahead
    time.tzset()
    try:
        now = utc_now()
        since_epoch = (now - dt.datetime.fromtimestamp(0, dt.UTC).replace(tzinfo=None)) / (
            dt.timedelta(seconds=1)
        )
        assert now.tzinfo is None
        assert abs(since_epoch - time.time()) < 5
    finally:
        monkeypatch.undo()
        time.tzset()

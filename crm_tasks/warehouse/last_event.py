"""The last event in a profile's landed batches: what as-of falls back to when nobody names it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.landing.views import landing_views_sql
from crm_tasks.warehouse.connection import file_engine
from crm_tasks.warehouse.landed import landed_batches

if TYPE_CHECKING:
    from crm_tasks.profiles import Profile
    from crm_tasks.warehouse.home import Home
    from crm_tasks.warehouse.ledger import Ledger


def day_after_last_event(home: Home, profile: Profile, ledger: Ledger) -> dt.date | None:
    """Return the day after the latest event time that can be true, or None without any."""
    batches = landed_batches(home, ledger.batches_of_profile(profile.profile))
    with file_engine(home.temporary, "1GB", threads=1) as connection:
        connection.execute(landing_views_sql(profile, batches))
        latest = [
            connection.execute(
                f"select max(happened) from (select try_cast({field.name} as date) as happened, "
                f"landed_at from landing.landing_{name}) where happened <= landed_at + to_days(1)"
            ).fetchall()[0][0]
            for name, entity in ENTITIES.items()
            if (field := entity.event_time) is not None and field.kind == "timestamp"
        ]
    known = [date for date in latest if date is not None]
    return max(known) + dt.timedelta(days=1) if known else None

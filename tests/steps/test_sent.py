"""What left through our outbox comes back as a contact, of whoever the customer is today."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.contracts import find_table
from crm_tasks.steps import sent
from crm_tasks.warehouse.outbox import Outbox


def test_what_we_sent_comes_back_as_a_contact_of_todays_customer(opened, monkeypatch):
    run = opened("identity")
    planned = run.read("strategy.actions")
    action = planned.to_pylist()[0]
    at = dt.datetime.combine(run.as_of, dt.time(9))
    monkeypatch.setattr("crm_tasks.warehouse.outbox.utc_now", lambda: at)
    outbox = Outbox(run.ledger)
    outbox.enqueue(
        [
            {**action, "channel": action["channel_id"], "adapter": "smtp"},
            {**action, "idempotency_key": "waits", "channel": "email", "adapter": "smtp"},
        ]
    )
    outbox.claim([action["idempotency_key"]])
    outbox.finish([action["idempotency_key"]], "sent")
    records, events = run.read("identity.records"), run.read("identity.events")
    # On the day itself the message is not yet known; the day after it is.
    assert sent.sent_messages(run, records, events).num_rows == 0
    later = replace(run, predecessor_run_id=run.run_id, as_of=run.as_of + dt.timedelta(days=1))
    (row,) = sent.sent_messages(later, records, events).to_pylist()
    assert row["strategy_action_id"] == action["strategy_action_id"]
    assert (row["customer_id"], row["sent_at"]) == (action["customer_id"], at)
    # Somebody else took the customer up since.
    heir = next(c for c in planned["customer_id"].to_pylist() if c != action["customer_id"])
    merged = {
        "event_id": "e", "event_type": "merged", "customer_id": heir,
        "other_customer_id": action["customer_id"], "reason": "r", "occurred_at": at,
        "as_of_date": later.as_of,
    }  # fmt: skip
    known = records.filter(pc.not_equal(records["customer_id"], action["customer_id"]))
    told = pa.Table.from_pylist([merged], schema=find_table("identity.events").arrow_schema)
    (row,) = sent.sent_messages(later, known, told).to_pylist()
    assert row["customer_id"] == heir

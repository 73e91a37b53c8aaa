"""The log of what people decided about pairs of records: appended to, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_tasks.contracts.ops import IDENTITY_DECISION_LOG
from crm_tasks.warehouse.audit import append_in
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.ops_store import insert_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_tasks.warehouse.ledger import Ledger


def append_decision(ledger: Ledger, decision: Mapping[str, Any]) -> int:
    """Append a decision and audit it; return its number.

    Parameters
    ----------
    decision : mapping
        profile, record_l, record_r, decision, decided_by and reason.
    """
    with ledger.store.transaction() as connection:
        query = "select coalesce(max(decision_no), 0) + 1 from identity_decision_log"
        number = int(connection.execute(query).fetchone()[0])
        row = {**decision, "decision_no": number, "decided_at": utc_now()}
        insert_rows(connection, IDENTITY_DECISION_LOG, [row])
        detail = {"decision": decision["decision"], "profile": decision["profile"]}
        append_in(connection, "identity.decided", f"decision {number}", detail)
    return number


def decisions_of(ledger: Ledger, profile: str) -> list[dict[str, Any]]:
    """Return a profile's decisions, the oldest first."""
    return ledger.store.rows(
        "select * from identity_decision_log where profile = ? order by decision_no", (profile,)
    )

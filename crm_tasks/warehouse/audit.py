"""The audit log: every act is a row that carries the hash of the row before it.

Changing, removing or reordering a row breaks the chain; cutting its tail breaks the signed head,
which is kept outside the store and needs the audit key to forge.
"""

from __future__ import annotations

import getpass
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from crm_tasks.contracts.ops import AUDIT_LOG
from crm_tasks.errors import AuditBroken
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.files import fsync_path
from crm_tasks.warehouse.ops_store import insert_rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from crm_tasks.warehouse.ledger import Ledger

GENESIS = "0" * 64
CHAINED = ("seq", "at", "actor", "role", "action", "object", "detail", "prev_hash")


def append_audit(
    ledger: Ledger, action: str, subject: str, detail: Mapping[str, Any], role: str = "pipeline"
) -> None:
    """Append one act; ``detail`` holds counts and ids, never personal data."""
    with ledger.store.transaction() as connection:
        append_in(connection, action, subject, detail, role)


def append_in(
    connection: sqlite3.Connection,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
    role: str = "pipeline",
) -> None:
    """Append one act within a transaction that is already open."""
    last = connection.execute(
        "select seq, hash from audit_log order by seq desc limit 1"
    ).fetchone()
    row = {
        "seq": last["seq"] + 1 if last else 1,
        "at": utc_now().isoformat(sep=" "),
        "actor": getpass.getuser(),
        "role": role,
        "action": action,
        "object": subject,
        "detail": json.dumps(detail, sort_keys=True),
        "prev_hash": last["hash"] if last else GENESIS,
    }
    insert_rows(connection, AUDIT_LOG, [{**row, "hash": chained_hash(row)}])


def chained_hash(row: Mapping[str, Any]) -> str:
    """Return sha256 over a row's fields and the hash before it, as canonical JSON."""
    text = json.dumps({name: row[name] for name in CHAINED}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def sign_head(ledger: Ledger, head_file: Path, key: bytes) -> None:
    """Append the signed head of the chain to a file that can be copied off the machine."""
    found = ledger.store.rows("select seq, hash from audit_log order by seq desc limit 1")
    if not found:
        return
    head = {"seq": found[0]["seq"], "hash": found[0]["hash"]}
    line = json.dumps({**head, "signature": _signature(head, key)})
    with head_file.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    fsync_path(head_file)


def signed_again(lines: Sequence[str], key: bytes) -> str:
    """Return the signed heads under another key; what they name stays the same."""
    heads = [json.loads(line) for line in lines]
    named = [{"seq": head["seq"], "hash": head["hash"]} for head in heads]
    return "".join(
        json.dumps({**head, "signature": _signature(head, key)}) + "\n" for head in named
    )


def verify_audit(rows: Sequence[Mapping[str, Any]], heads: Sequence[str], key: bytes | None) -> int:
    """Return the number of rows of an intact chain.

    Parameters
    ----------
    rows : sequence of mappings
        ``ops.audit_log`` in order of ``seq``.
    heads : sequence of str
        Lines written by :func:`sign_head`.
    key : bytes or None
        The audit key; without it signatures are not checked, the hashes they name are.

    Raises
    ------
    AuditBroken
        Naming the first row that does not fit.
    """
    before = GENESIS
    for expected_seq, row in enumerate(rows, start=1):
        if row["seq"] != expected_seq:
            raise AuditBroken(
                f"audit row {expected_seq} is missing: found {row['seq']} in its place"
            )
        if row["prev_hash"] != before or row["hash"] != chained_hash(row):
            raise AuditBroken(f"audit row {expected_seq} was changed: its hash does not follow")
        before = row["hash"]
    hashes = {row["seq"]: row["hash"] for row in rows}
    for number, line in enumerate(heads, start=1):
        _check_head(_head(line, number), hashes, key)
    return len(rows)


def _head(line: str, number: int) -> Mapping[str, Any]:
    try:
        head = json.loads(line)
    except json.JSONDecodeError:
        head = None
    if not isinstance(head, dict) or not {"seq", "hash", "signature"} <= head.keys():
        raise AuditBroken(f"line {number} of the signed heads is cut off or was changed")
    return head


def _check_head(head: Mapping[str, Any], hashes: Mapping[int, str], key: bytes | None) -> None:
    seq = head["seq"]
    if key is not None:
        unsigned = {"seq": seq, "hash": head["hash"]}
        if not hmac.compare_digest(head["signature"], _signature(unsigned, key)):
            raise AuditBroken(f"the signed head for row {seq} was not signed with this home's key")
    if hashes.get(seq) != head["hash"]:
        raise AuditBroken(f"audit row {seq} is missing or changed: a signed head names it")


def _signature(head: Mapping[str, Any], key: bytes) -> str:
    return hmac.new(key, json.dumps(head, sort_keys=True).encode(), hashlib.sha256).hexdigest()

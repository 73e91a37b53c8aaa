"""Who was erased, as the ops store keeps it: digests of records, and counts of what went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_tasks.warehouse.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crm_tasks.warehouse.ledger import Ledger

Statement = tuple[str, list[Any]]

NEW_REQUEST = """
insert or ignore into erasure_requests (request_id, subject_hash, requested_at, status)
values (?, ?, ?, 'erased')"""
WITHOUT_PAYLOAD = """
update quarantine set payload_ref = null, released_at = coalesce(released_at, ?)
where payload_ref = ?"""


def suppressed_records(ledger: Ledger) -> frozenset[str]:
    """Return the digests of all source records of erased persons."""
    return frozenset(row["digest"] for row in ledger.store.rows("select digest from suppressed"))


def request_statements(
    request_id: str,
    subject_hash: str,
    digests: Iterable[str],
    counts: Mapping[str, tuple[int, int]],
) -> list[Statement]:
    """Return what notes an erasure; each does no harm when repeated.

    Parameters
    ----------
    counts : mapping of str to pair of int
        Rows deleted and rows left without the person, by place.
    """
    statements: list[Statement] = [
        (
            NEW_REQUEST,
            [request_id, subject_hash, utc_now().isoformat(sep=" ")],
        )
    ]
    statements += [
        ("insert or ignore into suppressed (digest, request_id) values (?, ?)", [one, request_id])
        for one in sorted(digests)
    ]
    statements += [
        ("insert or ignore into erasure_log values (?, ?, ?, ?)", [request_id, name, *numbers])
        for name, numbers in sorted(counts.items())
        if any(numbers)
    ]
    return statements


def batch_statements(batch_id: str, n_loaded: int, n_erased: int) -> Statement:
    """Return what tells a batch how many records it holds and how many were taken out of it."""
    return (
        "update batches set n_loaded = ?, n_erased = ? where batch_id = ?",
        [n_loaded, n_erased, batch_id],
    )


def forget_statements(
    records: Iterable[str], ids: Iterable[str], payloads: Iterable[str]
) -> list[Statement]:
    """Return what takes a person out of the run state.

    Parameters
    ----------
    records : iterable of str
        Source records as ``source_system:source_record_id``.
    ids : iterable of str
        Customer ids any of them may have had.
    payloads : iterable of str
        References into the vault to quarantined bytes that are gone.
    """
    now = utc_now().isoformat(sep=" ")
    found: list[Statement] = [("delete from layers", [])]
    found += [
        ("delete from identity_decision_log where ? in (record_l, record_r)", [record])
        for record in sorted(records)
    ]
    found += [
        ("delete from dq_failed_rows where instr(row_key, ?) > 0", [one]) for one in sorted(ids)
    ]
    found += [(WITHOUT_PAYLOAD, [now, payload]) for payload in sorted(payloads)]
    return found


def note_verified(ledger: Ledger, request_id: str, n_bytes: int) -> None:
    """Note that every file was searched and nothing of the person was found."""
    with ledger.store.transaction() as connection:
        connection.execute(
            "update erasure_requests set status = 'verified', verified_at = ?, bytes_verified = ? "
            "where request_id = ?",
            (utc_now().isoformat(sep=" "), n_bytes, request_id),
        )

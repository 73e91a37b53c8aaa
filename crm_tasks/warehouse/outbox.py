"""The outbox: every message that leaves the house, once, with its state before and after.

A message is claimed in one transaction, handed over, and settled in another. Whoever finds it
claimed by a sender that is gone cannot know whether it left: it is in doubt, and stays so until a
delivery event or a person settles it. Nothing in doubt is ever sent again by itself.

The outbox knows actions, not people: whom an action is for is looked up when it is sent, so that
nothing here is personal and an erased customer's message cannot be sent.
"""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from crm_tasks.contracts.ops import OUTBOX_MESSAGES
from crm_tasks.errors import RunStateError, nearest
from crm_tasks.warehouse.audit import append_in
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.ops_store import insert_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from crm_tasks.warehouse.ledger import Ledger

PENDING, SENDING, SENT, FAILED, IN_DOUBT = STATES = (
    "pending", "sending", "sent", "failed", "in_doubt",
)  # fmt: skip
#: How a person or an event may settle a message in doubt.
SETTLED = (SENT, FAILED)
#: Sends after which a message that nobody takes is given up.
ROUNDS_AT_MOST = 5


class Outbox:
    """The messages of a home; one sender at a time."""

    def __init__(self, ledger: Ledger) -> None:
        self.store = ledger.store

    @property
    def lock_file(self) -> Path:
        """Held by the one sender while it sends."""
        return self.store.file.parent / "outbox.lock"

    @contextmanager
    def sending(self) -> Iterator[int]:
        """Be the sender; yields how many messages a sender that is gone left in doubt.

        Raises
        ------
        RunStateError
            Another process sends.
        """
        self.lock_file.parent.mkdir(parents=True, exist_ok=True)
        with self.lock_file.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise RunStateError("another process is sending; wait until it ends") from None
            yield self._doubt_what_was_left()

    def _doubt_what_was_left(self) -> int:
        """Put into doubt what is claimed: its sender is gone, since the lock is ours."""
        with self.store.transaction() as connection:
            found = connection.execute(
                "update outbox_messages set state = ?, reason = ?, changed_at = ? where state = ?",
                (IN_DOUBT, "the sender ended while it was handing it over", _now(), SENDING),
            )
            return int(found.rowcount)

    def enqueue(self, messages: Sequence[Mapping[str, Any]]) -> int:
        """Put messages in; a key that was ever put in is left as it is. Returns the new ones.

        Parameters
        ----------
        messages : sequence of mapping
            idempotency_key, strategy_action_id, campaign_id, channel, content_id and adapter.
        """
        now = utc_now()
        with self.store.transaction() as connection:
            known = {row[0] for row in connection.execute(
                "select idempotency_key from outbox_messages")}  # fmt: skip
            fresh = {m["idempotency_key"]: m for m in messages if m["idempotency_key"] not in known}
            rows = [
                {**one, "state": PENDING, "attempts": 0, "queued_at": now, "changed_at": now}
                for one in fresh.values()
            ]
            insert_rows(connection, OUTBOX_MESSAGES, rows)
        return len(fresh)

    def claim(self, keys: Sequence[str], handed_as: str | None = None) -> list[str]:
        """Claim pending messages in one transaction; returns the keys that are now ours.

        They count as handed over from now on: what is claimed may have left.

        ``handed_as`` names what carries them, a file for a batch.
        """
        now = _now()
        with self.store.transaction() as connection:
            return [
                key
                for key in keys
                if connection.execute(
                    "update outbox_messages set state = ?, attempts = attempts + 1, handed_as = ?,"
                    " handed_at = ?, changed_at = ? where idempotency_key = ? and state = ?",
                    (SENDING, handed_as, now, now, key, PENDING),
                ).rowcount
            ]

    def finish(self, keys: Sequence[str], state: str, reason: str | None = None) -> None:
        """Say what became of claimed messages; ``pending`` puts them back, up to five times."""
        with self.store.transaction() as connection:
            connection.executemany(
                "update outbox_messages set reason = ?, changed_at = ?, state = case"
                f" when ? = '{PENDING}' and attempts >= {ROUNDS_AT_MOST} then '{FAILED}'"
                " else ? end where idempotency_key = ? and state = ?",
                [(reason, _now(), state, state, key, SENDING) for key in keys],
            )

    def settle(self, keys: Sequence[str], state: str, by: str, reason: str) -> int:
        """Settle messages in doubt as sent or failed, audited; returns how many were in doubt.

        Raises
        ------
        RunStateError
            No such way to settle.
        """
        if state not in SETTLED:
            raise RunStateError(f"a message is settled as sent or failed{nearest(state, SETTLED)}")
        settled = 0
        with self.store.transaction() as connection:
            for key in keys:
                done = connection.execute(
                    "update outbox_messages set state = ?, reason = ?, settled_by = ?,"
                    " changed_at = ? where idempotency_key = ? and state = ?",
                    (state, reason, by, _now(), key, IN_DOUBT),
                ).rowcount
                if done:
                    settled += 1
                    append_in(connection, "outbox.settled", key, {"state": state, "by": by})
        return settled

    def resume(self, keys: Sequence[str], state: str) -> None:
        """Take files out of doubt: whether a file is there is known, whatever its sender became."""
        with self.store.transaction() as connection:
            connection.executemany(
                "update outbox_messages set state = ?, reason = null, changed_at = ?"
                " where idempotency_key = ? and state = ? and adapter = 'file'",
                [(state, _now(), key, IN_DOUBT) for key in keys],
            )

    def messages(self, *states: str) -> list[dict[str, Any]]:
        """Return messages in the given states (all of them without any), oldest first."""
        wanted = states or STATES
        marks = ", ".join("?" for _ in wanted)
        return self.store.rows(
            f"select * from outbox_messages where state in ({marks})"
            " order by queued_at, idempotency_key",
            wanted,
        )

    def find(self, beginning: str) -> dict[str, Any]:
        """Return the message whose key begins so.

        Raises
        ------
        RunStateError
            None does, or several do.
        """
        found = [m for m in self.messages() if m["idempotency_key"].startswith(beginning)]
        if len(found) != 1:
            raise RunStateError(f"{len(found)} messages have a key that begins {beginning!r}")
        return found[0]


def _now() -> str:
    return utc_now().isoformat(sep=" ")

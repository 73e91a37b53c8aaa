"""What is sent, and the three ways in which sending can go wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from crm_tasks.errors import CrmError, SourceUnavailable


@dataclass(frozen=True)
class Message:
    """One message; the recipient's address is shown by no representation and no log."""

    key: str
    channel: str
    language: str
    subject: str
    body: str
    recipient: str = field(repr=False)


class NotAccepted(SourceUnavailable):
    """Nobody has taken the message, for certain; it may be tried again."""


class Refused(CrmError):
    """The message was refused for good; it was not sent."""


class FateUnknown(CrmError):
    """The connection was lost when the message may have been taken: it must not be repeated."""


class Sender(Protocol):
    """Hands over one message at a time."""

    def deliver(self, message: Message) -> None:
        """Return once the message has been taken.

        Raises
        ------
        NotAccepted, Refused, FateUnknown
            It was not taken, will never be, or nobody knows.
        """

    def close(self) -> None:
        """Let go of the connection."""


def nowhere(point: str) -> None:
    """Pass a named point of the sending; tests end the process there."""

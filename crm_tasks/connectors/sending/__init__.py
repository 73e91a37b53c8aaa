"""Adapters that hand messages over to the outside; the only place that sees a clear address."""

from crm_tasks.connectors.sending.message import (
    FateUnknown,
    Message,
    NotAccepted,
    Refused,
    Sender,
    nowhere,
)

__all__ = ["FateUnknown", "Message", "NotAccepted", "Refused", "Sender", "nowhere"]

"""SMS and social gateways by HTTP: a JSON document per message, its key as Idempotency-Key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from crm_tasks.connectors.sending.message import FateUnknown, NotAccepted, Refused, nowhere
from crm_tasks.settings import USER_AGENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_tasks.connectors.sending.message import Message

#: Answers by which a gateway says that it did not take the message, and to come again.
NOT_NOW = (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE)


@dataclass(frozen=True)
class Gateway:
    """Where messages of a channel are handed over."""

    url: str
    token: str | None = field(default=None, repr=False)
    timeout_s: float = 30.0


class WebhookSender:
    """Hands messages to one gateway."""

    def __init__(self, gateway: Gateway, at: Callable[[str], None] = nowhere) -> None:
        self.gateway = gateway
        self.at = at
        headers = {"User-Agent": USER_AGENT}
        if gateway.token is not None:
            headers["Authorization"] = f"Bearer {gateway.token}"
        # A redirect would carry the address to somebody the profile does not name.
        self._client = httpx.Client(
            headers=headers, timeout=gateway.timeout_s, follow_redirects=False, trust_env=False
        )

    def deliver(self, message: Message) -> None:
        """Return once the gateway has taken the message (see ``Sender.deliver``)."""
        document = {
            "id": message.key,
            "channel": message.channel,
            "to": message.recipient,
            "language": message.language,
            "text": message.body,
        }
        self.at("connected")
        try:
            answer = self._client.post(
                self.gateway.url, json=document, headers={"Idempotency-Key": message.key}
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotAccepted(f"gateway: {type(error).__name__}") from None
        except httpx.TransportError as error:
            raise FateUnknown(f"gateway: {type(error).__name__} after the message") from None
        self.at("answered")
        self._check(answer.status_code)

    def _check(self, code: int) -> None:
        if httpx.codes.is_success(code):
            return
        if code in NOT_NOW:
            raise NotAccepted(f"gateway: not now, {code}")
        if httpx.codes.is_server_error(code):
            raise FateUnknown(f"gateway: {code}; it may have taken the message")
        raise Refused(f"gateway: refused with {code}")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

"""Where messages may leave the house: mail server, gateways, lists; nothing leaves undeclared."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from crm_tasks.profiles.base import Name, SecretName, Strict

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def safe_url(url: str) -> str:
    """Return a URL to which addresses may be sent.

    Raises
    ------
    ValueError
        It is not https (nor http on this machine), or holds a user or password.
    """
    parts = urlsplit(url)
    is_inside = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or is_inside):
        raise ValueError("a gateway's url is https; http only on this machine")
    if parts.username or parts.password:
        raise ValueError("a gateway's url holds no password; name a CRM_SECRET_... as token")
    return url


class MailOutlet(Strict):
    """The mail server that takes e-mail, and in whose name it is sent."""

    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_-]+$")]
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    sender: Annotated[str, Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$")]
    unsubscribe: Annotated[
        str,
        Field(pattern=r"^(mailto:|https://)[^\s<>]+$", description="How a customer opts out"),
    ]
    security: Literal["none", "starttls", "tls"] = "starttls"
    user: str | None = None
    password: SecretName | None = None

    @model_validator(mode="after")
    def _sends_no_password_in_the_clear(self) -> Self:
        if self.security == "none" and (self.password or self.host not in LOOPBACK):
            raise ValueError("outbox.email: security none is for a server on this machine only")
        return self


class GatewayOutlet(Strict):
    """An HTTP gateway that takes messages of one channel."""

    url: Annotated[str, AfterValidator(safe_url)]
    token: SecretName | None = None


class ListOutlet(Strict):
    """A file for a tool that reaches customers itself."""

    name: Name
    format: Literal["csv", "parquet"] = "csv"
    hashed_email: Annotated[
        bool, Field(description="Whether this recipient may have hashed e-mail addresses")
    ] = False


class Outbox(Strict):
    """By which way each channel's messages leave; a channel without one is not sent."""

    email: MailOutlet | None = None
    gateways: dict[Literal["sms", "social"], GatewayOutlet] = Field(default_factory=dict)
    lists: dict[Literal["email", "sms", "social", "phone", "mail"], ListOutlet] = Field(
        default_factory=dict
    )

    def adapter(self, channel: str) -> Literal["smtp", "webhook", "file"] | None:
        """Return the kind of way a channel's messages take, or None."""
        if channel == "email" and self.email is not None:
            return "smtp"
        if channel in self.gateways:
            return "webhook"
        return "file" if channel in self.lists else None

"""E-mail by SMTP: one connection for many messages, and never a message twice.

A reply decides what happened: 2xx taken, 4xx not now, 5xx never (RFC 5321). Once the text is on
its way, only the reply tells whether it was taken; without one its fate is unknown.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import TYPE_CHECKING, Literal

from crm_tasks.connectors.sending.message import FateUnknown, NotAccepted, Refused, nowhere

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_tasks.connectors.sending.message import Message

FOR_GOOD = 500
OK = 400


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over, and in whose name."""

    host: str
    port: int
    sender: str
    unsubscribe: str
    security: Literal["none", "starttls", "tls"] = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_s: float = 30.0


class SmtpSender:
    """Hands messages to one mail server."""

    def __init__(self, server: MailServer, at: Callable[[str], None] = nowhere) -> None:
        self.server = server
        self.at = at
        self._connection: smtplib.SMTP | None = None

    def deliver(self, message: Message) -> None:
        """Return once the server has taken the message (see ``Sender.deliver``)."""
        text = self._composed(message)
        connection = self._connected()
        self.at("connected")
        try:
            self._check(*connection.mail(self.server.sender))
            self._check(*connection.rcpt(message.recipient))
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self._drop()
            raise NotAccepted(f"mail server: {type(error).__name__} before the text") from None
        except ValueError:  # smtplib refuses line breaks in an address
            self._reset()
            raise Refused("the address cannot be written in a mail") from None
        self.at("addressed")
        try:
            reply = connection.data(text)
        except smtplib.SMTPDataError as error:  # the server does not want any text
            self._check(error.smtp_code, error.smtp_error)
            raise FateUnknown("mail server: an answer to DATA that no rule knows") from None
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self._drop()
            raise FateUnknown(f"mail server: {type(error).__name__} after the text") from None
        self.at("answered")
        self._check(*reply)

    def close(self) -> None:
        """End the conversation."""
        if self._connection is not None:
            try:
                self._connection.quit()
            except (smtplib.SMTPException, OSError):
                self._connection.close()
            self._connection = None

    def _connected(self) -> smtplib.SMTP:
        if self._connection is not None:
            return self._connection
        server = self.server
        context = ssl.create_default_context()
        try:
            if server.security == "tls":
                opened: smtplib.SMTP = smtplib.SMTP_SSL(
                    server.host, server.port, timeout=server.timeout_s, context=context
                )
            else:
                opened = smtplib.SMTP(server.host, server.port, timeout=server.timeout_s)
            if server.security == "starttls":
                opened.starttls(context=context)
            if server.user is not None:
                opened.login(server.user, server.password or "")
            opened.ehlo_or_helo_if_needed()
        except smtplib.SMTPAuthenticationError:
            raise Refused("the mail server does not accept our user and password") from None
        except (smtplib.SMTPException, OSError) as error:
            where = f"{server.host}:{server.port}"
            raise NotAccepted(f"mail server {where}: {type(error).__name__}") from None
        self._connection = opened
        return opened

    def _check(self, code: int, reply: bytes | str) -> None:  # noqa: ARG002 (may quote an address)
        if code < OK:
            return
        self._reset()
        if code >= FOR_GOOD:
            raise Refused(f"mail server: refused with {code}")
        raise NotAccepted(f"mail server: not now, {code}")

    def _reset(self) -> None:
        try:
            if self._connection is not None:
                self._connection.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _composed(self, message: Message) -> bytes:
        domain = self.server.sender.rpartition("@")[2]
        mail = EmailMessage()
        try:
            mail["From"], mail["To"] = self.server.sender, message.recipient
            mail["Subject"] = message.subject
        except ValueError:
            raise Refused("the address cannot be written in a mail") from None
        # The key comes back in delivery events, which settle what is in doubt.
        mail["Message-ID"] = f"<{message.key}@{domain}>"
        mail["List-Unsubscribe"] = f"<{self.server.unsubscribe}>"
        mail.set_content(message.body)
        mail["Content-Language"] = message.language
        return mail.as_bytes()

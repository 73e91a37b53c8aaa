"""A language model behind a server that speaks OpenAI's chat protocol (``/chat/completions``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

from crm_tasks.connectors.patience import Patience
from crm_tasks.errors import CrmError, SourceUnavailable
from crm_tasks.settings import USER_AGENT

ANSWER_TOKENS = 64


class AnswerRefused(CrmError):
    """The server took the question and will not answer it, however often it is asked."""


@dataclass(frozen=True)
class ChatServer:
    """Where questions are asked, of which model, with which key."""

    url: str
    model: str
    token: str | None = field(default=None, repr=False)
    timeout_s: float = 30.0
    patience: Patience = field(default_factory=Patience)


class Chat:
    """Asks one server; a context manager that closes its connections."""

    def __init__(self, server: ChatServer) -> None:
        self.server = server
        headers = {"User-Agent": USER_AGENT}
        if server.token is not None:
            headers["Authorization"] = f"Bearer {server.token}"
        # A redirect would carry the text to somebody the profile does not name.
        self._client = httpx.Client(
            headers=headers, timeout=server.timeout_s, follow_redirects=False, trust_env=False
        )

    def __enter__(self) -> Chat:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(self, system: str, message: str) -> str:
        """Return the answer to a message, asked again while the server is not well.

        Raises
        ------
        SourceUnavailable
            It could not be reached, or said that it cannot answer now, at every attempt.
        AnswerRefused
            It refused, or its answer is not of the protocol; the message quotes nothing of it.
        """
        for attempt in self.server.patience.retrying():
            with attempt:
                return self._asked_once(system, message)
        raise AssertionError("retrying either returns or raises")

    def _asked_once(self, system: str, message: str) -> str:
        question = {
            "model": self.server.model, "temperature": 0, "max_tokens": ANSWER_TOKENS,
            "messages": [
                {"role": "system", "content": system}, {"role": "user", "content": message},
            ],
        }  # fmt: skip
        url = f"{self.server.url.rstrip('/')}/chat/completions"
        try:
            answer = self._client.post(url, json=question)
        except httpx.TransportError as error:
            raise SourceUnavailable(f"language model: {type(error).__name__}") from None
        code = answer.status_code
        if code == httpx.codes.TOO_MANY_REQUESTS or httpx.codes.is_server_error(code):
            raise SourceUnavailable(f"language model: not now, {code}")
        if not httpx.codes.is_success(code):
            raise AnswerRefused(f"language model: refused with {code}")
        return _content(answer)


def _content(answer: httpx.Response) -> str:
    try:
        told: Any = answer.json()
        content = told["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError):
        content = None
    if not isinstance(content, str):
        raise AnswerRefused("language model: its answer is not of the chat protocol")
    return content

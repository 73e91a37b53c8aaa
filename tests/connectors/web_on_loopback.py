"""A web server on this machine alone: it answers as a test says, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Answer:
    """What the server sends; ``hang`` seconds pass before the body."""

    body: bytes | str | list | dict = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hang: float = 0.0
    is_cut: bool = False

    def sent(self) -> tuple[bytes, dict[str, str]]:
        if isinstance(self.body, bytes):
            return self.body, {"Content-Type": "text/html", **self.headers}
        if isinstance(self.body, str):
            return self.body.encode(), {"Content-Type": "text/html; charset=utf-8", **self.headers}
        return json.dumps(self.body).encode(), {"Content-Type": "application/json", **self.headers}


class Site:
    """Routes by path; each is an answer, a list used up one by one, or a function of parameters."""

    def __init__(self) -> None:
        self.routes: dict[str, Answer | list[Answer] | Callable[[dict[str, str]], Answer]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.url = ""

    def answer(self, target: str, headers: dict[str, str]) -> Answer:
        self.asked.append((target, headers))
        parts = urlsplit(target)
        route = self.routes.get(parts.path, Answer("nothing here", 404))
        if callable(route):
            return route({name: values[-1] for name, values in parse_qs(parts.query).items()})
        if isinstance(route, list):
            return route.pop(0) if len(route) > 1 else route[0]
        return route

    def paths(self) -> list[str]:
        return [target for target, _ in self.asked if target != "/robots.txt"]


@contextmanager
def site() -> Iterator[Site]:
    """Yield a server; it stops when the block ends."""
    held, closing = Site(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer = held.answer(self.path, dict(self.headers))
            if answer.hang:
                closing.wait(answer.hang)
            body, headers = answer.sent()
            self.send_response(answer.status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if answer.is_cut else body)
            self.close_connection = answer.is_cut

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    held.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield held
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
        thread.join()

# ruff: noqa: ARG002 (the library calls by position)
"""A real SMTP server and a real HTTP gateway on loopback, which do as they are told."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller


def free_port():
    """Return a port nobody listens on: the controller knocks at its own and cannot choose one."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Mailbox:
    """Keeps every mail; ``replies`` answers the next texts, ``rcpt`` the next recipients."""

    def __init__(self):
        self.mails, self.replies, self.rcpt, self.hangs_up = [], [], [], 0

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        reply = self.rcpt.pop(0) if self.rcpt else "250 OK"
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        reply = self.replies.pop(0) if self.replies else "250 OK"
        if reply.startswith("250"):
            self.mails.append((envelope.rcpt_tos[0], envelope.content))
        if self.hangs_up:
            self.hangs_up -= 1
            server.transport.abort()
        return reply

    @property
    def keys(self):
        """Keys of the mails that were taken, in their order."""
        texts = [content.decode() for _, content in self.mails]
        return [text.split("Message-ID: <")[1].split("@")[0] for text in texts]


@contextmanager
def mail_server():
    mailbox = Mailbox()
    mailbox.port = free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


@contextmanager
def gateway():
    """Yield (url, documents taken, answers to give next: a code, or None to hang up)."""
    taken, answers = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            code = answers.pop(0) if answers else 202
            if code is None or code < 300:
                taken.append((self.headers["Idempotency-Key"], document, dict(self.headers)))
            if code is None:
                self.connection.close()
                return
            self.send_response(code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

        def handle_error(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/send", taken, answers
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""A server that speaks MongoDB's wire protocol, enough for a reader: documents in memory.

There is no MongoDB in Debian or on PyPI. What is real here is the driver and every byte between it
and this server (OP_MSG, BSON, cursors, sessions); queries it answers by the few operators readers
use. It can drop a connection in the middle of a cursor.
"""

from __future__ import annotations

import socketserver
import struct
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import bson
from bson.codec_options import CodecOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
CODEC = CodecOptions(tz_aware=True)
HEADER = struct.Struct("<iiii")
NO_SUCH_COMMAND, CURSOR_NOT_FOUND, UNAUTHORIZED = 59, 43, 13


class Mongo:
    """What the server holds and what it was asked."""

    def __init__(self) -> None:
        self.collections: dict[str, list[dict[str, Any]]] = {}
        self.commands: list[dict[str, Any]] = []
        self.is_replicated = True
        self.refuses: set[str] = set()
        self.drops_after: int | None = None  # answers to getMore before the connection is cut
        self.port = 0
        self._cursors: dict[int, list[dict[str, Any]]] = {}

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/shop?directConnection=true"

    def asked(self, name: str) -> list[dict[str, Any]]:
        return [command for command in self.commands if next(iter(command)) == name]

    def answer(self, command: dict[str, Any]) -> dict[str, Any] | None:
        """Return the answer to one command; None: cut the connection."""
        name = next(iter(command))
        self.commands.append(command)
        answers = {
            "hello": self._hello,
            "ismaster": self._hello,
            "isMaster": self._hello,
            "find": self._find,
            "getMore": self._more,
            "listCollections": self._list,
        }
        if name in ("endSessions", "killCursors", "ping"):
            return {"ok": 1.0}
        if command.get(name) in self.refuses:
            return {"ok": 0.0, "code": UNAUTHORIZED, "errmsg": "canary: not authorized"}
        if name not in answers:
            return {"ok": 0.0, "code": NO_SUCH_COMMAND, "errmsg": f"no such command {name}"}
        return answers[name](command)

    def _hello(self, _: dict[str, Any]) -> dict[str, Any]:
        replica = {"setName": "rs", "hosts": [f"127.0.0.1:{self.port}"], "secondary": False}
        return {
            "ok": 1.0, "isWritablePrimary": True, "maxBsonObjectSize": 16 << 20,
            "maxMessageSizeBytes": 48 << 20, "maxWriteBatchSize": 100_000, "minWireVersion": 0,
            "maxWireVersion": 21, "logicalSessionTimeoutMinutes": 30, "readOnly": False,
            **(replica if self.is_replicated else {}),
        }  # fmt: skip

    def _list(self, _: dict[str, Any]) -> dict[str, Any]:
        names = [{"name": name, "type": "collection"} for name in self.collections]
        return {"ok": 1.0, "cursor": {"id": 0, "ns": "shop.$cmd", "firstBatch": names}}

    def _find(self, command: dict[str, Any]) -> dict[str, Any]:
        found = [
            d for d in self.collections.get(command["find"], []) if _fits(d, command["filter"])
        ]
        for path, way in reversed(command.get("sort", {}).items()):
            found.sort(key=lambda d, path=path: _key(_at(d, path)), reverse=way < 0)
        found = found[: command.get("limit") or None]
        size = command.get("batchSize", 101)
        number = len(self._cursors) + 1 if len(found) > size else 0
        self._cursors[number] = found[size:]
        cursor = {"id": bson.Int64(number), "ns": f"shop.{command['find']}"}
        if command.get("readConcern", {}).get("level") == "snapshot":
            cursor["atClusterTime"] = bson.Timestamp(1, 1)
        return {"ok": 1.0, "cursor": {**cursor, "firstBatch": found[:size]}}

    def _more(self, command: dict[str, Any]) -> dict[str, Any] | None:
        if self.drops_after is not None:
            self.drops_after -= 1
            if self.drops_after < 0:
                self.drops_after = None
                return None
        number = command["getMore"]
        if number not in self._cursors:
            return {"ok": 0.0, "code": CURSOR_NOT_FOUND, "errmsg": "no such cursor"}
        size, rest = command.get("batchSize", 101), self._cursors[number]
        self._cursors[number] = rest[size:]
        cursor = {"id": bson.Int64(number if rest[size:] else 0), "ns": "shop.x"}
        return {"ok": 1.0, "cursor": {**cursor, "nextBatch": rest[:size]}}


def _at(document: dict[str, Any], path: str) -> Any:
    value: Any = document
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _key(value: Any) -> tuple[bool, Any]:
    return (value is not None, value)


def _fits(document: dict[str, Any], query: dict[str, Any]) -> bool:
    if "$or" in query:
        return any(_fits(document, part) for part in query["$or"])
    for path, asked in query.items():
        value = _at(document, path)
        if asked is None and value is not None:
            return False
        if isinstance(asked, dict) and not (value is not None and value >= asked["$gte"]):
            return False
    return True


class _Connection(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while head := self._read(HEADER.size):
            length, number, _, kind = HEADER.unpack(head)
            body = self._read(length - HEADER.size)
            answer = self.server.mongo.answer(_command(kind, body))
            if answer is None:
                return
            data = bson.encode(answer)
            if kind == OP_QUERY:
                reply, kind = struct.pack("<iqii", 8, 0, 0, 1) + data, OP_REPLY
            else:
                reply = b"\0\0\0\0\0" + data
            self.request.sendall(HEADER.pack(len(reply) + 16, 0, number, kind) + reply)

    def _read(self, n: int) -> bytes:
        data = b""
        while len(data) < n and (read := self.request.recv(n - len(data))):
            data += read
        return data


def _command(kind: int, body: bytes) -> dict[str, Any]:
    if kind == OP_QUERY:
        end = body.index(b"\0", 4) + 1
        return bson.decode(body[end + 8 :], CODEC)
    assert kind == OP_MSG
    assert body[4] == 0  # one section: the command
    length = int.from_bytes(body[5:9], "little")
    return bson.decode(body[5 : 5 + length], CODEC)


@contextmanager
def mongo() -> Iterator[Mongo]:
    """Yield a server on loopback."""
    held = Mongo()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True
        mongo = held

    with Server(("127.0.0.1", 0), _Connection) as server:
        held.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield held
        finally:
            server.shutdown()
            thread.join()

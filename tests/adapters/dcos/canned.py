"""An HTTP server on the loopback that answers what a test wrote down, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import SSLContext
from typing import Any

RECORDINGS = Path(__file__).parents[2] / "recordings"
PAGE = "<html><head><title>nope</title></head></html>"


@dataclass(frozen=True)
class Reply:
    """What is sent back. Text and bytes go as they are, anything else as JSON."""

    body: Any = ""
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0  # bytes that the head promises and that never come
    late: float = 0.0  # seconds of silence before it

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("token=")


@dataclass
class Canned:
    """The routes, by method and path without its query; v1 calls of Mesos by their type as well."""

    url: str = ""
    asked: list[Request] = field(default_factory=list)
    _routes: dict[str, list[Reply]] = field(default_factory=dict)

    def on(self, route: str, *replies: Any) -> None:
        """Answer `GET mesos/master/slaves` with these in turn, the last one for ever. A plain value is JSON."""
        self._routes[route] = [reply if isinstance(reply, Reply) else Reply(reply) for reply in replies]

    def calls(self, route: str) -> list[Request]:
        return [request for request in self.asked if route in _keys(request)]

    def reply(self, request: Request) -> Reply:
        self.asked.append(request)
        for key in _keys(request):
            if replies := self._routes.get(key):
                return replies.pop(0) if len(replies) > 1 else replies[0]
        return Reply("404 Not Found: service not found.", 404, "text/plain")


def recorded(name: str) -> bytes:
    return (RECORDINGS / f"{name}.json").read_bytes()


def page(status: int, **headers: str) -> Reply:
    """An error page of Admin Router's nginx."""
    return Reply(PAGE, status, "text/html", headers)


def text(words: str, status: int) -> Reply:
    return Reply(words, status, "text/plain; charset=utf-8")


@contextmanager
def serving(tls: SSLContext | None = None) -> Iterator[Canned]:
    canned = Canned()
    server = _Quiet(("127.0.0.1", 0), _answering(canned))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    canned.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield canned
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that refuses our certificate, or that did not wait for the answer, is no news."""


def _keys(request: Request) -> list[str]:
    path = request.path.partition("?")[0].lstrip("/")
    plain = f"{request.method} {path}"
    if path != "mesos/api/v1" or not request.body:
        return [plain]
    return [str(json.loads(request.body)["type"]), plain]


def _answering(canned: Canned) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = canned.reply(Request(self.command, self.path, dict(self.headers.items()), body))
            time.sleep(reply.late)
            self.send_response_only(reply.status)
            for name, value in ({"Date": self.date_time_string()} | reply.headers).items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(len(reply.content) + reply.cut))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.content)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Answering

"""The HTTP server of a pretend cluster: plain HTTP on the loopback, with the World's clock in every Date."""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from dcosmaint.sandbox.served.front import Front, Settings
from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.served.wire import Answer, Ask, Reset

ABORT = struct.pack("ii", 1, 0)  # linger for no time: the peer gets a reset, not an end


class AdminRouter:
    """Serves from `start` to `close`, or within a `with`; `url` is what a client is configured with."""

    def __init__(self, pace: Pace, settings: Settings | None = None, port: int = 0) -> None:
        """`port` 0: any free one."""
        self.pace = pace
        with pace as world:
            self.front = Front(world, pace, settings or Settings())
        self._http = _Http(("127.0.0.1", port), self)
        self._thread = Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, name="admin-router", daemon=True
        )
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def start(self) -> Self:
        self._thread.start()
        return self

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def answer(self, ask: Ask) -> tuple[Answer, float]:
        """The answer, and the time at the cluster when it was given."""
        with self.pace as world:
            return self.front.answer(world, ask), world.now


class _Http(ThreadingHTTPServer):
    daemon_threads = False  # `server_close` waits for the last of them
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], router: AdminRouter) -> None:
        self.router = router
        self.closing = Event()
        self._open: set[socket.socket] = set()
        super().__init__(address, _Call)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Clients keep their connections for the next call: without an end of those, their threads would wait on."""
        self.closing.set()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # its thread was faster
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error; anything else is said."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Call(BaseHTTPRequestHandler):
    """One connection, with one call after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together
    server: _Http

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        ask = _ask(self.command, self.path, self.headers, self.rfile.read(length))
        try:
            answer, now = self.server.router.answer(ask)
        except Reset:
            self._break()
            return
        self.server.closing.wait(answer.delay)
        if not answer.share:
            self._break()
            return
        self._send(answer, now)
        self.close_connection |= answer.share < 1

    def _break(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
        self.close_connection = True

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    def _send(self, answer: Answer, now: float) -> None:
        self.send_response_only(answer.status)
        self.send_header("Server", "openresty")
        self.send_header("Date", formatdate(now, usegmt=True))
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.type:
            self.send_header("Content-Type", answer.type)
        if answer.stream is not None:
            self._follow(answer.stream)
            return
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body[: round(len(answer.body) * answer.share)])

    def _follow(self, pieces: Iterator[bytes]) -> None:
        """Piece after piece, each at once, until they end or nobody serves any more."""
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        for piece in pieces:
            if self.server.closing.is_set():
                self.close_connection = True
                return
            if piece:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:
        """Not a word of each request: the World's log says what happened."""


def _ask(method: str, target: str, headers: Any, body: bytes) -> Ask:
    parts = urlsplit(target)
    query = {name: tuple(values) for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    return Ask(method, unquote(parts.path), query, {name.lower(): value for name, value in headers.items()}, body)

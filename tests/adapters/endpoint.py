"""An AWS that gives the answers it was told to give."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


class Endpoint:
    """One answer after the other, the last one again and again. It remembers what it was asked."""

    def __init__(self, status: int, *bodies: str) -> None:
        self.say(status, *bodies)

    def say(self, status: int, *bodies: str) -> None:
        """Begin anew, with other answers."""
        self.status, self._bodies = status, list(bodies)
        self.asked: list[dict[str, list[str]]] = []

    def answer(self) -> bytes:
        body = self._bodies.pop(0) if len(self._bodies) > 1 else self._bodies[0]
        return body.encode()

    @property
    def actions(self) -> list[str]:
        return [query["Action"][0] for query in self.asked]


def fault(code: str) -> str:
    """As EC2 says it."""
    return f"<Response><Errors><Error><Code>{code}</Code><Message>words</Message></Error></Errors></Response>"


def query_fault(code: str) -> str:
    """As the load balancers' APIs say it."""
    return (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>words</Message></Error></ErrorResponse>"
    )


@contextmanager
def serving(endpoint: Endpoint) -> Iterator[str]:
    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            endpoint.asked.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            body = endpoint.answer()
            self.send_response(endpoint.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()

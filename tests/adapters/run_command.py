"""Run Command of AWS Systems Manager, as its JSON protocol has it: a real shell on this machine runs what it is sent.

moto takes commands too, and calls each a success without having run it.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STATUSES = ("Pending", "InProgress", "Delayed", "Cancelling")
COMMAND = "8d0fd3c9-0b0e-4e5b-9d4c-1f5c1a2b3c4d"


class Fault(Exception):
    """An error by AWS's own name."""


@dataclass
class RunCommand:
    """One command after the other. What is in `first` is said of it before its own end."""

    url: str = ""
    managed: bool = True
    first: list[str] = field(default_factory=list)  # statuses, or names of errors
    last: str = ""  # a status that it ends with, whatever it did
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _process: subprocess.CompletedProcess[str] | None = None

    def answer(self, action: str, given: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((action, given))
        return {"SendCommand": self._send, "GetCommandInvocation": self._look, "CancelCommand": dict}[action](given)

    def actions(self) -> list[str]:
        return [action for action, _ in self.asked]

    def _send(self, given: dict[str, Any]) -> dict[str, Any]:
        if not self.managed:
            raise Fault("InvalidInstanceId")
        script = "\n".join(given["Parameters"]["commands"])
        self._process = subprocess.run(["sh"], input=script, capture_output=True, text=True, check=False)
        return {"Command": {"CommandId": COMMAND, "Status": "Pending"}}

    def _look(self, _given: dict[str, Any]) -> dict[str, Any]:
        status = self.first.pop(0) if self.first else ""
        if status and status not in STATUSES:
            raise Fault(status)
        if status:
            return {"Status": status, "StatusDetails": status, "ResponseCode": -1}
        assert self._process, "a command was sent"
        if self.last:
            return {"Status": self.last, "StatusDetails": "Undeliverable", "ResponseCode": -1}
        code = self._process.returncode
        said = {"StandardOutputContent": self._process.stdout, "StandardErrorContent": self._process.stderr}
        return {"Status": "Failed" if code else "Success", "ResponseCode": code, **said}


@contextmanager
def serving() -> Iterator[RunCommand]:
    aws = RunCommand()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                status, body = 200, aws.answer(self.headers["X-Amz-Target"].partition(".")[2], given)
            except Fault as fault:
                status, body = 400, {"__type": str(fault), "message": "words"}
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        aws.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield aws
        finally:
            server.shutdown()
            thread.join()

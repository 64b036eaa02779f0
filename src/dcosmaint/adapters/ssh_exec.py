"""One script over a connection that stands, against a deadline of our own."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

import paramiko

from dcosmaint.adapters.shell import Answer
from dcosmaint.errors import Retryable

CHUNK = 65536
LAST_WORDS = 0.5  # seconds in which paramiko's thread ends once its connection is lost
UNKNOWN = -1  # paramiko's exit status of a command that a signal killed, and of one whose connection was lost


def execute(transport: paramiko.Transport, script: str, deadline: float) -> Answer:
    """Run a script and hear it out. Raises `Retryable` when its end stays unknown."""
    until = time.monotonic() + deadline
    with closing(transport.open_session(timeout=deadline)) as channel:
        try:
            channel.settimeout(deadline)
            channel.exec_command(script)
            channel.shutdown_write()
            stdout = _drain(channel, channel.recv, until)
            stderr = _drain(channel, channel.recv_stderr, until)
        except TimeoutError as error:
            raise _silent(deadline) from error
        if not channel.status_event.wait(max(0.0, until - time.monotonic())):
            raise _silent(deadline)
        return _answer(transport, channel.recv_exit_status(), stdout, stderr)


def _drain(channel: paramiko.Channel, read: Callable[[int], bytes], until: float) -> str:
    chunks: list[bytes] = []
    while True:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        channel.settimeout(left)
        chunk = read(CHUNK)
        if not chunk:
            return b"".join(chunks).decode(errors="replace")
        chunks.append(chunk)


def _answer(transport: paramiko.Transport, code: int, stdout: str, stderr: str) -> Answer:
    if code == UNKNOWN:
        transport.join(LAST_WORDS)
        if not transport.is_active():
            raise Retryable("the connection was lost in mid command: whether it did its work is not known")
        return Answer(code, stdout, f"{stderr}(a signal killed it)")
    return Answer(code, stdout, stderr)


def _silent(deadline: float) -> Retryable:
    return Retryable(
        f"no answer within {deadline:g} s: the command may still run, whether it did its work is not known"
    )

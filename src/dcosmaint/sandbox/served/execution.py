"""One script on one node: a real `sh` whose only program is `sudo`."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from paramiko import Channel

DEADLINE = 120.0
"""Seconds after which a script is killed, whatever it waits for."""


@dataclass(frozen=True)
class Script:
    text: str
    env: Mapping[str, str]
    folder: Path


class Execution:
    """Begins at once, streams both ways, and says how it ended."""

    def __init__(self, script: Script, channel: Channel) -> None:
        self._channel = channel
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", script.text], env=dict(script.env), cwd=script.folder, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def finish(self) -> int:
        """Stream until the script has ended; its exit code, in the shell's way of saying it."""
        process, channel = self._process, self._channel
        timer = threading.Timer(DEADLINE, self.kill)
        timer.start()
        with process:
            _thread(self._feed)  # it ends with the channel
            pumps = [
                _thread(_pump, process.stdout, channel.sendall),
                _thread(_pump, process.stderr, channel.sendall_stderr),
            ]
            for pump in pumps:
                pump.join()
            code = process.wait()
            timer.cancel()
            timer.join()
        return code if code >= 0 else 128 - code

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _feed(self) -> None:
        """What the client sends is the script's standard input."""
        stdin = self._process.stdin
        with suppress(OSError, ValueError):  # the script has ended, or its standard input is closed
            while stdin and (data := self._channel.recv(65536)):
                stdin.write(data)
                stdin.flush()
        with suppress(OSError):
            if stdin:
                stdin.close()


def _pump(source: IO[bytes], sink: Callable[[bytes], None]) -> None:
    """A client that is gone is no reason to stop: the script goes on, as it would behind sshd."""
    while data := os.read(source.fileno(), 65536):
        with suppress(OSError):
            sink(data)


def _thread(work: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=work, args=arguments, daemon=True)
    thread.start()
    return thread

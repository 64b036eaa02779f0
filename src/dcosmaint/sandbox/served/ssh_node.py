"""The SSH server of one node: one user's key, and scripts."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED, OPEN_SUCCEEDED

from dcosmaint.sandbox.served.execution import Execution, Script

LOOKS = 0.1
"""Seconds between two looks whether a client that is kept waiting is still there."""


class Faulty(Protocol):
    """What goes wrong with the SSH of a node."""

    def refuses(self) -> bool:
        """Whether its sshd takes no connection now."""
        ...

    def next(self, instance_id: str) -> str:
        """With the next script: "" nothing, "before" or "after" it the connection is lost, "hangs": no answer."""
        ...


class Surroundings:
    """What all nodes have in common."""

    def __init__(self, authorized: str, folder: Path, faulty: Faulty) -> None:
        self.authorized = authorized.split()[1]  # the base64 part of the one public key
        self.folder = folder
        self.faulty = faulty


class SshNode:
    """Listens from its making to `close`."""

    def __init__(
        self, address: tuple[str, int], key: Callable[[], paramiko.PKey], env: dict[str, str], around: Surroundings
    ) -> None:
        """`key` is the host key that it shows now."""
        self.listener = socket.create_server(address, backlog=64)
        self._key, self.env, self.around = key, env, around
        self._transports: set[paramiko.Transport] = set()
        self._executions: set[Execution] = set()
        self._lock = threading.Lock()

    def accept(self) -> None:
        """Somebody connects. Nothing here waits for them."""
        connection, _ = self.listener.accept()
        if self.around.faulty.refuses():
            connection.close()
            return
        transport = paramiko.Transport(connection)
        transport.add_server_key(self._key())
        with self._lock:
            self._transports = {known for known in self._transports if known.is_active()} | {transport}
        with suppress(paramiko.SSHException):
            transport.start_server(event=threading.Event(), server=_Login(self))

    def run(self, channel: paramiko.Channel, text: str) -> None:
        trouble = self.around.faulty.next(self.env["SANDBOX_INSTANCE"])
        if trouble == "hangs":
            while channel.get_transport().is_active():
                time.sleep(LOOKS)
            return
        if trouble == "before":
            channel.get_transport().close()
            return
        execution = Execution(Script(text, self.env, self.around.folder), channel)
        with self._lock:
            self._executions.add(execution)
        try:
            code = execution.finish()
        finally:
            with self._lock:
                self._executions.discard(execution)
        if trouble == "after":
            channel.get_transport().close()
            return
        with suppress(OSError, paramiko.SSHException):
            channel.send_exit_status(code)
            channel.close()

    def close(self) -> None:
        """The node goes down: at once, with all that runs on it."""
        self.listener.close()
        with self._lock:
            executions, transports = list(self._executions), list(self._transports)
        for transport in transports:
            transport.close()
        for execution in executions:
            execution.kill()


class _Login(paramiko.ServerInterface):
    def __init__(self, node: SshNode) -> None:
        self._node = node

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return AUTH_SUCCESSFUL if key.get_base64() == self._node.around.authorized else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=self._node.run, args=(channel, command.decode()), daemon=True).start()
        return True

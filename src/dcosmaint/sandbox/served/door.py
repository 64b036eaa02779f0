"""The way from a shell on a node into the World: each `sudo` there knocks here."""

from __future__ import annotations

import json
import secrets
import shlex
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

from dcosmaint.sandbox.served import sudo_client
from dcosmaint.sandbox.served.files import write
from dcosmaint.sandbox.served.node_files import NodeFiles
from dcosmaint.sandbox.served.node_shell import NodeShell, Said
from dcosmaint.sandbox.served.node_units import Node, Units
from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.state import Machine


class Door:
    """Answers from `start` to `stop`. It keeps what a node has besides the World's records."""

    def __init__(self, pace: Pace, bin_folder: Path) -> None:
        self._pace = pace
        self._bin = bin_folder
        self._secret = secrets.token_hex(16)
        self._nodes: dict[str, Node] = {}
        self._server: ThreadingTCPServer | None = None

    def start(self) -> None:
        words = shlex.join((sys.executable, "-I", "-S", sudo_client.__file__))
        write(self._bin / "sudo", f'#!/bin/sh\nexec {words} "$@"\n', mode=0o755)
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="door", daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def environment(self, instance_id: str) -> dict[str, str]:
        """What a shell on this node starts with."""
        port = self._server.server_address[1] if self._server else 0
        return {
            "PATH": str(self._bin),
            "HOME": "/",
            "SANDBOX_DOOR": str(port),
            "SANDBOX_SECRET": self._secret,
            "SANDBOX_INSTANCE": instance_id,
        }

    def boot(self, world: World, machine: Machine) -> None:
        """A machine has come up, for the first time or again."""
        Units(world, machine, self._node(machine)).boot()

    def answer(self, asked: Mapping[str, object]) -> Said:
        if not secrets.compare_digest(str(asked["secret"]), self._secret):
            return Said(1, error="sudo: this is not a shell of the sandbox's\n")
        words, stdin = [str(word) for word in _list(asked["words"])], str(asked["stdin"])
        with self._pace as world:
            machine = world.ground.machines.get(str(asked["instance"]))
            if machine is None or machine.state != "running" or machine.rebooting:
                return Said(255, error="the node is down\n")
            return NodeShell(world, machine, self._node(machine)).sudo(words, stdin)

    def _node(self, machine: Machine) -> Node:
        if machine.id not in self._nodes:
            self._nodes[machine.id] = Node(NodeFiles(public=machine.public))
        return self._nodes[machine.id]


class _Server(ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, door: Door) -> None:
        class Knock(StreamRequestHandler):
            def handle(self) -> None:
                said = door.answer(json.loads(self.rfile.readline()))
                self.wfile.write(json.dumps(asdict(said)).encode() + b"\n")

        super().__init__(("127.0.0.1", 0), Knock)


def _list(given: object) -> list[object]:
    return given if isinstance(given, list) else []

"""An SSH server a node: there while the node runs, with the host key of its instance."""

from __future__ import annotations

import logging
import selectors
import threading
from functools import partial
from pathlib import Path

from paramiko import PKey

from dcosmaint.sandbox.served.door import Door
from dcosmaint.sandbox.served.host_keys import HostKeys
from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.served.ssh_faults import SshFaults
from dcosmaint.sandbox.served.ssh_node import SshNode, Surroundings
from dcosmaint.sandbox.world.state import Machine

LOOK_EVERY = 0.05
"""Seconds of ours between two looks at which nodes run."""


class SshNodes:
    """Serves from `start` to `stop`, on one port of each node's own private IP."""

    def __init__(self, pace: Pace, keys: HostKeys, door: Door, port: int) -> None:
        self._pace, self._keys, self._door, self._port = pace, keys, door, port
        self._around: Surroundings | None = None
        self._nodes: dict[str, SshNode] = {}
        self._selector = selectors.DefaultSelector()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="ssh", daemon=True)

    def start(self, authorized: str, folder: Path) -> None:
        """Let in whoever has the key `authorized`; scripts run in `folder`."""
        logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # it tells of every client that hangs up
        self._around = Surroundings(authorized, folder, SshFaults(self._pace))
        self._follow()
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        for instance_id in list(self._nodes):
            self._down(instance_id)
        self._selector.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            for ready, _ in self._selector.select(LOOK_EVERY):
                node: SshNode = ready.data
                node.accept()
            self._follow()

    def _follow(self) -> None:
        with self._pace as world:
            up = {m.id: m for m in world.ground.machines.values() if m.state == "running" and not m.rebooting}
            came = [machine for machine in up.values() if machine.id not in self._nodes]
            for machine in came:
                self._door.boot(world, machine)
        for instance_id in [known for known in self._nodes if known not in up]:
            self._down(instance_id)  # first of all: a new node may have the address of an old one
        for machine in came:
            self._up(machine)

    def _up(self, machine: Machine) -> None:
        if self._around is None:
            return
        env = self._door.environment(machine.id)
        node = SshNode((machine.private_ip, self._port), partial(self._key, machine.id), env, self._around)
        self._nodes[machine.id] = node
        self._selector.register(node.listener, selectors.EVENT_READ, node)

    def _down(self, instance_id: str) -> None:
        node = self._nodes.pop(instance_id)
        self._selector.unregister(node.listener)
        node.close()

    def _key(self, instance_id: str) -> PKey:
        with self._pace as world:
            return (
                self._keys.other(instance_id) if instance_id in world.faults.host_keys else self._keys.of(instance_id)
            )

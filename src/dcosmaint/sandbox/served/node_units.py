"""The systemd of one node: its units and what `systemctl` makes of them, over the World's own systemd."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dcosmaint.sandbox.served.node_files import NodeFiles, lasts
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.state import Machine

DOCKER, DOCKER_SOCKET = "docker.service", "docker.socket"
NO_SUCH_UNIT = 5
"""How systemctl ends for a unit that is not loaded."""

RECONNECT = 2.0
"""Seconds until an executor notices that its agent is gone."""


@dataclass
class Node:
    """What a machine of the World has besides: files, and sockets that listen."""

    files: NodeFiles
    sockets: set[str] = field(default_factory=set)


class Units:
    """One look at, or one change of, the units of one node. The World does not move meanwhile."""

    def __init__(self, world: World, machine: Machine, node: Node) -> None:
        self._world, self._machine, self._node = world, machine, node
        self.agent = f"{machine.unit}.service"
        self.agent_socket = f"{machine.unit}.socket"

    def known(self, unit: str) -> bool:
        """DC/OS brought the agent's socket with 2.1."""
        with_socket = self._world.shape.release.socket
        return unit in (self.agent, DOCKER, DOCKER_SOCKET) or (with_socket and unit == self.agent_socket)

    def boot(self) -> None:
        """After a (re)boot: what listens again, and which start conditions hold now."""
        self._node.files.reboot()
        self._node.sockets = {DOCKER_SOCKET}
        self._listen(self.agent_socket)  # before its service
        self.settle()

    def reload(self) -> None:
        self._node.files.reload()
        self.settle()

    def settle(self) -> None:
        """Tell the World what the drop-ins and the files make of the agent's next start."""
        failed = self._node.files.failed_conditions(self.agent)
        if not failed:
            self._machine.hold = "" if self._node.files.restarts(self.agent) else "runtime"
            return
        lasting = any(lasts(path) for path in failed)
        if self._machine.hold != ("lasting" if lasting else "runtime"):
            self._world.systemd.hold(self._machine, lasting=lasting)

    # ---- what systemctl does

    def start(self, unit: str) -> bool:
        """False where the job fails."""
        if unit == DOCKER:
            self._world.systemd.start_docker(self._machine)
            self._node.sockets.add(DOCKER_SOCKET)  # its service requires it
        elif unit == self.agent:
            self._start_agent()
        else:
            return self._start_socket(unit)
        return True

    def stop(self, unit: str) -> None:
        if unit == DOCKER:
            self._world.systemd.stop_docker(self._machine)
        elif unit == self.agent:
            if self._machine.process or self._machine.restarting:
                self._world.systemd.stop_agent(self._machine)
                self._world.ground.clock.after(RECONNECT, self._connected)
        else:
            self._node.sockets.discard(unit)
            if unit == DOCKER_SOCKET:
                self._world.systemd.stop_docker(self._machine)  # its service requires it

    def signal(self, unit: str) -> None:
        """SIGUSR1: dockerd only dumps its stacks at it, the agent leaves."""
        if unit == self.agent:
            self._world.systemd.signal_agent(self._machine)

    def main(self, unit: str) -> bool:
        """Whether the unit has a main process."""
        return self.properties(unit).get("MainPID", "0") != "0"

    def _connected(self) -> None:
        """An executor that has lost its agent tries the socket: where it listens, systemd starts the agent for it."""
        agent = self._world.ground.agents.get(self._machine.agent_id)
        lost = bool(agent and agent.tasks) and not self._machine.process
        if lost and self.agent_socket in self._node.sockets and not self._node.files.failed_conditions(self.agent):
            self._world.systemd.restart_agent(self._machine, by="systemd")

    def _start_agent(self) -> None:
        if self._machine.process:
            return
        self._start_socket(self.agent_socket)  # its service wants it
        if self._node.files.failed_conditions(self.agent):
            return  # a condition that does not hold is no error for systemctl
        self._world.systemd.release_agent(self._machine)
        self.settle()

    def _start_socket(self, unit: str) -> bool:
        late = unit == self.agent_socket and unit not in self._node.sockets and self._machine.process
        if late and not self._node.files.failed_conditions(unit):
            return False  # systemd opens no socket of a service that is already there
        self._listen(unit)
        return True

    def _listen(self, unit: str) -> None:
        if self.known(unit) and not self._node.files.failed_conditions(unit):
            self._node.sockets.add(unit)

    # ---- what systemctl shows

    def active(self, unit: str) -> str:
        return self.properties(unit)["ActiveState"]

    def properties(self, unit: str) -> dict[str, str]:
        if not self.known(unit):
            return {**_shown(unit, "inactive", "dead"), "LoadState": "not-found", "MainPID": "0"}
        drop_ins = {"DropInPaths": " ".join(self._node.files.drop_ins(unit))}
        if unit.endswith(".socket"):
            listens = unit in self._node.sockets
            return {**_shown(unit, *(("active", "listening") if listens else ("inactive", "dead"))), **drop_ins}
        describe: Callable[[], tuple[str, str, int]] = self._docker if unit == DOCKER else self._agent
        active, sub, pid = describe()
        restart = "always" if self._node.files.restarts(unit) else "no"
        return {**_shown(unit, active, sub), "MainPID": str(pid), "Restart": restart, **drop_ins}

    def _docker(self) -> tuple[str, str, int]:
        return ("active", "running", 700) if self._machine.docker else ("inactive", "dead", 0)

    def _agent(self) -> tuple[str, str, int]:
        if self._machine.process:
            return "active", "running", 1000 + self._machine.life
        return ("activating", "auto-restart", 0) if self._machine.restarting else ("inactive", "dead", 0)

    def shims(self) -> int:
        """containerd-shim processes, one for each container that is left."""
        return self._world.systemd.containers(self._machine)

    @property
    def apart(self) -> bool:
        """Whether the agent's work dir is on a volume of its own."""
        return self._machine.apart

    @property
    def full(self) -> bool:
        return not self._machine.emptied

    def empty_work_dir(self) -> None:
        self._world.systemd.empty_work_dir(self._machine)

    def reboot(self) -> None:
        self._world.systemd.reboot(self._machine)


def _shown(unit: str, active: str, sub: str) -> dict[str, str]:
    return {"Id": unit, "LoadState": "loaded", "ActiveState": active, "SubState": sub}

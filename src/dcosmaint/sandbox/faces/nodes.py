"""What is reached over SSH: systemd on a node, and its host key."""

from __future__ import annotations

from collections.abc import Callable

from dcosmaint.errors import NodeFailed, Retryable
from dcosmaint.model import Instance, Units, WorkDir
from dcosmaint.sandbox.faces.passage import Passage
from dcosmaint.sandbox.world.state import Machine


class Nodes:
    """`UnitReads`, `UnitActs` and `KeyActs`."""

    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._world = passage.world

    def look(self, instance: Instance) -> Units:
        return self._passage.read("units", lambda: self._look(self._reach(instance)))

    def work_dir(self, instance: Instance) -> WorkDir:
        return self._passage.read("units", lambda: _work_dir(self._reach(instance)))

    def empty_work_dir(self, instance: Instance) -> None:
        self._act(instance, self._world.systemd.empty_work_dir)

    def stop_docker(self, instance: Instance) -> None:
        self._act(instance, self._world.systemd.stop_docker)

    def start_docker(self, instance: Instance) -> None:
        self._act(instance, self._world.systemd.start_docker)

    def hold_agent(self, instance: Instance, *, lasting: bool) -> None:
        self._act(instance, lambda machine: self._world.systemd.hold(machine, lasting=lasting))

    def signal_agent(self, instance: Instance) -> None:
        self._act(instance, self._world.systemd.signal_agent)

    def stop_agent(self, instance: Instance) -> None:
        self._act(instance, self._world.systemd.stop_agent)

    def release_agent(self, instance: Instance) -> None:
        self._act(instance, self._world.systemd.release_agent)

    def enrol(self, instance: Instance) -> None:
        self._act(instance, lambda machine: None)

    def _act(self, instance: Instance, work: Callable[[Machine], None]) -> None:
        self._passage.act("units", lambda: work(self._reach(instance)))

    def _reach(self, instance: Instance) -> Machine:
        machine = self._world.machine(instance.id)
        if machine.state != "running" or machine.rebooting:
            raise Retryable(f"{instance.id} at {instance.private_ip} does not answer on port 22")
        if machine.id in self._world.faults.hangs:
            self._passage.linger(30.0)
            raise Retryable(f"{instance.id} at {instance.private_ip} took a command and did not answer in 30 s")
        if machine.id in self._world.faults.host_keys:
            raise NodeFailed(f"the SSH host key of {instance.id} has changed: nothing was sent to it")
        return machine

    def _look(self, machine: Machine) -> Units:
        return Units(
            docker=machine.docker,
            shims=self._world.systemd.containers(machine),
            unit=machine.unit,
            agent=machine.process or machine.restarting,
            process=machine.process,
            held=bool(machine.hold),
            lasting=machine.hold == "lasting",
        )


def _work_dir(machine: Machine) -> WorkDir:
    return WorkDir(apart=machine.apart, empty=machine.emptied)

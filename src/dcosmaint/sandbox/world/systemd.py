"""What systemd does on each machine: docker, and the agent's unit with its Restart=always."""

from __future__ import annotations

from dcosmaint.sandbox.world.faults import Rejected
from dcosmaint.sandbox.world.ground import Ground
from dcosmaint.sandbox.world.master import Master
from dcosmaint.sandbox.world.state import Machine

RESTART_AFTER = 5.0
"""RestartSec of the agent's unit, in seconds."""


class Systemd:
    def __init__(self, ground: Ground, master: Master) -> None:
        self._ground = ground
        self._master = master

    def containers(self, machine: Machine) -> int:
        """containerd-shim processes that are left."""
        agent = self._ground.agents.get(machine.agent_id)
        live = sum(task.docker for task in agent.tasks.values()) if agent else 0
        return live or int(machine.containers_until > self._ground.clock.now)

    def stop_docker(self, machine: Machine, by: str = "tool") -> None:
        if not machine.docker:
            return
        self._ground.tell(by, "stop-docker", machine)
        machine.docker = False
        agent = self._ground.agents.get(machine.agent_id)
        containers = [task for task in agent.tasks.values() if task.docker] if agent else []
        if containers:
            machine.containers_until = self._ground.clock.now + self._ground.chance.within((1.0, 8.0))
        for task in containers:
            self._master.end(task, "TASK_FAILED", "container exited")

    def start_docker(self, machine: Machine, by: str = "tool") -> None:
        if not machine.docker:
            self._ground.tell(by, "start-docker", machine)
            machine.docker = True

    def hold(self, machine: Machine, *, lasting: bool, by: str = "tool") -> None:
        """Restart=no, and a start condition that does not hold. A running process is not touched."""
        self._ground.tell(by, "hold", machine, lasting=lasting)
        machine.hold = "lasting" if lasting else "runtime"

    def signal_agent(self, machine: Machine, by: str = "tool") -> None:
        """SIGUSR1: the agent unregisters at once and its process ends a little later."""
        if not machine.process:
            return
        self._ground.tell(by, "signal-agent", machine, held=bool(machine.hold))
        agent = self._ground.agents.get(machine.agent_id)
        if agent and agent.listed and any(task.docker for task in agent.tasks.values()):
            machine.containers_until = self._ground.clock.now + self._ground.chance.within((1.0, 6.0))
        if agent:
            self._master.unregister(machine.agent_id)
        machine.forgotten = self._ground.shape.release.forgets
        self.shut_down(machine)

    def shut_down(self, machine: Machine) -> None:
        """The agent's process ends by itself in a moment: it was signalled, or the master told it to."""
        machine.life += 1
        life = machine.life
        self._ground.clock.after(self._ground.chance.within((1.0, 2.0)), lambda: self._ended(machine, life))

    def stop_agent(self, machine: Machine, by: str = "tool") -> None:
        """SIGTERM: the process ends without a goodbye, and the unit is not started again."""
        self._ground.tell(by, "stop-agent", machine, alive=machine.process)
        machine.restarting = False
        self._kill(machine)

    def release_agent(self, machine: Machine, by: str = "tool") -> None:
        """No hold any more, and the unit is started."""
        self._ground.tell(by, "release", machine)
        machine.hold = ""
        self._start(machine)

    def restart_agent(self, machine: Machine, by: str = "operator") -> None:
        """`systemctl restart` of its unit: it ends without a goodbye, and starts again unless a hold forbids it."""
        self._ground.tell(by, "restart-agent", machine)
        machine.restarting = False
        self._kill(machine)
        self._start(machine)

    def empty_work_dir(self, machine: Machine, by: str = "tool") -> None:
        """All that an agent is known by is gone with it, and so is the data of whoever ran there."""
        if machine.process or machine.restarting:
            raise Rejected(1, f"{machine.unit}.service is active")
        self._ground.tell(by, "empty-work-dir", machine)
        machine.emptied = True

    def boot(self, machine: Machine) -> None:
        """The machine is up: docker starts, and the agent unless a lasting hold forbids it."""
        machine.docker = True
        machine.hold = machine.hold if machine.hold == "lasting" else ""
        self._start(machine)

    def reboot(self, machine: Machine, by: str = "operator") -> None:
        self._ground.tell(by, "reboot", machine)
        self.power_off(machine)
        machine.rebooting = True
        self._ground.clock.after(self._ground.chance.within((30.0, 60.0)), lambda: self.power_on(machine))

    def power_on(self, machine: Machine) -> None:
        """A machine that was off, or rebooting, is up again."""
        machine.rebooting = False
        if machine.state == "running":
            self.boot(machine)

    def power_off(self, machine: Machine) -> None:
        machine.docker = machine.restarting = False
        self._kill(machine)

    def _kill(self, machine: Machine) -> None:
        if machine.process:
            machine.life += 1
            machine.process = False
            self._master.disconnect(machine.agent_id)

    def _ended(self, machine: Machine, life: int) -> None:
        if machine.life != life:
            return
        machine.process = False
        machine.restarting = not machine.hold
        if machine.restarting:
            self._ground.clock.after(RESTART_AFTER, lambda: self._restart(machine, life))

    def _restart(self, machine: Machine, life: int) -> None:
        if machine.restarting and machine.life == life:
            self._start(machine)

    def _start(self, machine: Machine) -> None:
        machine.restarting = False
        if machine.process or machine.hold or machine.state != "running":
            return
        machine.process = True
        machine.life += 1
        life = machine.life
        self._ground.clock.after(self._hello(machine), lambda: self._register(machine, life))

    def _hello(self, machine: Machine) -> float:
        """Seconds until the agent registers: a first start installs DC/OS, a later one recovers its work dir."""
        chance, shape = self._ground.chance, self._ground.shape
        if machine.installed:
            return chance.within((2.0, 5.0))
        boot = self._ground.clock.now - machine.launched_at
        return max(1.0, chance.within(shape.register) - boot)

    def _register(self, machine: Machine, life: int) -> None:
        late = machine.life != life or not machine.process
        never = not machine.installed and machine.address in self._ground.faults.never_register
        if late or never:
            return
        if not self._master.admits(machine):
            self.shut_down(machine)
            return
        if not machine.installed:
            machine.healthy_at = self._ground.clock.now + self._ground.chance.within((15.0, 60.0))
        self._master.register(machine)

"""Terraform, as a program that takes its time and outlives a tool that was killed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from dcosmaint.sandbox.world import attachments
from dcosmaint.sandbox.world.attachments import Attachments
from dcosmaint.sandbox.world.balancers import Balancers
from dcosmaint.sandbox.world.cloud import Cloud
from dcosmaint.sandbox.world.faults import Rejected
from dcosmaint.sandbox.world.ground import Ground
from dcosmaint.sandbox.world.program import Drift, Program
from dcosmaint.sandbox.world.shape import NodeShape
from dcosmaint.sandbox.world.state import Machine

LOCK_TIMEOUT, LOCK_LOOKS = 60.0, 10.0
"""Seconds that terraform waits for somebody else's lock (-lock-timeout), and between its looks."""


class Terraform:
    def __init__(self, ground: Ground, cloud: Cloud, balancers: Balancers) -> None:
        self._ground = ground
        self._balancers = balancers
        self._cloud = cloud
        self.state: dict[str, str] = {}  # address → instance id
        self.attachments = Attachments(ground, cloud, self.state)
        self.images: dict[str, str] = {}  # group → the AMI that the variables name
        self.exposed = ground.shape.terraform_exposed
        self.newest: Program | None = None
        self.planned: Program | None = None  # the plan that ended last
        self._serial = 1
        self._began = 0
        self.changes = 0

    def plan(
        self, addresses: Sequence[str], images: Mapping[str, str], companions: Sequence[str] = (), by: str = "tool"
    ) -> Program:
        program = self._begin("plan", addresses, "refreshing state")
        program.companions = tuple(companions)
        program.images = {**self.images, **images}
        self._ground.log.write(by, "plan", addresses=list(addresses))
        self._after(self._ground.chance.within((4.0, 6.0)), partial(self._plan_ends, program))
        return program

    def apply(self, by: str = "tool") -> Program:
        """Apply the plan that ended last: of that very file, so it fails when the state has moved on."""
        if self.planned is None:
            raise Rejected(400, "there is no saved plan")
        plan = self.planned
        program = self._begin("apply", plan.subject, "creating")
        program.found, program.serial, program.by = plan.found, plan.serial, by
        changes = [[drift.address, list(drift.actions), drift.ami] for drift in plan.found]
        self._ground.log.write(by, "apply", addresses=list(plan.subject), changes=changes)
        self._after(self._ground.chance.within((6.0, 10.0)), partial(self._next, program, 0))
        return program

    def swap(self, group: str, ami: str, by: str = "tool") -> None:
        self._ground.log.write(by, "swap", group=group, ami=ami)
        self.images[group] = ami
        self.changes += 1

    def interrupt(self) -> None:
        """One SIGINT: a plan ends, an apply finishes what it is creating and ends."""
        if self.newest and self.newest.running:
            self.newest.end("interrupted")

    def _after(self, seconds: float, effect: Callable[[], None]) -> None:
        """It runs on our machine, so where the World's time runs faster it takes more of that."""
        self._ground.clock.after(seconds * self._ground.shape.drag, effect)

    def _begin(self, what: str, subject: Sequence[str], says: str) -> Program:
        if self.newest and self.newest.running:
            raise Rejected(409, "Error acquiring the state lock")
        self._began += 1
        self.newest = Program(what, 5000 + self._began, tuple(subject), says=says)
        return self.newest

    def _plan_ends(self, program: Program) -> None:
        if program.running and not self._locked(program):
            attached = self.attachments.missing(program.companions)
            program.found = (*self._compare(program), *attached, *self._ground.faults.unrelated)
            program.serial = self._serial
            self.planned = program
            program.end(self._ground.faults.plan_fails)

    def _locked(self, program: Program) -> bool:
        """Whether somebody else holds the lock of the state: it is waited for, and in the end the program fails."""
        who = self._ground.faults.locked
        if who and program.waited >= LOCK_TIMEOUT:
            program.end(f"Error acquiring the state lock: it is held by {who}")
        elif who:
            program.says, program.waited = "waiting for the state lock", program.waited + LOCK_LOOKS
            self._ground.clock.after(LOCK_LOOKS, partial(self._plan_ends, program))
        return bool(who)

    def _compare(self, program: Program) -> list[Drift]:
        """The plan against what EC2 has: an instance that is gone is created, one with another AMI perhaps replaced."""
        found = []
        for address in sorted(program.subject):
            machine = self._machine(address)
            if machine is None:
                continue
            ami = program.images[machine.group]
            if machine.state == "terminated":
                found.append(Drift(address, ("create",), ami))
            elif self.exposed and machine.ami != ami:
                found.append(Drift(address, ("delete", "create"), ami))
        return found

    def _next(self, program: Program, done: int) -> None:
        """One change after the other, each ten seconds of our time."""
        if not program.running:
            return
        if program.serial != self._serial and not done:
            program.end("Saved plan is stale")
            return
        if not done:
            self.attachments.refresh(program.subject)
        if done == len(program.found):
            self._after(20.0, program.end)
            return
        if done == len(program.found) - 1 and (why := self._ground.faults.apply_fails):
            program.end(why)
            return
        drift = program.found[done]
        program.says = f"{drift.address}: {' then '.join(drift.actions)}"
        self._carry_out(drift, program.by)
        self._after(10.0, partial(self._next, program, done + 1))

    def _carry_out(self, drift: Drift, by: str) -> None:
        if drift.type == attachments.TYPE:
            self.attachments.make(drift.address)
            self._serial += 1
        machine = self._machine(drift.address)
        if machine is None:
            return  # a resource of another type: nobody here misses it
        if "delete" in drift.actions:
            self._cloud.terminate(machine.id, by="terraform")
        if "create" in drift.actions:
            ip = self._cloud.next_ip(machine)
            shape = NodeShape(machine.zone, machine.public, machine.size, drift.address, ip, ami=self._ami(drift))
            new = self._cloud.launch(shape, machine)
            new.protected, new.scaling_group = machine.protected, machine.scaling_group
            self.state[drift.address] = new.id
            self._serial += 1
            self.changes += 1
            self._attach(machine, new, by)

    def _attach(self, old: Machine, new: Machine, by: str) -> None:
        """What the code attaches to an address is attached to whatever is there now; people attach the rest by hand."""
        for balancer in self._ground.balancers.values():
            if (balancer.shape.attached or by == "operator") and old.public == new.public:
                self._balancers.register(balancer.id, balancer.called(new), by=by if by == "operator" else "terraform")

    def _ami(self, drift: Drift) -> str:
        return self._ground.faults.amis.get(drift.address, drift.ami)

    def _machine(self, address: str) -> Machine | None:
        return self._ground.machines.get(self.state.get(address, ""))

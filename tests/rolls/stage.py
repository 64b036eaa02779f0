"""One pretend cluster with a process of the tool on it, in process and on virtual time.

Run as a program it prints the journal of a whole roll and the World's log, so that two processes can be compared.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from dcosmaint import work_dirs
from dcosmaint.admission import Door
from dcosmaint.choice import Choice
from dcosmaint.errors import Refused, Retryable
from dcosmaint.executor import Executor
from dcosmaint.hands import VirtualHands
from dcosmaint.journal import Journal, Memory, Sink
from dcosmaint.lines import RollBegun, TakenOver
from dcosmaint.model import Finding, Inventory, Policy, Roll, Terms, Verdict, Window, Work
from dcosmaint.ports import Lease
from dcosmaint.reporter import Reporter
from dcosmaint.rolls import Order, a_roll, blockers
from dcosmaint.sandbox import monitor
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.monitor import Tally, judge
from dcosmaint.sandbox.world import AppShape, KafkaShape, Shape, TopicShape, World, build
from dcosmaint.sandbox.world.kafka import Broker
from dcosmaint.shelf import Shelf
from dcosmaint.site import Site
from dcosmaint.survey import survey

PRIVATE = "aws_instance.dcos_agent_node"
PUBLIC = "aws_instance.dcos_public_agent_node"
EVENTS = "kafka-events"

CLICKS = KafkaShape(EVENTS, 3, (TopicShape("clicks", 3, 3),))
SMALL = Shape(
    nodes=5,
    public=0,
    services=(CLICKS,),
    apps=(AppShape("/web", 3, docker=True), AppShape("/cron", 1)),
    resync=(20.0, 60.0),
    register=(20.0, 60.0),
)
"""Small and quick, for what is done to it hundreds of times."""

WIDE = replace(
    SMALL,
    nodes=7,
    services=(*SMALL.services, KafkaShape("prod/kafka-orders", 3, (TopicShape("orders", 3, 2),))),
)

LEGACY = replace(SMALL, services=(replace(CLICKS, api="brokers"),))
"""A scheduler from before the SDK: for seconds a replace that has arrived looks just like one that was lost."""

OLD = replace(SMALL, profile="1.11")
"""Nothing keeps new work off a node: its members go down with it, and are replaced once a new one is there."""


class Free(Lease):
    """The lease of somebody who has no rival."""

    def check(self) -> None:
        pass


@dataclass(frozen=True)
class Stage:
    """`seed` decides how long each call takes, and which are lost where `failures` says that some are."""

    world: World
    seed: int = 0
    failures: float = 0.0

    @cached_property
    def hands(self) -> VirtualHands:
        return VirtualHands(self.world)

    @cached_property
    def site(self) -> Site:
        return in_process(self.world, self.seed, failures=self.failures)

    @property
    def newest_ami(self) -> str:
        return list(self.world.cloud.amis)[-1]

    def survey(self) -> Inventory:
        for _ in range(20):
            try:
                return survey(self.site, self.hands.now())
            except Retryable:
                continue
        raise AssertionError("twenty surveys in a row failed")

    def roll(
        self,
        work: Work = Work.ROLL,
        choice: Choice | None = None,
        policy: Policy | None = None,
        images: Mapping[str, str] | None = None,
        roll_id: str = "r1",
    ) -> Roll:
        """A roll to the newest AMI unless `images` (group → AMI) say otherwise."""
        inventory = self.survey()
        images = dict.fromkeys(inventory.images, self.newest_ami) if images is None else images
        order = Order(work, images, choice or Choice(), policy or Policy())
        return a_roll(roll_id, "sandbox", "me@here", order, inventory)

    def blockers(self, roll: Roll) -> tuple[Finding, ...]:
        for _ in range(20):
            try:
                inventory = work_dirs.told(roll, self.survey(), roll.targets, self.site.units)
                return blockers(roll, inventory, self.site.ec2)
            except Retryable:
                continue
        raise AssertionError("twenty looks in a row failed")

    def begin(self, roll: Roll, sink: Sink | None = None) -> Journal:
        """A roll's journal with its first line. Blockers are refused here, as the command line refuses them."""
        if found := self.blockers(roll):
            raise Refused("; ".join(f"{finding.rule} {finding.subject}" for finding in found))
        journal = Journal(sink or Memory(), Free(), self.hands.now)
        journal.append(RollBegun(roll))
        return journal

    def take_over(self, shelf: Shelf, roll_id: str, terms: Terms | None = None) -> Journal:
        journal = shelf.open(roll_id, Free(), self.hands.now, nullcontext())
        journal.append(TakenOver("somebody@else", terms or Terms()))
        return journal

    def run(self, journal: Journal, site: Site | None = None) -> Verdict:
        site, reporter = site or self.site, Reporter()
        door = Door(journal, site, self.hands, reporter)
        try:
            return Executor(journal, site, self.hands, reporter, door).run()
        finally:
            self.world.followers.abandon()  # they are this process's, however it ends

    def tally(self, roll: Roll) -> Tally:
        """The monitor's judgement. It hears what the caps and the targets are, and nothing of how they were kept."""
        caps = {name: roll.policy.caps.get(name, roll.policy.default_cap) for name in self.world.schedulers}
        ignored = frozenset(name for name in caps if roll.policy.ignores(name))
        yardstick = monitor.Yardstick(
            min_isr=roll.policy.min_isr,
            ignored=ignored,
            last=roll.manner.last,
            airtight=roll.manner.airtight,
            leaky=roll.manner.leaks,
        )
        return judge(self.world.log, caps, roll.targets, yardstick)


def rolled(stage: Stage, roll: Roll) -> Journal:
    """The roll, begun and driven to its good end."""
    journal = stage.begin(roll)
    verdict = stage.run(journal)
    assert verdict is Verdict.DONE, why(journal)
    return journal


def said(memory: Memory, event: str) -> list[dict[str, Any]]:
    """The journal's lines of one kind."""
    return [line for line in map(json.loads, memory.lines) if line["event"] == event]


def why(journal: Journal) -> str:
    """Why a roll did not end well, for the message of an assertion."""
    stopped = [flight.stopped for flight in journal.progress.stopped]
    return f"{stopped or 'nobody stopped'}, paused: {journal.progress.paused or 'no'}"


def land(stage: Stage, broker: Broker, agent_id: str) -> None:
    """A broker is on another agent from one moment to the next: the survey is older than that."""
    agents, key = stage.world.ground.agents, f"{EVENTS}/{broker.pod}"
    home, here = agents[broker.task.agent_id], agents[agent_id]
    here.tasks[broker.task.id] = home.tasks.pop(broker.task.id)
    here.reserve(key, home.reserved[key], home.volumes[key])
    home.unreserve(key)
    broker.task.agent_id = agent_id
    stage.world.master.changes += 1
    stage.world.ground.services[EVENTS].changes += 1


# ---- oracles on the end of a World


def not_replaced(world: World, roll: Roll) -> list[str]:
    """Targets that still live, or whose address has no serving node of the wanted AMI."""
    serving = {agent.machine.id for agent in world.ground.agents.values() if agent.offers}
    found = []
    for target in roll.targets:
        old, new = world.machine(target), world.node(world.machine(target).address)
        good = old.state == "terminated" and new.ami == roll.images[new.group] and new.id in serving
        found += [] if good else [old.address]
    return found


def cordoned(world: World) -> list[str]:
    """By whatever means."""
    shut = [a.machine.address for a in world.ground.listed if a.deactivated or a.set_apart]
    left = [Window(m.hostname, m.ip, w.start, w.duration) for w in world.maintenance.windows for m in w.machines]
    homes = {machine.private_ip: machine.address for machine in world.ground.machines.values()}
    return shut + [homes[window.private_ip] for window in left if window.ours]


def unwell(world: World) -> list[str]:
    """Brokers that are not in sync, and apps that lack instances."""
    lost = [f"{service}/{pod}" for service, pods in world.ground.lost.items() for pod in pods]
    return lost + [app.id for app in world.ground.apps.values() if app.running < app.shape.instances]


def clean(stage: Stage, roll: Roll) -> None:
    """Nothing is wrong with the World once everything that was under way has ended."""
    stage.world.advance(stage.world.now + 3600.0)
    assert stage.tally(roll).breaches == ()
    assert (cordoned(stage.world), unwell(stage.world)) == ([], [])


def printed(shape: Shape, seed: int, strategy: str) -> str:
    """A whole roll with lost calls: its journal, and what became of the World."""
    stage, memory = Stage(build(replace(shape, seed=seed)), seed, failures=0.01), Memory()
    policy = Policy(strategy="window" if strategy == "window" else "batch", batch_size=4)
    stage.run(stage.begin(stage.roll(policy=policy), memory))
    return "\n".join([*memory.lines, *stage.world.log])


def shelf_in(folder: Path) -> Shelf:
    return Shelf(folder / "rolls", "sandbox")


if __name__ == "__main__":
    print(printed(WIDE if sys.argv[1] == "wide" else Shape(), int(sys.argv[2]), sys.argv[3]))

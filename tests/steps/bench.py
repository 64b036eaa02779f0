"""One node's pipeline on a pretend cluster, its steps at hand one by one.

Calls take no time and none gets lost, unless a test says so: what a step sees is what the World is at that moment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, cast

from dcosmaint import work_dirs
from dcosmaint.errors import Retryable
from dcosmaint.hands import VirtualHands
from dcosmaint.journal import Journal, Memory, logged_acts
from dcosmaint.lines import Admitted, Done, RollBegun
from dcosmaint.model import Flight, Manner, Member, Node, Policy, Roll, Waiting, Waits, Work
from dcosmaint.model.manner import MEMBERS_FIRST
from dcosmaint.pipeline import PIPELINES, prepare_image
from dcosmaint.planner.case import slots
from dcosmaint.ports import Lease, Step
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.world import AppShape, KafkaShape, Shape, TopicShape, World, build
from dcosmaint.sandbox.world.state import Machine
from dcosmaint.seat import Seat
from dcosmaint.site import Acts, Site
from dcosmaint.steps.slots import Slots
from dcosmaint.steps.writer import Writer
from dcosmaint.survey import survey

GROUP = "aws_instance.dcos_agent_node"
FIRST = f"{GROUP}[0]"  # carries kafka-0, and containers
EVENTS = "kafka-events"
BROKER = Member(EVENTS, "kafka-0")

KAFKA = KafkaShape(EVENTS, 3, (TopicShape("clicks", 3, 3),))
SHAPE = Shape(
    nodes=6,
    public=0,
    services=(KAFKA,),
    apps=(AppShape("/web", 6, docker=True), AppShape("/cron", 1)),
    resync=(20.0, 60.0),
    register=(20.0, 60.0),
)
WAITS = Waits(
    place=601.0,
    start=602.0,
    stalled=603.0,
    stop=604.0,
    terminate=605.0,
    apply=606.0,
    register=607.0,
    connections=608.0,
    tasks=609.0,
)
"""Each patience another one, so that a step that took the wrong one is seen."""

LOOK_EVERY = 5.0


class Free(Lease):
    """The lease of somebody who has no rival."""

    def check(self) -> None:
        pass


class Unheard:
    """Acts that are lost on their way: the caller is told that all went well, and nothing happens."""

    def __getattr__(self, act: str) -> Any:
        return lambda *args, **named: None


def unheard(acts: Acts) -> Acts:
    return replace(acts, **{field.name: cast(Any, Unheard()) for field in fields(acts)})


@dataclass
class Bench:
    world: World
    site: Site
    journal: Journal
    lines: Memory
    address: str = FIRST

    @property
    def flight(self) -> Flight:
        return self.journal.progress.flights[self.address]

    @property
    def roll(self) -> Roll:
        return self.journal.roll

    @property
    def node(self) -> Node:
        return self.flight.node

    @cached_property
    def old(self) -> Machine:
        """The machine that the node was on when it was admitted."""
        return self.world.machine(self.node.instance.id)

    @property
    def new(self) -> Machine:
        return self.world.node(self.address)

    # ---- steps

    @property
    def steps(self) -> dict[str, Step]:
        """Built anew, as a resume builds them."""
        acts = logged_acts(self.site.acts, self.journal, self.address)
        once = logged_acts(self.site.acts, self.journal)
        writer = Writer(self.site.terraform, once.terraform, self.roll.policy, self.journal.alone)
        site, places = replace(self.site, acts=acts), Slots(self.address, self.journal)
        found = [*prepare_image(self.journal, replace(self.site, acts=once))]
        if self.roll.work is not Work.BAKE:
            found += PIPELINES[self.roll.work](Seat(self.flight, self.roll, site, places, writer))
        return {step.name: step for step in found}

    def bring(self, name: str) -> Step:
        """The world as the steps before this one leave it, and the step."""
        for before in self.steps:
            if before == name:
                return self.steps[name]
            if before not in (*self.flight.done, *self.journal.progress.prepared):
                self.drive(self.steps[before])
                self.end(before)
        raise AssertionError(f"no step is called {name}")

    def end(self, name: str) -> None:
        self.journal.append(Done("" if name in ("bake-image", "swap-image") else self.address, name))

    def drive(self, step: Step, patience: float = 7200.0) -> list[Waiting]:
        """Look until the gate holds, as the executor does. What it waited for on the way."""
        waited: list[Waiting] = []
        running, end = step.run(), self.world.now + patience
        while self.world.now < end:
            try:
                waiting = next(running, None)
            except Retryable:
                running = step.run()
            else:
                if waiting is None:
                    return waited
                waited.append(waiting)
            self.pass_by(LOOK_EVERY)
        raise AssertionError(f"{step.name} still waits: {waited[-1] if waited else 'no answer'}")

    def looks(self, step: Step, count: int, every: float = LOOK_EVERY) -> list[Waiting]:
        """What so many looks of one run bring; fewer where its gate holds before."""
        waited, running = [], step.run()
        for _ in range(count):
            if (waiting := next(running, None)) is None:
                break
            waited.append(waiting)
            self.pass_by(every)
        return waited

    def pass_by(self, seconds: float) -> None:
        self.world.advance(self.world.now + seconds)

    # ---- what was done

    def acts(self, *names: str) -> list[str]:
        """The acts that were announced, all or those of these names: `services.replace`."""
        said = [line["act"] for line in map(json.loads, self.lines.lines) if line["event"] == "acting"]
        return [act for act in said if not names or act in names]

    def events(self, what: str) -> list[dict[str, Any]]:
        """What the World saw of one kind."""
        return [line for line in map(json.loads, self.world.log) if line["what"] == what]

    def silence(self) -> Bench:
        """From now on acts are lost on their way."""
        return replace(self, site=replace(self.site, acts=unheard(self.site.acts)))


def a_bench(
    work: Work = Work.ROLL,
    shape: Shape = SHAPE,
    address: str = FIRST,
    red: tuple[str, ...] = (),
    *,
    manner: Manner = MEMBERS_FIRST,
    cordoned: bool = False,
    **policy: Any,
) -> Bench:
    """The node is admitted, and nothing has been done to it. `red` are its units that were not healthy then."""
    world = build(shape)
    if cordoned:
        world.master.deactivate(world.node(address).agent_id)
    site = in_process(world, slow=False, failures=0.0)
    hands, lines = VirtualHands(world), Memory()
    inventory = survey(site, hands.now())
    newest = list(world.cloud.amis)[-1]
    roll = Roll(
        id="r1",
        cluster="sandbox",
        work=work,
        targets=(world.node(address).id,),
        policy=Policy(waits=WAITS, **policy),
        manner=manner,
        images=dict.fromkeys(inventory.images, newest) if work in (Work.ROLL, Work.REPLACE) else {},
        baseline={service.name: service.partitions or () for service in inventory.services},
    )
    inventory = work_dirs.told(roll, inventory, roll.targets, site.units)
    node = next(node for node in inventory.nodes if node.address == address)
    journal = Journal(lines, Free(), hands.now)
    journal.append(RollBegun(roll))
    counts = {app.id: len(app.on) for app in inventory.apps if app.id in node.apps}
    flags = site.mesos.flags(node.agent_id)
    behind = node.instance.balancers
    flight = Flight(node, tuple(slots(roll, node)), counts=counts, flags=flags, red=red, balancers=behind)
    journal.append(Admitted((flight,)))
    return Bench(world, site, journal, lines, address)

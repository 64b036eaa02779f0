"""The last door before an instance is gone (R3), and the first behind which a new one counts (R7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

import pytest

from dcosmaint.errors import Fatal, NodeFailed, Retryable, StartOver
from dcosmaint.lines import Admitted
from dcosmaint.model import Flight, Image, Instance, Member, Waiting, Waits
from dcosmaint.ports import Ec2Reads
from dcosmaint.sandbox.world import NodeShape, Shape, World, build
from dcosmaint.steps.await_agent import AwaitAgent
from dcosmaint.steps.leaving import Emptied, ForGood
from dcosmaint.steps.looks import LOOKS
from dcosmaint.steps.slots import Slots
from dcosmaint.steps.terminate_instance import TerminateInstance
from tests.rolls.stage import EVENTS, LEGACY, PRIVATE, SMALL, Stage

WITH_BROKER, WITHOUT = f"{PRIVATE}[0]", f"{PRIVATE}[3]"


def left(world: World, address: str) -> None:
    """The agent of this node is held and has left the master."""
    machine = world.node(address)
    world.systemd.hold(machine, lasting=False)
    world.systemd.signal_agent(machine)
    world.advance(world.now + 60.0)


class Door:
    """terminate-instance in front of one node in flight."""

    def __init__(
        self, address: str, *, target: bool = True, done: tuple[str, ...] = ("stop-agent",), shape: Shape = SMALL
    ) -> None:
        self.stage = Stage(build(shape))
        self.node = next(n for n in self.stage.survey().nodes if n.address == address)
        roll = self.stage.roll()
        others = tuple(t for t in roll.targets if t != self.node.instance.id)
        self.journal = self.stage.begin(roll if target else replace(roll, targets=others))
        self.done = done
        self.ec2: Ec2Reads = self.stage.site.ec2

    def open(self, holds: tuple[Member, ...] = ()) -> None:
        self.looks(1, holds)

    def looks(self, count: int, holds: tuple[Member, ...] = ()) -> list[Waiting]:
        self.journal.append(Admitted((Flight(self.node, holds=holds, done=self.done),)))
        site, slots = self.stage.site, Slots(self.node.address, self.journal)
        ends = ForGood(Emptied(self.node, site.mesos, site.services), self.journal.roll, slots)
        step = TerminateInstance(self.node, site.mesos, ends, self.ec2, site.acts.ec2, Waits())
        return list(islice(step.run(), count))

    @property
    def state(self) -> str:
        return self.stage.world.machine(self.node.instance.id).state


def test_a_drained_target_is_terminated() -> None:
    door = Door(WITHOUT)
    left(door.stage.world, WITHOUT)
    door.open()
    assert door.state == "shutting-down"


@dataclass
class Forgetful(Ec2Reads):
    """So many answers are empty."""

    port: Ec2Reads
    empty: int

    def instances(self, ids: Sequence[str]) -> tuple[Instance, ...]:
        self.empty -= 1
        return () if self.empty >= 0 else self.port.instances(ids)

    def in_full(self, ids: Sequence[str]) -> tuple[Instance, ...]:
        return self.port.in_full(ids)

    def image(self, ami: str) -> Image | None:
        return self.port.image(ami)

    def baked(self, roll: str) -> Image | None:
        return self.port.baked(roll)


@pytest.mark.parametrize(("empty", "state"), [(1, "shutting-down"), (2, "shutting-down"), (100, "running")])
def test_an_empty_answer_of_ec2_is_no_proof_that_the_instance_is_gone(empty: int, state: str) -> None:
    door = Door(WITHOUT)
    left(door.stage.world, WITHOUT)
    door.ec2 = Forgetful(door.stage.site.ec2, empty)
    assert len(door.looks(LOOKS)) == LOOKS - (empty > LOOKS)
    assert door.state == state


def test_an_instance_that_is_no_target_is_never_terminated() -> None:
    door = Door(WITHOUT, target=False)
    left(door.stage.world, WITHOUT)
    with pytest.raises(Fatal, match="is not a target of this roll"):
        door.open()
    assert door.state == "running"


def test_an_instance_whose_agent_did_not_leave_by_our_hand_is_not_terminated() -> None:
    door = Door(WITHOUT, done=())
    left(door.stage.world, WITHOUT)
    with pytest.raises(Fatal, match="did not leave by our hand"):
        door.open()
    assert door.state == "running"


def test_an_instance_with_a_member_that_is_not_proved_to_be_elsewhere_is_not_terminated() -> None:
    door = Door(WITHOUT)
    left(door.stage.world, WITHOUT)
    with pytest.raises(NodeFailed, match=f"{EVENTS}/kafka-0 not proved to be in sync elsewhere"):
        door.open(holds=(Member(EVENTS, "kafka-0"),))
    assert door.state == "running"


def test_an_instance_with_a_pod_on_it_is_drained_again() -> None:
    door = Door(WITH_BROKER)
    left(door.stage.world, WITH_BROKER)
    with pytest.raises(StartOver, match=f"{EVENTS}/kafka-0 is on"):
        door.open()
    assert door.state == "running"


def test_an_instance_is_not_terminated_while_a_broker_is_down_nobody_says_where() -> None:
    door = Door(WITHOUT, shape=LEGACY)
    left(door.stage.world, WITHOUT)
    door.stage.world.crash(EVENTS, "broker-0")
    with pytest.raises(Retryable, match=f"nobody says where {EVENTS}/broker-0 is"):
        door.open()
    assert door.state == "running"


def test_an_agent_at_the_address_of_a_drained_node_is_a_comeback() -> None:
    door = Door(WITHOUT)
    with pytest.raises(StartOver, match="came back"):
        door.open()
    assert door.state == "running"


def test_an_agent_that_has_not_re_registered_since_a_failover_is_not_taken_for_gone() -> None:
    door = Door(WITHOUT)
    world = door.stage.world
    world.ground.agents[world.node(WITHOUT).agent_id].recovering = True
    with pytest.raises(Retryable, match="not re-registered"):
        door.open()
    assert door.state == "running"


def test_the_old_agent_at_the_same_address_is_not_taken_for_the_new_one() -> None:
    """Its instance is not dead yet, and its successor has its IP: until that one registers, the old agent answers."""
    stage = Stage(build(SMALL))
    world, old = stage.world, stage.world.node(WITHOUT)
    node = next(n for n in stage.survey().nodes if n.address == WITHOUT)
    new = world.cloud.launch(NodeShape(old.zone, address=WITHOUT, private_ip=old.private_ip, ami=stage.newest_ami))
    world.terraform.state[WITHOUT] = new.id
    world.terraform.changes += 1
    site, journal = stage.site, stage.begin(stage.roll())
    journal.append(Admitted((Flight(node),)))
    acts, slots = site.acts, Slots(WITHOUT, journal)
    step = AwaitAgent(journal.roll, site.terraform, site.ec2, site.mesos, acts.mesos, acts.keys, slots)
    for _ in step.run():
        world.advance(world.now + 5.0)
    assert world.ground.agents[new.agent_id].listed

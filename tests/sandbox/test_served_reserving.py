"""The cordon by reservation, as its adapter asks for it over real HTTP. Time stands still there but for skips."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.auth import NoLogin, Password
from dcosmaint.adapters.mesos import Mesos
from dcosmaint.adapters.reserving import Reserving
from dcosmaint.adapters.tls import Tls
from dcosmaint.errors import Retryable
from dcosmaint.model import Agent, Apart, Cordon
from dcosmaint.sandbox.served.front import Settings
from dcosmaint.sandbox.world import AppShape, Shape, Size
from dcosmaint.sandbox.world.state import Agent as Truth
from tests.sandbox.cluster import Cluster, served

SHAPE = Shape(nodes=4, public=1, services=(), apps=(AppShape("/web", 3, size=Size(1.0, 512.0)),), profile="1.13")
MINE = Cordon("reserve", ("r1",))
PATIENCE = 5.0


@dataclass(frozen=True)
class Wired:
    cluster: Cluster
    mesos: Mesos
    reserving: Reserving

    def agent(self, agent_id: str) -> Agent:
        return next(agent for agent in self.mesos.agents().listed if agent.id == agent_id)

    def truth(self, *, public: bool = False) -> Truth:
        """An agent with something on it."""
        agents = self.cluster.world.ground.agents.values()
        return next(a for a in agents if a.machine.public == public and (public or a.tasks))


@contextmanager
def wired(shape: Shape = SHAPE, user: str = "") -> Iterator[Wired]:
    auth = Password(user, "secret") if user else NoLogin()
    settings = Settings(users={user: "secret"}) if user else None
    with (
        served(shape, settings) as cluster,
        AdminRouter(cluster.router.url, auth, Tls()) as router,
        closing(Reserving(router)) as reserving,
    ):
        yield Wired(cluster, Mesos(router, {"reserve": reserving}), reserving)


@pytest.fixture
def wire() -> Iterator[Wired]:
    with wired() as wire:
        yield wire


def soon(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_what_is_free_is_set_apart_and_seen_as_that(wire: Wired) -> None:
    truth = wire.truth()
    free = truth.free
    assert not wire.mesos.cordoned(wire.agent(truth.id), MINE)
    wire.mesos.cordon(truth.id, MINE)
    seen = wire.agent(truth.id)
    assert (seen.open.cpus, seen.open.mem, seen.apart) == (0.0, 0.0, (Apart("r1", free.cpus, free.mem),))
    assert wire.mesos.cordoned(seen, MINE)


def test_what_becomes_free_is_taken_before_the_next_round_of_offers(wire: Wired) -> None:
    truth = wire.truth()
    wire.mesos.cordon(truth.id, MINE)
    before = truth.free
    wire.cluster.world.master.end(next(iter(truth.tasks.values())), "TASK_KILLED", "killed by an operator")
    assert soon(lambda: truth.free.cpus == before.cpus == 0.0 and not truth.tasks)
    wire.cluster.pace.skip(30.0)
    assert not truth.tasks, "somebody was offered it"


def test_nobody_takes_it_once_the_process_has_ended(wire: Wired) -> None:
    truth = wire.truth()
    wire.mesos.cordon(truth.id, MINE)
    wire.reserving.close()
    wire.cluster.world.master.end(next(iter(truth.tasks.values())), "TASK_KILLED", "killed by an operator")
    time.sleep(0.5)
    assert truth.free.cpus > 0.0
    assert not wire.mesos.cordoned(wire.agent(truth.id), MINE), "nobody follows it any more"


def test_what_an_agent_lost_in_a_restart_is_set_apart_anew(wire: Wired) -> None:
    truth = wire.truth()
    wire.mesos.cordon(truth.id, MINE)
    world = wire.cluster.world
    world.systemd.restart_agent(truth.machine)
    wire.cluster.pace.skip(10.0)
    assert soon(lambda: bool(truth.set_apart) and truth.free.cpus == 0.0)


def test_a_public_agent_is_refined_and_given_back_as_its_own(wire: Wired) -> None:
    truth = wire.truth(public=True)
    wire.mesos.cordon(truth.id, MINE)
    seen = wire.agent(truth.id)
    assert (seen.public, seen.open.cpus, seen.apart[0].roll) == (True, 0.0, "r1")
    wire.cluster.pace.skip(1.0)
    wire.mesos.uncordon(truth.id, MINE)
    assert (truth.set_apart, wire.agent(truth.id).public) == ({}, True)


def test_it_is_lifted_when_the_agents_own_disk_says_so(wire: Wired) -> None:
    truth = wire.truth()
    wire.mesos.cordon(truth.id, MINE)
    wire.cluster.pace.skip(1.0)
    assert not wire.mesos.lifted(truth.id, MINE)
    wire.mesos.uncordon(truth.id, MINE)
    assert truth.set_apart == {}
    assert not wire.mesos.lifted(truth.id, MINE), "its disk has it still"
    wire.cluster.pace.skip(1.0)
    assert wire.mesos.lifted(truth.id, MINE)


def test_only_what_bears_the_rolls_label_is_given_back(wire: Wired) -> None:
    """R8: also where another of our rolls has set it apart."""
    truth = wire.truth()
    wire.mesos.cordon(truth.id, Cordon("reserve", ("r0",)))
    wire.reserving.close()
    wire.mesos.uncordon(truth.id, MINE)
    assert [apart.roll for apart in wire.agent(truth.id).apart] == ["r0"]
    wire.mesos.uncordon(truth.id, Cordon("reserve", ("r2", "r0")))
    assert wire.agent(truth.id).apart == ()


@pytest.mark.trap("a reservation of nothing ends the master")
def test_nothing_is_never_set_apart(wire: Wired) -> None:
    truth = wire.truth()
    led = wire.cluster.world.ground.led_since
    for cordon in (MINE, MINE):
        wire.mesos.cordon(truth.id, cordon)
    full = wire.truth(public=True)
    full.size = Size()
    wire.mesos.cordon(full.id, MINE)
    assert wire.cluster.world.ground.led_since == led
    assert wire.mesos.cordoned(wire.agent(full.id), MINE)
    assert wire.cluster.call(
        "RESERVE_RESOURCES", reserve_resources={"agent_id": {"value": truth.id}, "resources": [NOTHING]}
    ).ok
    assert wire.cluster.world.ground.led_since != led, "so it would have been"


NOTHING = {
    "name": "cpus",
    "type": "SCALAR",
    "scalar": {"value": 0},
    "role": "dcosmaint",
    "reservation": {"labels": {"labels": [{"key": "roll", "value": "r1"}]}},
}


def test_memory_alone_is_set_apart_too(wire: Wired) -> None:
    """A task that wants memory alone would be placed on an agent without cpus."""
    truth = wire.truth()
    truth.size = Size(truth.size.cpus - truth.free.cpus, truth.size.mem, truth.size.disk)
    wire.mesos.cordon(truth.id, MINE)
    ((layers, size),) = truth.set_apart.items()
    assert (size.cpus, size.mem > 0.0, layers[0].role) == (0.0, True, "dcosmaint")


def test_the_principal_is_the_one_who_is_logged_in() -> None:
    """A master that asks for a login takes no other."""
    with wired(user="admin") as wire:
        truth = wire.truth()
        wire.mesos.cordon(truth.id, MINE)
        ((layers, _),) = truth.set_apart.items()
        assert layers[0].principal == "admin"
        wire.cluster.pace.skip(1.0)
        wire.mesos.uncordon(truth.id, MINE)
        assert truth.set_apart == {}


def test_an_agent_that_is_gone_is_told_as_that(wire: Wired) -> None:
    truth = wire.truth()
    wire.cluster.world.master.unregister(truth.id)
    for call in (wire.mesos.cordon, wire.mesos.uncordon, wire.mesos.lifted):
        with pytest.raises(Retryable, match=r"does not know|not registered"):
            call(truth.id, MINE)


def test_before_reservations_could_be_refined_a_public_agent_goes_without() -> None:
    with wired(Shape(nodes=4, public=1, services=(), apps=(), profile="1.9")) as wire:
        truth = wire.truth(public=True)
        wire.mesos.cordon(truth.id, MINE)
        assert truth.set_apart == {}
        assert wire.mesos.cordoned(wire.agent(truth.id), MINE)

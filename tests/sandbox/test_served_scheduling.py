"""The cordon by a maintenance window, as its adapter writes it over real HTTP beside windows of other people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.auth import NoLogin
from dcosmaint.adapters.mesos import Mesos
from dcosmaint.adapters.scheduling import Scheduling
from dcosmaint.adapters.tls import Tls
from dcosmaint.errors import Fatal, NodeFailed, Retryable
from dcosmaint.model import Agent, Cordon
from dcosmaint.model.windows import window
from dcosmaint.sandbox.served.mesos_maintenance import update
from dcosmaint.sandbox.served.wire import as_text
from dcosmaint.sandbox.world import Shape
from dcosmaint.sandbox.world.maintenance import SECOND, MachineId, Planned
from tests.sandbox.cluster import Cluster, served

UPDATE = "dcosmaint.sandbox.served.mesos_v1.update"
MINE = Cordon("maintenance", ("r1",))
THEIRS = (
    Planned((MachineId("db-1.example.com", "10.9.9.9"), MachineId("", "10.9.9.8")), 1_795_394_378_123_456_789),
    Planned((MachineId("DB-2.example.com", "10.9.9.7"),), 1_795_394_378_000_000_000, 3_600_000_000_001),
)


@dataclass(frozen=True)
class Wired:
    cluster: Cluster
    mesos: Mesos

    def agent(self, number: int = 0) -> Agent:
        agent_id = self.cluster.agent(number).id
        return next(agent for agent in self.mesos.agents().listed if agent.id == agent_id)

    @property
    def schedule(self) -> tuple[Planned, ...]:
        return self.cluster.world.maintenance.windows

    def shown(self) -> Any:
        return self.cluster.get("mesos/maintenance/schedule")


@contextmanager
def wired() -> Iterator[Wired]:
    with (
        served(Shape(nodes=4, public=0, services=(), apps=(), profile="1.13")) as cluster,
        AdminRouter(cluster.router.url, NoLogin(), Tls()) as router,
    ):
        cluster.world.maintenance.write(THEIRS)
        yield Wired(cluster, Mesos(router, {"maintenance": Scheduling(router)}))


@pytest.fixture
def wire() -> Iterator[Wired]:
    with wired() as wire:
        yield wire


@pytest.mark.trap("a maintenance schedule that is written replaces other people's")
def test_r9_windows_of_others_stay_as_they_are(wire: Wired) -> None:
    """To the nanosecond, and in their order, whatever comes and goes beside them."""
    before = wire.shown()["windows"]
    for number in (0, 1):
        wire.mesos.cordon(wire.agent(number).id, MINE)
    assert wire.shown()["windows"][:2] == before
    assert len(wire.schedule) == 4
    for number in (0, 1):
        wire.mesos.uncordon(wire.agent(number).id, MINE)
    assert wire.shown()["windows"] == before


def test_the_machine_is_scheduled_from_now_on_under_the_rolls_mark(wire: Wired) -> None:
    agent, now = wire.agent(), wire.cluster.world.now
    assert not wire.mesos.cordoned(agent, MINE)
    wire.mesos.cordon(agent.id, MINE)
    found = [each for each in wire.mesos.windows() if each.ours]
    assert found == [window("r1", agent.id, agent.hostname, agent.private_ip, now)]
    assert (found[0].of("r1"), found[0].about(agent.id)) == (True, True)
    assert (found[0].of("r2"), found[0].about("other")) == (False, False)
    assert wire.mesos.cordoned(agent, MINE)
    assert not wire.mesos.lifted(agent.id, MINE)
    assert wire.cluster.world.maintenance.away(wire.cluster.agent().machine)


def test_it_is_written_once(wire: Wired) -> None:
    agent = wire.agent()
    for _ in range(2):
        wire.mesos.cordon(agent.id, MINE)
    assert len(wire.schedule) == len(THEIRS) + 1


def test_r8_a_window_of_another_roll_is_left_and_does_as_well(wire: Wired) -> None:
    agent = wire.agent()
    wire.mesos.cordon(agent.id, Cordon("maintenance", ("r0",)))
    before = wire.schedule
    wire.mesos.cordon(agent.id, MINE)
    assert wire.mesos.cordoned(agent, MINE)
    wire.mesos.uncordon(agent.id, MINE)
    assert wire.schedule == before
    assert wire.mesos.lifted(agent.id, MINE)
    wire.mesos.uncordon(agent.id, Cordon("maintenance", ("r2", "r0")))
    assert wire.schedule == THEIRS


def test_r8_a_window_of_somebody_else_that_keeps_nothing_off_is_left_and_told(wire: Wired) -> None:
    """Mesos would take no second one for that machine."""
    agent, now = wire.agent(), int(wire.cluster.world.now)
    machine = (MachineId(agent.hostname.upper(), agent.private_ip),)
    for start, duration in ((now - 7200, 3600), (now + 3600, None), (now - 60, 3600)):
        there = (*THEIRS, Planned(machine, start * SECOND, duration and duration * SECOND))
        wire.cluster.world.maintenance.write(there)
        assert not wire.mesos.cordoned(agent, MINE)
        with pytest.raises(NodeFailed, match=f"{agent.private_ip} is in a maintenance window of somebody else"):
            wire.mesos.cordon(agent.id, MINE)
        assert wire.schedule == there
    lasting = (*THEIRS, Planned(machine, (now - 60) * SECOND))
    wire.cluster.world.maintenance.write(lasting)
    wire.mesos.cordon(agent.id, MINE)
    assert (wire.mesos.cordoned(agent, MINE), wire.schedule) == (True, lasting)


def test_an_agent_that_came_back_under_another_id_has_its_machines_window_written_anew(wire: Wired) -> None:
    """It is found again by the id that it has when it goes."""
    agent = wire.agent()
    wire.mesos.cordon(agent.id, MINE)
    machine = wire.cluster.agent().machine
    wire.cluster.world.master.unregister(agent.id)
    machine.agent_id = ""
    back = wire.cluster.world.master.register(machine)
    seen = next(a for a in wire.mesos.agents().listed if a.id == back.id)
    assert not wire.mesos.cordoned(seen, MINE)
    wire.mesos.cordon(back.id, MINE)
    assert len(wire.schedule) == len(THEIRS) + 1
    wire.mesos.uncordon(back.id, MINE)
    assert wire.schedule == THEIRS


def test_it_is_taken_out_also_when_its_agent_has_left(wire: Wired) -> None:
    agent = wire.agent()
    wire.mesos.cordon(agent.id, MINE)
    wire.cluster.world.master.unregister(agent.id)
    wire.mesos.uncordon(agent.id, MINE)
    assert (wire.schedule, wire.mesos.lifted(agent.id, MINE)) == (THEIRS, True)


def test_who_writes_in_the_same_moment_is_found_out(wire: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read again after it was written; the step begins again."""
    agent = wire.agent()

    def beaten(world: Any, member: Any) -> Any:
        answer = update(world, member)
        world.maintenance.write(THEIRS)
        return answer

    monkeypatch.setattr(UPDATE, beaten)
    with pytest.raises(Retryable, match="somebody else wrote"):
        wire.mesos.cordon(agent.id, MINE)
    monkeypatch.setattr(UPDATE, update)
    wire.mesos.cordon(agent.id, MINE)
    assert wire.mesos.cordoned(agent, MINE)


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        ("Machine 'x' is deactivated and cannot be removed from the schedule", Retryable),
        ("Machine 'x' appears more than once in the schedule", Retryable),
        ("Both 'hostname' and 'ip' for a machine are empty", Fatal),
    ],
)
def test_a_schedule_that_is_refused_says_why(
    wire: Wired, monkeypatch: pytest.MonkeyPatch, says: str, kind: type[Exception]
) -> None:
    agent = wire.agent()
    monkeypatch.setattr(UPDATE, lambda world, member: as_text(says, 400))
    with pytest.raises(kind, match=says[:20]):
        wire.mesos.cordon(agent.id, MINE)


def test_an_agent_that_is_gone_is_told_as_that(wire: Wired) -> None:
    agent = wire.agent()
    wire.cluster.world.master.unregister(agent.id)
    with pytest.raises(Retryable, match="does not know"):
        wire.mesos.cordon(agent.id, MINE)

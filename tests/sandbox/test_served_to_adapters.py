"""What the adapters read over the wire is what the ports see in process, as a cluster goes through a bad day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.auth import Password
from dcosmaint.adapters.deactivating import Deactivating
from dcosmaint.adapters.diagnostics import Diagnostics
from dcosmaint.adapters.marathon import Marathon
from dcosmaint.adapters.mesos import Mesos
from dcosmaint.adapters.sdk import Sdk
from dcosmaint.adapters.tls import Tls
from dcosmaint.errors import Fatal, NodeFailed, Retryable
from dcosmaint.model import DEACTIVATION, Member, Service
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.served.front import Settings
from dcosmaint.sandbox.world import JobsShape, Shape
from dcosmaint.site import Site
from tests.sandbox.cluster import Cluster, served


@dataclass(frozen=True)
class Both:
    """One cluster, by both ways."""

    cluster: Cluster
    site: Site
    mesos: Mesos
    sdk: Sdk
    marathon: Marathon
    health: Diagnostics

    def agree(self) -> None:
        wired, near = self.mesos.agents(), self.site.mesos.agents()
        assert {a.id: a for a in wired.listed} == {a.id: a for a in near.listed}
        assert (sorted(wired.recovered), int(wired.at)) == (sorted(near.recovered), int(near.at))
        assert set(self.mesos.tasks()) == set(self.site.mesos.tasks())
        assert self.mesos.frameworks() == self.site.mesos.frameworks()
        assert self.mesos.facts() == self.site.mesos.facts()
        assert self.marathon.apps() == self.site.marathon.apps()
        assert _services(self.sdk.all) == _services(self.site.services.all)

    def passes(self, seconds: float) -> None:
        """Time goes by, and at each of its steps both ways tell the same."""
        for _ in range(int(seconds / 5.0)):
            self.cluster.pace.skip(5.0)
            self.agree()


def _services(read: Callable[[], tuple[Service, ...]]) -> list[Service] | str:
    """Partitions in one order; a scheduler that does not answer spoils both ways alike."""
    try:
        return [replace(s, partitions=s.partitions and tuple(sorted(s.partitions))) for s in read()]
    except Retryable:
        return "no answer"


@pytest.fixture(params=["2.1", "1.11"])
def both(request: pytest.FixtureRequest) -> Iterator[Both]:
    with served(Shape(profile=request.param), Settings(users={"admin": "secret"})) as cluster:
        site = in_process(cluster.world, slow=False, failures=0.0)
        with AdminRouter(cluster.router.url, Password("admin", "secret"), Tls()) as door:
            yield Both(
                cluster,
                site,
                Mesos(door, {"deactivate": Deactivating(door)}),
                Sdk(door),
                Marathon(door),
                Diagnostics(door),
            )


def test_both_ways_agree_on_a_quiet_cluster(both: Both) -> None:
    both.agree()
    agent = both.cluster.agent()
    assert both.mesos.flags(agent.id).items() >= both.site.mesos.flags(agent.id).items()
    agent.machine.red = ("dcos-log-agent.service",)
    assert both.health.red(agent.machine.private_ip) == both.site.health.red(agent.machine.private_ip)
    for health in (both.health, both.site.health):
        with pytest.raises(Retryable, match="does not know"):
            health.red("10.0.9.9")


def test_both_ways_agree_while_members_are_replaced(both: Both) -> None:
    for member in (Member("kafka-events", "kafka-1"), Member("kafka-legacy", "broker-0")):
        both.sdk.replace(member)
        both.agree()
        both.passes(45.0)
    with pytest.raises(NodeFailed):
        both.sdk.replace(Member("prod/kafka-orders", "kafka-9"))


def test_both_ways_agree_while_instances_of_apps_are_killed_and_restarted(both: Both) -> None:
    apps = {app.id: app for app in both.marathon.apps()}
    both.marathon.kill(apps["/web"], min(min(apps["/web"].instance_ids.values())))
    both.marathon.restart(apps["/cron"])
    both.agree()
    for marathon in (both.marathon, both.site.acts.marathon):
        with pytest.raises(Retryable, match="locked by one or more deployments"):
            marathon.restart(apps["/cron"])
    for _ in range(4):
        both.passes(8.0)
        both.agree()
    assert next(app for app in both.marathon.apps() if app.id == "/cron").on != apps["/cron"].on


def test_both_ways_agree_on_data_that_is_nobodys_or_anothers(both: Both) -> None:
    private, public = both.cluster.agent(), both.cluster.agent(11)
    both.cluster.world.master.framework("dev/cassandra", "dev")
    left = [
        both.cluster.world.leave_volume(private.id, "dev/cassandra", role="dev"),
        both.cluster.world.leave_volume(private.id, "gone"),
        both.cluster.world.leave_volume(private.id, "marathon", role="slave_public"),
        both.cluster.world.leave_volume(public.id, "gone", role="slave_public/gone"),
    ]
    both.agree()
    seen = {volume.id: volume.role for agent in both.mesos.agents().listed for volume in agent.volumes}
    assert {volume.id: seen[volume.id] for volume in left} == {v.id: v.role for v in left}
    assert len(seen) == 4 + 5 + 4 + 3


def test_both_ways_agree_on_the_jobs_of_others(both: Both) -> None:
    """From their beginning to their end, and where one is lost with its agent."""
    agents = [both.cluster.agent(number) for number in range(2)]
    both.cluster.world.add_jobs(JobsShape(lasts=(20.0, 30.0), every=15.0), [agents[0].id])
    both.cluster.world.add_jobs(JobsShape("marathon-user", lasts=None), [agents[1].id])
    named = {(task.framework, task.agent_id) for task in both.mesos.tasks()}
    assert {("metronome", agents[0].id), ("marathon-user", agents[1].id)} <= named
    both.passes(45.0)
    both.cluster.world.systemd.signal_agent(agents[1].machine)
    both.passes(30.0)
    assert "marathon-user" not in {task.framework for task in both.mesos.tasks()}
    assert {"metronome", "marathon-user"} <= {framework.name for framework in both.mesos.frameworks()}


def test_both_ways_agree_while_an_agent_goes_and_comes_back(both: Both) -> None:
    both.cluster.world.systemd.signal_agent(both.cluster.agent().machine)
    both.passes(30.0)
    both.cluster.world.systemd.stop_agent(both.cluster.agent(1).machine)
    both.agree()
    both.cluster.pace.skip(301.0)
    both.agree()


def test_both_ways_agree_after_a_failover_of_the_master(both: Both) -> None:
    both.cluster.world.master.fail_over()
    both.agree()
    both.passes(45.0)


def test_both_ways_agree_on_a_cordon_or_on_its_refusal(both: Both) -> None:
    agent_id = both.cluster.agent().id
    if both.cluster.world.shape.release.deactivates:
        both.mesos.cordon(agent_id, DEACTIVATION)
        both.mesos.cordon(agent_id, DEACTIVATION)
        both.agree()
        assert both.cluster.agent().deactivated
        both.mesos.uncordon(agent_id, DEACTIVATION)
        both.agree()
        assert not both.cluster.agent().deactivated
    else:
        for mesos in (both.mesos, both.site.acts.mesos):
            with pytest.raises(Fatal, match=r"DC/OS 2\.0"):
                mesos.cordon(agent_id, DEACTIVATION)
        assert not both.cluster.agent().deactivated


def test_both_ways_agree_when_a_scheduler_restarts_and_topics_can_not_be_read(both: Both) -> None:
    world = both.cluster.world
    world.ground.services["kafka-events"].readable = False
    both.agree()
    world.ground.services["kafka-events"].readable = True
    world.ground.services["kafka-events"].deploy = "ERROR"
    both.agree()
    world.master.end(world.ground.apps["/kafka-events"].tasks[0], "TASK_FAILED", "the JVM died")
    both.agree()
    both.cluster.pace.skip(120.0)
    both.agree()


def test_an_agent_is_marked_gone_by_both_ways_and_twice(both: Both) -> None:
    """Of one that nobody can reach, too. What ran there ends at once."""
    world = both.cluster.world
    first, second = list(world.ground.listed)[:2]
    for agent, mark in ((first, both.mesos.mark_gone), (second, both.site.acts.mesos.mark_gone)):
        world.vanish(agent.machine.id)
        mark(agent.id)
        mark(agent.id)
        assert agent.id not in {listed.id for listed in both.mesos.agents().listed}
    both.mesos.mark_gone("nobody")
    both.site.acts.mesos.mark_gone("nobody")
    both.passes(60.0)

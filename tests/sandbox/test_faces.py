"""A World seen through the ports."""

from __future__ import annotations

import pytest

from dcosmaint.errors import NodeFailed, Retryable
from dcosmaint.model import DEACTIVATION, Inventory, Member, Node
from dcosmaint.sandbox.faces import in_process, paced
from dcosmaint.sandbox.world import BalancerShape, Shape, World, build
from dcosmaint.site import Site
from dcosmaint.survey import survey
from tests.sandbox.drill import ADDRESS, busy, instance_at, newest_ami, replace_node, until


def a_site(world: World) -> Site:
    return in_process(world, failures=0.0)


def surveyed(world: World) -> Inventory:
    return survey(a_site(world), world.now)


def at(inventory: Inventory, address: str) -> Node:
    return next(node for node in inventory.nodes if node.address == address)


def test_a_survey_joins_everything() -> None:
    inventory = surveyed(build())
    assert len(inventory.nodes) == 12
    assert (inventory.blockers, inventory.warnings) == ((), ())
    assert all(node.agent and node.agent.active for node in inventory.nodes)
    assert [service.name for service in inventory.services] == ["kafka-events", "kafka-legacy", "prod/kafka-orders"]
    assert len(inventory.apps) == 10


def test_members_schedulers_and_apps_are_where_the_world_has_them() -> None:
    node = at(surveyed(build()), ADDRESS)
    assert node.members == (Member("kafka-events", "kafka-3"), Member("prod/kafka-orders", "kafka-0"))
    assert any(n.schedulers for n in surveyed(build()).nodes)
    assert sum(sum(n.apps.values()) for n in surveyed(build()).nodes) == 26


def test_an_exposed_terraform_is_found() -> None:
    assert {finding.rule for finding in surveyed(build(Shape(terraform_exposed=True))).blockers} == {
        "terraform-exposed"
    }


def test_every_call_takes_a_moment() -> None:
    world = build()
    before = world.now
    a_site(world).mesos.agents()
    assert 0.01 <= world.now - before <= 0.5


def test_a_site_that_is_not_slow_stands_still() -> None:
    world = build()
    before = world.now
    in_process(world, slow=False).mesos.agents()
    assert world.now == before


def test_a_lost_answer_may_leave_its_effect_behind() -> None:
    arrived = set()
    for seed in range(40):
        world = build()
        site = in_process(world, seed, failures=0.5)
        try:
            site.acts.services.replace(Member("kafka-events", "kafka-1"))
        except Retryable:
            arrived.add(world.schedulers["kafka-events"].broker("kafka-1").marked)
    assert arrived == {True, False}


def test_an_api_fails_as_often_as_it_is_told_to() -> None:
    world = build()
    world.faults.api["mesos"] = 2
    site = a_site(world)
    for _ in range(2):
        with pytest.raises(Retryable, match="mesos"):
            site.mesos.agents()
    assert site.mesos.agents().listed


def test_an_answer_is_never_older_than_the_world() -> None:
    world = build()
    site = a_site(world)
    agent = site.mesos.agents().listed[0]
    site.acts.mesos.cordon(agent.id, DEACTIVATION)
    assert site.mesos.agents().listed[0].deactivated
    site.acts.mesos.uncordon(agent.id, DEACTIVATION)
    assert not site.mesos.agents().listed[0].deactivated
    world.crash("kafka-events", "kafka-1")
    assert not site.services.one("kafka-events").pods[1].running


def test_agents_after_a_failover_are_recovered_and_prove_nothing() -> None:
    world = build()
    world.master.fail_over()
    site = in_process(world, slow=False, failures=0.0)
    assert len(site.mesos.agents().recovered) == 12
    assert site.mesos.tasks() == ()
    world.advance(world.now + 60.0)
    assert not site.mesos.agents().recovered
    assert site.mesos.tasks()


def test_an_instance_counts_from_its_first_health_check_on() -> None:
    world = build()
    site = in_process(world, slow=False, failures=0.0)
    web = world.ground.apps["/web"]
    assert len(on(site, "/web")) == 6
    world.master.end(web.tasks[0], "TASK_FAILED", "the container exited")
    until(world, lambda: web.running == 6)
    assert len(on(site, "/web")) == 5
    until(world, lambda: len(on(site, "/web")) == 6, 6.0)


def on(site: Site, app_id: str) -> tuple[str, ...]:
    return next(app.on for app in site.marathon.apps() if app.id == app_id)


def test_topics_that_can_not_be_read_are_none_and_not_empty() -> None:
    world = build()
    world.schedulers["kafka-events"].service.readable = False
    assert a_site(world).services.one("kafka-events").partitions is None


def test_a_broker_of_the_old_generation_is_nowhere_between_two_tasks() -> None:
    world = build()
    site = a_site(world)
    site.acts.services.replace(Member("kafka-legacy", "broker-0"))
    until(world, lambda: not world.schedulers["kafka-legacy"].broker("broker-0").task.live)
    pod = site.services.one("kafka-legacy").pods[0]
    assert (pod.agent_id, pod.task_id, pod.marked, pod.running) == ("", "", False, False)


def test_a_protected_instance_concerns_its_node_alone() -> None:
    world = build()
    world.node(ADDRESS).protected = True
    with pytest.raises(NodeFailed, match="disableApiTermination"):
        a_site(world).acts.ec2.terminate(world.node(ADDRESS).id)


def test_a_survey_knows_what_is_not_asked_at_every_poll() -> None:
    world = build()
    machine = world.node(ADDRESS)
    machine.protected = True
    world.balancers.add(BalancerShape("ingress", strangers=2), [machine])
    full = at(surveyed(world), ADDRESS).instance
    assert full.protected
    assert [(r.balancer.name, r.target, r.port, r.state, r.others) for r in full.balancers] == [
        ("ingress", machine.id, 80, "healthy", 2)
    ]
    polled = instance_at(a_site(world), ADDRESS)
    assert (polled.protected, polled.balancers) == (False, ())


def test_ec2_forgets_a_terminated_instance_after_an_hour() -> None:
    world = build()
    site = a_site(world)
    old = world.node(ADDRESS).id
    world.vanish(old)
    world.advance(world.now + 60.0)
    assert site.ec2.instances([old])[0].state == "terminated"
    world.advance(world.now + 3600.0)
    assert site.ec2.instances([old]) == ()


def test_who_resumes_sees_the_program_and_never_learns_its_code() -> None:
    world = build()
    first, second = a_site(world), a_site(world)
    first.acts.terraform.plan([ADDRESS], (), {})
    assert busy(second)
    until(world, lambda: not busy(second))
    ours, theirs = first.terraform.child(), second.terraform.child()
    assert ours
    assert theirs
    assert (ours.code, theirs.code) == (0, None)


def test_a_new_node_is_unknown_then_red_then_well() -> None:
    world = build()
    site = a_site(world)
    old = world.node(ADDRESS)
    assert site.health.red(old.private_ip) == ()
    replace_node(world, site, ADDRESS, newest_ami(world), registered=False)
    new = world.node(ADDRESS)
    with pytest.raises(Retryable, match="does not know"):
        site.health.red(new.private_ip)
    until(world, lambda: bool(new.agent_id))
    assert site.health.red(new.private_ip) == ("dcos-net.service",)
    until(world, lambda: not site.health.red(new.private_ip), 90.0)


def test_an_instance_that_is_gone_does_not_answer() -> None:
    world = build()
    site = a_site(world)
    instance = instance_at(site, ADDRESS)
    world.vanish(instance.id)
    with pytest.raises(Retryable, match="port 22"):
        site.units.look(instance)


def test_at_somebody_elses_pace_the_world_catches_up_before_each_call() -> None:
    world = build()
    later = world.now + 400.0
    world.systemd.stop_agent(world.node(ADDRESS))
    agents = paced(world, lambda: later).mesos.agents()
    assert world.now == later
    assert len(agents.listed) == 11


def test_the_wanted_image_is_there_and_available() -> None:
    world = build()
    image = a_site(world).ec2.image(newest_ami(world))
    assert image
    assert image.state == "available"
    assert a_site(world).ec2.image("ami-none") is None


def test_a_world_in_real_time_begins_when_it_is_built() -> None:
    world = build(began=2_000_000_000.0)
    assert world.now == 2_000_000_000.0
    assert '"at":0.0' in world.log[0]

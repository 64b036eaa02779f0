"""How Mesos agents, instances, addresses and pods are joined, and what is said of those that can't be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from dcosmaint.errors import Retryable
from dcosmaint.model import Finding, Inventory, Node
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.world import (
    AppShape,
    BalancerShape,
    KafkaShape,
    NodeShape,
    Shape,
    Size,
    TopicShape,
    World,
    build,
)
from dcosmaint.sandbox.world.state import Task
from dcosmaint.site import Site
from dcosmaint.survey import survey

GROUP = "aws_instance.dcos_agent_node"
PUBLIC = "aws_instance.dcos_public_agent_node"
FIRST = f"{GROUP}[0]"
SHAPE = Shape(
    nodes=6,
    public=1,
    services=(KafkaShape("kafka-events", 3, (TopicShape("clicks", 3, 3),)),),
    apps=(AppShape("/web", 12), AppShape("/cron", 1)),
)


@dataclass(frozen=True)
class Cluster:
    world: World
    site: Site

    def look(self) -> Inventory:
        return survey(self.site, self.world.now)

    def node(self, address: str = FIRST) -> Node:
        return next(node for node in self.look().nodes if node.address == address)

    def findings(self, rule: str) -> tuple[Finding, ...]:
        inventory = self.look()
        return tuple(f for f in (*inventory.blockers, *inventory.warnings) if f.rule == rule)


@pytest.fixture
def cluster() -> Cluster:
    world = build(SHAPE)
    return Cluster(world, in_process(world, slow=False, failures=0.0))


def test_a_healthy_cluster_has_a_node_for_each_address_and_nothing_is_said(cluster: Cluster) -> None:
    inventory = cluster.look()
    assert [node.address for node in inventory.nodes] == sorted(cluster.world.terraform.state)
    assert (inventory.blockers, inventory.warnings) == ((), ())
    assert set(inventory.images) == {GROUP, PUBLIC}


def test_a_node_is_the_agent_at_the_address_of_the_instance_that_terraform_names(cluster: Cluster) -> None:
    for node in cluster.look().nodes:
        machine = cluster.world.node(node.address)
        assert (node.instance.id, node.agent_id, node.private_ip) == (machine.id, machine.agent_id, machine.private_ip)
        assert node.group == (PUBLIC if node.agent and node.agent.public else GROUP)


def test_a_node_has_the_members_the_schedulers_and_the_apps_of_its_agent(cluster: Cluster) -> None:
    inventory = cluster.look()
    carried = {str(member): node.agent_id for node in inventory.nodes for member in node.members}
    brokers = cluster.world.ground.services["kafka-events"].brokers
    assert carried == {f"kafka-events/{broker.pod}": broker.task.agent_id for broker in brokers}
    (home,) = (node for node in inventory.nodes if node.schedulers)
    assert (home.schedulers, home.agent_id) == (("kafka-events",), inventory.services[0].scheduler_agent)
    assert sum(node.apps.get("/web", 0) for node in inventory.nodes) == 12
    assert max(node.apps.get("/web", 0) for node in inventory.nodes) > 1
    assert sum(node.tasks for node in inventory.nodes) == 3 + 1 + 12 + 1


def test_an_instance_that_ec2_does_not_know_is_unjoined(cluster: Cluster) -> None:
    cluster.world.node(FIRST).terminated_at = 1.0
    (finding,) = cluster.findings("unjoined")
    assert finding.subject == FIRST
    assert cluster.world.node(FIRST).id in finding.message
    assert FIRST not in {node.address for node in cluster.look().nodes}


def test_two_agents_at_one_address_are_unjoined_and_neither_is_the_nodes(cluster: Cluster) -> None:
    machine = cluster.world.node(FIRST)
    twin = replace(cluster.world.ground.agents[machine.agent_id], id="agent-twin", tasks={}, reserved={})
    cluster.world.ground.agents[twin.id] = twin
    cluster.world.master.changes += 1
    (finding,) = cluster.findings("unjoined")
    assert (finding.subject, finding.message.split(":")[0]) == (FIRST, f"2 agents are listed at {machine.private_ip}")
    assert cluster.node().agent is None


def test_an_address_where_no_agent_is_listed_is_a_node_without_one(cluster: Cluster) -> None:
    cluster.world.master.unregister(cluster.world.node(FIRST).agent_id)
    node = cluster.node()
    assert (node.agent, node.members, node.tasks) == (None, (), 0)


def test_a_terminated_instance_is_not_joined_with_whoever_has_its_address_now(cluster: Cluster) -> None:
    """Addresses come back within minutes."""
    old = cluster.world.node(FIRST)
    old.state, old.terminated_at = "terminated", cluster.world.now
    assert cluster.node().agent is None
    assert cluster.findings("unjoined") == ()


def test_an_agent_at_none_of_the_configured_addresses_is_named_and_left_alone(cluster: Cluster) -> None:
    stranger = cluster.world.add_node(NodeShape("us-east-1a", address="aws_instance.other[0]"))
    del cluster.world.terraform.state["aws_instance.other[0]"]
    cluster.world.terraform.changes += 1
    (finding,) = cluster.findings("stranger")
    assert finding.subject == stranger.machine.private_ip
    assert stranger.id in finding.message
    assert finding in cluster.look().warnings


def test_frameworks_that_nobody_knows_are_named_on_the_node_of_their_tasks(cluster: Cluster) -> None:
    for name in ("spark", "metronome"):
        framework = cluster.world.master.framework(name, "*")
        agent_id = cluster.world.node(FIRST).agent_id
        cluster.world.master.run(Task(f"{name}-1", "job", framework.name, agent_id, Size(0.1, 32.0)))
    cluster.world.master.changes += 1
    assert cluster.node().frameworks == {"metronome": 1, "spark": 1}
    assert cluster.node(f"{GROUP}[1]").frameworks == {}


def test_data_is_joined_with_the_framework_of_its_role_though_no_task_is_there(cluster: Cluster) -> None:
    """Nobody's are those of a role that no framework of the master's has."""
    cluster.world.master.framework("cassandra", "cassandra-role")
    agent_id = cluster.world.node(FIRST).agent_id
    for name in ("cassandra", "gone"):
        cluster.world.leave_volume(agent_id, name)
    assert sorted((one.volume.role, one.owners) for one in cluster.node().data) == [
        ("cassandra-role", ("cassandra",)),
        ("gone-role", ()),
        ("kafka-events-role", ("kafka-events",)),
    ]
    assert cluster.node(f"{PUBLIC}[0]").data == ()


@pytest.mark.trap("the name of a service is written in several ways")
def test_the_principal_tells_frameworks_that_share_a_role_apart(cluster: Cluster) -> None:
    """On newer clusters all of a folder's frameworks may have the folder's role."""
    for name in ("dev/cassandra", "dev/elastic"):
        cluster.world.master.framework(name, "dev")
    agent_id = cluster.world.node(FIRST).agent_id
    cluster.world.leave_volume(agent_id, "dev/elastic", role="dev")
    cluster.world.leave_volume(agent_id, "dev/hdfs", role="dev")
    found = {one.volume.principal: one.owners for one in cluster.node().data if one.volume.role == "dev"}
    assert found == {
        "dev__elastic-principal": ("dev/elastic",),
        "dev__hdfs-principal": ("dev/cassandra", "dev/elastic"),
    }


def test_agents_that_have_not_come_back_after_a_failover_are_each_a_blocker(cluster: Cluster) -> None:
    cluster.world.master.fail_over()
    assert len(cluster.findings("recovered-agents")) == 6
    assert all(finding in cluster.look().blockers for finding in cluster.findings("recovered-agents"))


def test_a_terraform_that_ignores_no_ami_is_a_blocker_that_may_be_accepted() -> None:
    world = build(replace(SHAPE, terraform_exposed=True))
    found = Cluster(world, in_process(world, slow=False, failures=0.0)).findings("terraform-exposed")
    assert [(finding.subject, finding.acceptable) for finding in found] == [(GROUP, True), (PUBLIC, True)]


@pytest.mark.trap("our own way in, or a scheduler, may be on the very node")
@pytest.mark.parametrize("name", [lambda node: node.private_ip, lambda node: node.instance.id, lambda node: FIRST])
def test_the_node_that_our_own_ssh_goes_through_is_a_blocker(cluster: Cluster, name: Callable[[Node], str]) -> None:
    bastion = name(cluster.node())
    through = replace(cluster, site=replace(cluster.site, bastions=lambda host: (bastion,)))
    (finding,) = through.findings("bastion")
    assert finding.subject == FIRST


def test_a_bastion_that_is_no_node_concerns_nobody(cluster: Cluster) -> None:
    through = replace(cluster, site=replace(cluster.site, bastions=lambda host: ("bastion.example.com",)))
    assert through.findings("bastion") == ()


@pytest.mark.parametrize("port", ["mesos", "services", "marathon", "ec2", "terraform"])
def test_r2_a_part_that_does_not_answer_leaves_no_inventory(cluster: Cluster, port: str) -> None:
    cluster.world.faults.api[port] = 1
    with pytest.raises(Retryable, match=f"{port} did not answer"):
        cluster.look()
    assert cluster.look().nodes


def test_nothing_in_an_inventory_is_older_than_it_says() -> None:
    world = build(SHAPE)
    began = world.now
    inventory = survey(in_process(world, failures=0.0), began)
    assert inventory.at == began < world.now


def test_what_a_cluster_is_called_by_its_ec2_is_asked_in_full(cluster: Cluster) -> None:
    machine = cluster.world.node(FIRST)
    machine.protected, machine.scaling_group = True, "agents"
    cluster.world.balancers.add(BalancerShape("ingress", "classic"), [machine])
    instance = cluster.node().instance
    assert (instance.protected, instance.scaling_group) == (True, "agents")
    assert [(each.balancer.name, each.target) for each in instance.balancers] == [("ingress", machine.id)]

"""Values of the model with sane defaults: a test says what matters to it, and nothing else.

Number 3 is the same node everywhere: agent-3 on i-3 at 10.0.0.13, address aws_instance.dcos_agent_node[3].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from dcosmaint.model import (
    Agent,
    App,
    Balancer,
    ClusterFacts,
    Data,
    Flight,
    Instance,
    Inventory,
    Member,
    Node,
    Partition,
    Pod,
    Policy,
    Registration,
    Resources,
    Roll,
    Service,
    Volume,
    Work,
)

GROUP = "aws_instance.dcos_agent_node"
OLD, NEW = "ami-0ld", "ami-new"
NOON = 1_700_000_000.0


def an_agent(number: int = 0, **changes: Any) -> Agent:
    agent = Agent(
        id=f"agent-{number}",
        hostname=f"10.0.0.{10 + number}",
        private_ip=f"10.0.0.{10 + number}",
        active=True,
        deactivated=False,
        draining=False,
        registered_at=NOON - 86_400,
        public=False,
        zone="abc"[number % 3],
        resources=Resources(8, 32_000, 100_000),
        free=Resources(4, 16_000, 50_000),
    )
    return replace(agent, **changes)


def an_instance(number: int = 0, **changes: Any) -> Instance:
    instance = Instance(
        id=f"i-{number}",
        ami=OLD,
        private_ip=f"10.0.0.{10 + number}",
        zone="abc"[number % 3],
        state="running",
        launched_at=NOON - 90_000,
    )
    return replace(instance, **changes)


def a_node(number: int = 0, **changes: Any) -> Node:
    """With an agent of the same number; its members are what `members` names, or what `an_inventory` joins."""
    node = Node(f"{GROUP}[{number}]", GROUP, an_instance(number), an_agent(number))
    return replace(node, **changes)


def a_member(number: int = 0, service: str = "kafka-events") -> Member:
    return Member(service, f"kafka-{number}")


def a_pod(number: int = 0, service: str = "kafka-events", **changes: Any) -> Pod:
    """Pod kafka-<number>, on the agent of the same number."""
    pod = Pod(
        member=a_member(number, service),
        task_id=f"{service}__kafka-{number}__1",
        agent_id=f"agent-{number}",
        running=True,
        marked=False,
        registered=True,
        needs=Resources(1, 2_000, 10_000),
    )
    return replace(pod, **changes)


def a_partition(number: int = 0, isr: Sequence[int] = (0, 1, 2), topic: str = "events") -> Partition:
    pods = tuple(sorted(f"kafka-{pod}" for pod in isr))
    return Partition(topic, number, pods, leader=pods[0] if pods else "")


def a_service(name: str = "kafka-events", on: Sequence[int] = (0, 1, 2), **changes: Any) -> Service:
    """A healthy Kafka of one topic with three copies; pod kafka-<i> is on the agent numbered on[i]."""
    pods = tuple(a_pod(i, name, agent_id=f"agent-{number}") for i, number in enumerate(on))
    size = len(pods)
    spread = tuple(a_partition(n, sorted({(n + k) % size for k in range(min(3, size))})) for n in range(size))
    service = Service(name, "kafka", "pod", pods, deploy="COMPLETE", recovery="COMPLETE", partitions=spread)
    return replace(service, **changes)


def a_store(name: str = "cassandra", on: Mapping[str, int] | None = None, **changes: Any) -> Service:
    """A healthy service that is no Kafka, of the kind that its name says; each pod on the agent of that number."""
    on = {"node-0": 0, "node-1": 1, "node-2": 2} if on is None else on
    pods = tuple(
        replace(a_pod(), member=Member(name, pod), task_id=f"{name}__{pod}__1", agent_id=f"agent-{number}")
        for pod, number in on.items()
    )
    service = Service(name, name, "pod", pods, deploy="COMPLETE", recovery="COMPLETE", partitions=(), asked=True)
    return replace(service, **changes)


def data_of(*owners: str, number: int = 0) -> Data:
    """A volume whose role is that of its first owner, or of somebody who is gone."""
    name = owners[0] if owners else "gone"
    return Data(Volume(f"{name}-volume-{number}", f"{name}-role", f"{name}-principal"), owners)


def registered(number: int = 0, name: str = "ingress", **changes: Any) -> Registration:
    """The instance of that number, healthy behind a classic load balancer, with one healthy target beside it."""
    return replace(Registration(Balancer(name), f"i-{number}", others=1), **changes)


def an_app(app: str = "/web", on: Sequence[int] = (0, 1), **changes: Any) -> App:
    agents = tuple(f"agent-{number}" for number in on)
    ids = {agent: tuple(f"{app}.{n}" for n, home in enumerate(agents) if home == agent) for agent in agents}
    return replace(App(app, instances=len(on), on=agents, instance_ids=ids), **changes)


def an_inventory(
    nodes: Sequence[Node] | int = 6, services: Sequence[Service] = (), apps: Sequence[App] = (), **changes: Any
) -> Inventory:
    """Nodes (or so many of them) with what the services and apps say runs on each."""
    plain = [a_node(number) for number in range(nodes)] if isinstance(nodes, int) else nodes
    joined = tuple(_furnished(node, services, apps) for node in plain)
    inventory = Inventory(
        at=NOON,
        clock=NOON,
        nodes=joined,
        agents=tuple(node.agent for node in joined if node.agent),
        services=tuple(services),
        apps=tuple(apps),
        facts=ClusterFacts("2.1.0", "1.9.0", marathon_version="1.9.109"),
        images={GROUP: NEW},
    )
    return replace(inventory, **changes)


def _furnished(node: Node, services: Sequence[Service], apps: Sequence[App]) -> Node:
    pods = chain.from_iterable(service.pods for service in services)
    members = {*node.members, *(pod.member for pod in pods if pod.agent_id == node.agent_id)}
    here = {app.id: count for app in apps if (count := app.on.count(node.agent_id))}
    return replace(node, members=tuple(sorted(members)), apps={**node.apps, **here})


def a_policy(**changes: Any) -> Policy:
    """The default policy without a canary: most tests are about what comes after it."""
    return replace(Policy(canary=0, soak=0.0), **changes)


def a_roll(inventory: Inventory | None = None, policy: Policy | None = None, **changes: Any) -> Roll:
    """A roll of every node of the inventory."""
    inventory = inventory or an_inventory()
    roll = Roll(
        id="r1",
        cluster="sandbox",
        work=Work.ROLL,
        targets=tuple(node.instance.id for node in inventory.nodes),
        policy=policy or a_policy(),
        baseline={service.name: service.partitions or () for service in inventory.services},
    )
    return replace(roll, **changes)


def a_flight(node: Node | None = None, **changes: Any) -> Flight:
    """A node in flight that holds a slot for each of its members."""
    node = node or a_node()
    return replace(Flight(node, holds=node.members), **changes)

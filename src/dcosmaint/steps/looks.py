"""Questions that several steps ask of the world, always afresh."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping

from dcosmaint.errors import Retryable, StartOver, Vanished
from dcosmaint.model import Agent, Agents, App, Member, Node, Pod, Roll, Service, Waiting, Waits, counted
from dcosmaint.ports import Ec2Reads, MarathonReads, MesosReads, ServiceReads

LOOKS = 3
"""How often in a row a gate must hold where one look may catch the world between two states."""


def agent_by_id(mesos: MesosReads, agent_id: str) -> Agent | None:
    """The listed agent, or None when it is proved to be absent."""
    agents = mesos.agents()
    if agent_id in agents.recovered:
        raise Retryable(f"agent {agent_id} has not re-registered since the master's failover")
    return next((agent for agent in agents.listed if agent.id == agent_id), None)


def agents_at(mesos: MesosReads, private_ip: str) -> tuple[Agent, ...]:
    """Every agent listed at an address."""
    return tuple(agent for agent in all_agents(mesos).listed if agent.private_ip == private_ip)


def all_agents(mesos: MesosReads) -> Agents:
    """While agents are recovered, absence proves nothing."""
    agents = mesos.agents()
    if agents.recovered:
        away = counted(len(agents.recovered), "agent has", "agents have")
        raise Retryable(f"{away} not re-registered since the master's failover")
    return agents


def state(ec2: Ec2Reads, instance_id: str, patience: float) -> Generator[Waiting, None, str]:
    """EC2's word, as the value of `yield from`. One empty answer is no proof, nor are several at once.

    It forgets what was terminated an hour ago: where it has no word in LOOKS looks in a row, that is what it says.
    """
    silent = 0
    while not (found := ec2.instances([instance_id])):
        silent += 1
        if silent == LOOKS:
            return "terminated"
        yield Waiting(f"{instance_id} to be terminated", "EC2 does not know it", patience)
    return found[0].state


def still_there(ec2: Ec2Reads, node: Node, waits: Waits) -> Iterator[Waiting]:
    """Raises `Vanished` when somebody else has terminated the instance."""
    if (yield from state(ec2, node.instance.id, waits.terminate)) == "terminated":
        raise Vanished(f"{node.instance.id} was terminated by somebody else")


def pod_of(service: Service, member: Member) -> Pod:
    for pod in service.pods:
        if pod.member == member:
            return pod
    raise Retryable(f"the scheduler of {service.name} does not list {member.pod}")


def nobody_left(services: ServiceReads, node: Node) -> None:
    """R3: no SDK pod may be on a node that is about to stop. Raises `StartOver` when one landed late."""
    pods = [pod for service in services.all() for pod in service.pods]
    for pod in pods:
        if pod.agent_id == node.agent_id:
            raise StartOver(f"{pod.member} is on {node.address} again")
    none_astray(pods, node)


def none_astray(pods: Iterable[Pod], node: Node) -> None:
    """One that is nowhere is on its way, or down in a place that its scheduler does not tell: perhaps here."""
    for pod in pods:
        if not pod.agent_id:
            raise Retryable(f"nobody says where {pod.member} is: it may be on {node.address}")


def still_gone(mesos: MesosReads, node: Node) -> None:
    """R15: an agent at the node's address before it is terminated is a comeback."""
    back = agents_at(mesos, node.private_ip)
    if back:
        raise StartOver(f"agent {back[0].id} came back at {node.private_ip}")


def still_cordoned(mesos: MesosReads, node: Node) -> None:
    """R15: what is listed at the node's address is its own agent, and takes no work. A lifted cordon is a comeback."""
    for agent in agents_at(mesos, node.private_ip):
        if agent.id != node.agent_id or not agent.deactivated:
            raise StartOver(f"agent {agent.id} at {node.private_ip} takes work again")


def serving(app: App, agents: Iterable[Agent]) -> int:
    """Instances on agents that serve: Marathon takes minutes to learn that one fell silent."""
    heard = {agent.id for agent in agents if agent.serves}
    return sum(agent in heard for agent in app.on)


def apps_short(marathon: MarathonReads, mesos: MesosReads, counts: Mapping[str, int]) -> tuple[str, ...]:
    """Apps with fewer running instances than at admission, but for those that have to wait for the new node."""
    agents = mesos.agents().listed
    return tuple(
        f"{app.id} {len(app.on)}/{counts[app.id]}"
        for app in marathon.apps()
        if app.id in counts and len(app.on) < min(counts[app.id], _most(app, agents))
    )


def _most(app: App, agents: tuple[Agent, ...]) -> int:
    """How many instances can run now: an app with UNIQUE hostname has at most one on each agent that takes it."""
    if not app.unique:
        return app.instances
    places = sum(agent.active and not agent.deactivated and agent.public == app.public for agent in agents)
    return min(places, app.instances)


def wanted_ami(roll: Roll, group: str, ec2: Ec2Reads) -> str:
    """The AMI that a group's new instances must have: named by the roll, or baked by it and found by its tag."""
    if named := roll.images[group]:
        return named
    image = ec2.baked(roll.id)
    if image is None:
        raise Retryable(f"no AMI is tagged dcosmaint:roll={roll.id}")
    return image.id

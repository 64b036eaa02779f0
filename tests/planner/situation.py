"""A planner's situation, written in short form in a TOML file of its own: what is true, and what should follow.

Nodes are numbers, as in the builders: number 3 is agent-3 on i-3 at aws_instance.dcos_agent_node[3]. `kafka-0` of the
service `kafka-events` is written `kafka-events/kafka-0`. What a file does not say is healthy and unremarkable.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dcosmaint.model import (
    Admission,
    ClusterFacts,
    Ended,
    Finding,
    Flight,
    Inventory,
    Manner,
    Member,
    Node,
    Partition,
    Policy,
    Progress,
    Resources,
    Roll,
    Service,
    Waits,
    Window,
    Work,
)
from tests.builders import (
    GROUP,
    NEW,
    NOON,
    a_node,
    a_partition,
    a_policy,
    a_roll,
    a_service,
    a_store,
    an_app,
    an_inventory,
    data_of,
    registered,
)

Table = dict[str, Any]


@dataclass(frozen=True)
class Situation:
    name: str
    why: str
    roll: Roll
    inventory: Inventory
    progress: Progress
    expected: Table

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Outcome:
    """An admission in the words of the files. `refused` are lines like `3 cap`."""

    start: list[int]
    refused: list[str]
    verdict: str
    cordon: list[int]


def load(path: Path) -> Situation:
    table = tomllib.loads(path.read_text())
    why, expected = table.pop("why"), table.pop("expect")
    inventory = _inventory(table)
    roll = _roll(table, inventory)
    progress = _progress(table.pop("progress", {}), inventory)
    assert not table, f"{path.name} says {sorted(table)}, which nobody reads"
    return Situation(path.stem, why, roll, inventory, progress, expected)


def wanted(situation: Situation) -> Outcome:
    expected = situation.expected
    refused = [line for line in expected.get("refused", [])]
    return Outcome(expected["start"], refused, expected["verdict"], expected.get("cordon", []))


def came(admission: Admission) -> Outcome:
    return Outcome(
        start=[_number(node.address) for node in admission.start],
        refused=[f"{_number(refusal.node)} {refusal.rule}" for refusal in admission.refusals],
        verdict=str(admission.verdict),
        cordon=[int(agent.removeprefix("agent-")) for agent in admission.cordon],
    )


def _number(name: str) -> int:
    """Of an address, or of an instance that no survey has seen."""
    return int(name.removeprefix(GROUP).strip("[]").removeprefix("i-"))


# ---- what is true


def _inventory(table: Table) -> Inventory:
    services = [_service(name, fields) for name, fields in table.pop("service", {}).items()]
    apps = [an_app(name, **fields) for name, fields in table.pop("app", {}).items()]
    public, own = table.pop("public", []), table.pop("node", {})
    nodes = [_node(number, number in public, own.pop(str(number), {})) for number in range(table.pop("nodes"))]
    assert not own, f"there are no nodes {sorted(own)}"
    homes = {name: node.agent_id for node in nodes for name in node.schedulers}
    services = [replace(service, scheduler_agent=homes.get(service.name, "")) for service in services]
    findings = tuple(Finding(f.pop("rule"), f.pop("subject"), "…", **f) for f in table.pop("surveyed", []))
    airtight = table.pop("airtight", True)
    facts = ClusterFacts("2.1.0", table.pop("mesos", "1.9.0" if airtight else "1.8.1"))
    ips = [nodes[number].private_ip for number in table.pop("scheduled", [])]
    windows = tuple(Window(ip, ip, int(NOON) * 10**9) for ip in ips)
    return an_inventory(nodes, services, apps, blockers=findings, facts=facts, windows=windows)


def _node(number: int, public: bool, fields: Table) -> Node:
    node = a_node(number)
    assert node.agent
    if "free" in fields:
        fields["free"] = Resources(*fields["free"])
    agent = replace(node.agent, public=public, **_taken(fields, "active", "deactivated", "draining", "free"))
    own = _taken(fields, "state", "scaling_group", "protected", "outlived_by")
    own["balancers"] = [registered(number, **said) for said in fields.pop("balancers", [])]
    listed = fields.pop("listed", True)
    data = tuple(data_of(*owners, number=n) for n, owners in enumerate(fields.pop("data", [])))
    instance = replace(node.instance, **{key: _frozen(value) for key, value in own.items()})
    rest = {key: _frozen(value) for key, value in fields.items()}
    return replace(node, instance=instance, agent=agent if listed else None, data=data, **rest)


def _taken(fields: Table, *names: str) -> Table:
    return {name: fields.pop(name) for name in names if name in fields}


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _service(name: str, fields: Table) -> Service:
    """`copies` are its partitions' replicas, `isr` those that are in sync now where that differs.

    With `pods` in the place of `on` it is no Kafka, but of the kind that its name says.
    """
    now = fields.pop("isr", fields.pop("copies", None))
    pods, own = fields.pop("pod", {}), _taken(fields, "deploy", "recovery", "trouble", "asked", "seeds")
    service = a_store(name, fields.pop("pods"), **own) if "pods" in fields else a_service(name, fields.pop("on"), **own)
    changed = tuple(replace(pod, **pods.pop(pod.member.pod, {})) for pod in service.pods)
    assert not pods, f"{name} has no pods {sorted(pods)}"
    parts = service.partitions if now is None else tuple(a_partition(n, isr) for n, isr in enumerate(now))
    readable = fields.pop("readable", True)
    assert not fields, f"{name} says {sorted(fields)}, which nobody reads"
    return replace(service, pods=changed, partitions=parts if readable else None)


def _roll(table: Table, inventory: Inventory) -> Roll:
    targets = table.pop("targets", None)
    baseline = {name: tuple(_partitions(lists)) for name, lists in table.pop("baseline", {}).items()}
    roll = a_roll(inventory, _policy(table.pop("policy", {})), work=Work(table.pop("work", "roll")))
    serving = tuple(f"{GROUP}[{number}]" for number in table.pop("serving", []))
    manner = Manner(order=table.pop("order", "replace-first"))
    roll = replace(roll, manner=manner, serving=serving, running=table.pop("running", {}))
    if table.pop("new_ami", False):
        roll = replace(roll, images={GROUP: NEW})
    if targets is not None:
        roll = replace(roll, targets=tuple(f"i-{number}" for number in targets))
    return replace(roll, baseline={**roll.baseline, **baseline})


def _partitions(lists: list[list[int]]) -> list[Partition]:
    return [a_partition(number, isr) for number, isr in enumerate(lists)]


def _policy(fields: Table) -> Policy:
    fields["waits"] = Waits(**fields.pop("waits", {}))
    return a_policy(**{"batch_size": 10, **{key: _frozen(value) for key, value in fields.items()}})


def _progress(fields: Table, inventory: Inventory) -> Progress:
    flights = {f.node.address: f for f in (_flight(one, inventory) for one in fields.pop("flights", []))}
    ended = tuple(_ended(one) for one in fields.pop("ended", []))
    steered = tuple(f"agent-{number}" for number in fields.pop("steered", []))
    return Progress(
        flights, ended, tuple(fields.pop("prepared", [])), steered, at=NOON - fields.pop("silent", 0.0), **fields
    )


def _flight(fields: Table, inventory: Inventory) -> Flight:
    """It holds a slot for each member on its node, unless it says what it holds."""
    number = fields.pop("node")
    node = next(node for node in inventory.nodes if node.instance.id == f"i-{number}")
    holds = tuple(map(_member, fields.pop("holds"))) if "holds" in fields else node.members
    return Flight(node, holds, asked=tuple(map(_member, fields.pop("asked", []))), **fields)


def _member(name: str) -> Member:
    service, _, pod = name.rpartition("/")
    return Member(service, pod)


def _ended(fields: Mapping[str, Any]) -> Ended:
    number = fields["node"]
    return Ended(f"{GROUP}[{number}]", f"i-{number}", NOON - fields.get("ago", 86_400.0), fields.get("members", 0))

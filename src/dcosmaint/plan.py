"""A plan: what a roll would do to the cluster, in which order, at what price, and why not faster. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

from dcosmaint.blast import blast
from dcosmaint.choice import outdated, role
from dcosmaint.model import Finding, Inventory, Node, Roll, Work, counted

SCHEMA = "dcosmaint/plan/v1"


@dataclass(frozen=True)
class Batch:
    """Nodes that were admitted together."""

    number: int
    nodes: tuple[str, ...]  # addresses
    lost: Mapping[str, int]  # service → most of its members that this batch takes away at once
    why: str  # why it holds no more


@dataclass(frozen=True)
class Left:
    """Targets that did not come to their end in a rehearsal, for one reason."""

    rule: str  # of the refusal, or `held`
    says: str
    nodes: tuple[str, ...] = ()  # addresses; () where the rehearsal itself broke off

    def __str__(self) -> str:
        more = f" and {counted(len(self.nodes) - 1, 'more node')}" if len(self.nodes) > 1 else ""
        return f"{self.nodes[0]}{more}: {self.says}" if self.nodes else self.says


@dataclass(frozen=True)
class Forecast:
    """What a rehearsal on a pretend copy of the cluster did. Its seconds are those of the pretend cluster."""

    batches: tuple[Batch, ...]
    seconds: float
    member_moves: int
    left: tuple[Left, ...]  # why targets did not come to their end, each reason once; () when all did
    ends: tuple[float, ...] = ()  # when its nodes ended, in seconds since its beginning
    assumes: tuple[str, ...] = ()  # what its times go by, that no survey tells

    @property
    def each(self) -> float:
        """Seconds of a batch, of one as of another."""
        return self.seconds / max(1, len(self.batches))


UNKNOWN = Forecast((), 0.0, 0, ())
"""Of a roll that nobody has rehearsed here."""


@dataclass(frozen=True)
class Plan:
    roll: Roll
    inventory: Inventory
    forecast: Forecast
    blockers: tuple[Finding, ...]
    risks: tuple[Finding, ...] = ()  # what the roll does in spite of something, as it was ordered
    taken: tuple[Finding, ...] = ()  # what would block it, had its operator not accepted it

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return (*self.inventory.warnings, *self.risks)

    @property
    def stuck(self) -> tuple[Left, ...]:
        """What its rehearsal did not get past, beside blockers, which say so themselves, and a deadline, as ordered.

        An undrain is not rehearsed: of a node that is down no survey tells enough.
        """
        told = {"deadline", *(finding.rule for finding in self.blockers)}
        left = self.forecast.left if self.roll.work is not Work.UNDRAIN else ()
        return tuple(each for each in left if each.rule not in told)

    @property
    def targets(self) -> tuple[Node, ...]:
        return tuple(node for node in self.inventory.nodes if node.instance.id in self.roll.targets)

    @property
    def exposed(self) -> tuple[str, ...]:
        """Addresses that any plain apply would replace while the roll is under way."""
        groups = {finding.subject for finding in self.inventory.blockers if finding.rule == "terraform-exposed"}
        return tuple(node.address for node in self.targets if node.group in groups)

    @property
    def caps(self) -> Mapping[str, int]:
        return {service.name: self.roll.policy.cap(service.name) for service in self.inventory.services}

    def bounds(self) -> Iterator[tuple[int, str]]:
        """Numbers of batches that no order can undercut, each with its reason."""
        policy, targets = self.roll.policy, self.targets
        size = policy.batch_size if policy.strategy == "batch" else policy.max_in_flight
        yield ceil(len(targets) / size), f"{counted(len(targets), 'node')}, {size} at most at once"
        for service, cap in self.caps.items():
            carriers = sum(any(member.service == service for member in node.members) for node in targets)
            yield (
                ceil(carriers / cap),
                f"{counted(carriers, 'node carries', 'nodes carry')} members of {service}, and its cap is {cap}",
            )
        public = sum(role(node) == "public" for node in targets)
        yield public, f"{counted(public, 'public agent')}, one at a time"

    def to_json(self) -> dict[str, Any]:
        """The object of the contract: scripts depend on it."""
        roll, forecast = self.roll, self.forecast
        batches, because = max(self.bounds(), key=lambda bound: bound[0])
        return {
            "schema": SCHEMA,
            "cluster": roll.cluster,
            "facts": asdict(self.inventory.facts),
            "target_ami": dict(roll.images),
            "strategy": roll.policy.strategy,
            "order": roll.manner.order,
            "cordon": {"method": roll.manner.cordon, "airtight": roll.manner.airtight},
            "caps": dict(self.caps),
            "nodes": [self._node(node) for node in self.inventory.nodes],
            "batches": [asdict(batch) for batch in forecast.batches],
            "lower_bound": {"batches": batches, "seconds": round(batches * forecast.each), "because": because},
            "forecast": {
                "seconds": round(forecast.seconds),
                "member_moves": forecast.member_moves,
                "assumes": list(forecast.assumes),
                "stuck": [asdict(each) for each in self.stuck],
            },
            "exposure": {"addresses": list(self.exposed)},
            "blockers": [_finding(finding) for finding in self.blockers],
            "warnings": [_finding(finding) for finding in self.warnings],
            "fingerprint": self.fingerprint,
        }

    def _node(self, node: Node) -> dict[str, Any]:
        agent = node.agent
        return {
            "node": node.address,
            "hostname": agent.hostname if agent else "",
            "private_ip": node.private_ip,
            "agent_id": node.agent_id,
            "instance_id": node.instance.id,
            "terraform_address": node.address,
            "zone": node.instance.zone,
            "role": role(node),
            "ami": node.instance.ami,
            "target_ami": self.roll.images.get(node.group, node.instance.ami),
            "outdated": outdated(node, self.roll.images),
            "excluded": node.instance.id not in self.roll.targets,
            "members": [asdict(member) for member in node.members],
            "hosts_scheduler": list(node.schedulers),
            "tasks": node.tasks,
            "frameworks": dict(node.frameworks),
            "outlived_by": list(node.instance.outlived_by),
            "work_dir_apart": node.work_dir_apart,
            "load_balancers": [each.balancer.name for each in node.instance.balancers],
            "blast": blast(self.roll, self.inventory, node).to_json(),
        }

    @property
    def fingerprint(self) -> str:
        """The same for the same targets, members, policy and AMIs: tells whether a plan that was read is still true."""
        nodes = sorted((n.instance.id, n.instance.ami, sorted(map(str, n.members))) for n in self.targets)
        basis = [self.roll.cluster, dict(self.roll.images), asdict(self.roll.policy), nodes]
        return hashlib.sha256(json.dumps(basis, sort_keys=True).encode()).hexdigest()[:16]


def _finding(finding: Finding) -> Mapping[str, str]:
    return {"rule": finding.rule, "subject": finding.subject, "message": finding.message}


def unaccepted(findings: Sequence[Finding]) -> Iterator[str]:
    """Each blocker as a sentence that ends in what lifts it."""
    for finding in findings:
        yield f"{finding.rule}: {finding.subject} {finding.message}{finding.risk}"

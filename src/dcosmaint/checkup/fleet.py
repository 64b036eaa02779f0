"""The nodes from below: what EC2 knows of them, what a shell there gets to see, and how all of it joins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial

from dcosmaint.checkup.check import Check, Remark, ok, red, warning
from dcosmaint.checkup.dcos import ROUTER
from dcosmaint.choice import strangers
from dcosmaint.drained import way_back
from dcosmaint.errors import DcosmaintError
from dcosmaint.model import Finding, Image, Instance, Inventory, Node, Units, counted
from dcosmaint.ports import TerraformReads, UnitReads
from dcosmaint.shelf import Shelf, Unfit
from dcosmaint.site import Site

SAMPLE = 3
"""Nodes that are looked at from within, one of them public where there is one."""

ACTS = {
    True: ("elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"),
    False: (
        "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
        "elasticloadbalancing:RegisterInstancesWithLoadBalancer",
    ),
}
"""Permissions, by whether it is a target group."""

SURVEY = "survey"

SAID_ELSEWHERE = ("recovered-agents", "terraform-exposed")
REMEDIES = {
    "unjoined": "see that aws.region and aws.profile are those of this state, and what `terraform plan` finds gone",
    "stranger": "add its resource to terraform.groups if it is one of the nodes",
    "unknown-node": "correct the name, or take it out of policy.exclude where that node is gone for good",
    "bastion": "give nodes.ssh.bastion another host, or leave the node out with `--exclude`",
}


def of_fleet(site: Site, shelf: Shelf, seen: Callable[[], Inventory], never: Sequence[str]) -> tuple[Check, ...]:
    login = "log in to AWS, and see to aws.region, aws.profile and their permissions"
    return (
        Check("aws", partial(_instances, site), login),
        Check("images", partial(_images, site), login),
        Check("terraform-exposed", partial(_exposed, site.terraform)),
        Check("shell", partial(_shell, site, shelf)),
        Check(SURVEY, partial(_surveyed, seen), "see to what is red above", needs=ROUTER),
        Check("joins", partial(_joins, shelf, seen, never), needs=SURVEY),
    )


def _instances(site: Site) -> Iterator[Remark]:
    """Read in full, as a survey does, since every part of that needs a permission of its own."""
    placed = {each.instance_id: each.address for each in site.terraform.placed()}
    known = site.ec2.in_full(list(placed))
    for instance in known:
        if instance.state != "running":
            yield red(
                f"{placed[instance.id]}: {instance.id} is {instance.state}, not running",
                "start it, or let Terraform make it anew, or leave the node out with `--exclude`",
            )
    says = f"EC2 describes {len(known)} of {counted(len(placed), 'instance')} in Terraform's state"
    if known:
        yield ok(says)
        yield from _balancers(known)
    else:
        yield red(says, "see that aws.region and aws.profile are those that this state was made with")


def _balancers(known: Sequence[Instance]) -> Iterator[Remark]:
    """What a roll does to them can't be tried out: AWS knows no rehearsal of it."""
    carried = [instance for instance in known if instance.balancers]
    found = sorted({each.balancer for instance in carried for each in instance.balancers})
    if found:
        acts = sorted({act for balancer in found for act in ACTS[bool(balancer.arn)]})
        names = ", ".join(balancer.name for balancer in found)
        behind = f"{counted(len(carried), 'node is', 'nodes are')} behind load balancers ({names})"
        yield ok(f"{behind}: a roll needs {' and '.join(acts)}")


def _images(site: Site) -> Iterator[Remark]:
    for group, ami in sorted(site.terraform.images().items()):
        yield _image(group, ami, site.ec2.image(ami))


def _image(group: str, ami: str, image: Image | None) -> Remark:
    if image and image.state == "available":
        return ok(f"{group} is made of {ami} ({image.name}), which is available")
    state = f"is {image.state}" if image else "does not exist in this account and region, or is not shared with it"
    return red(f"{group} is made of {ami}, which {state}", "correct it in Terraform, or name another one with `--ami`")


def _exposed(terraform: TerraformReads) -> Iterator[Remark]:
    groups = terraform.exposed()
    for group in groups:
        yield red(
            f"{group} has no `lifecycle {{ ignore_changes = [ami] }}`: during a roll any plain `terraform apply`, of"
            " anybody, would replace every node that is left",
            "add it to the resource, or take the risk with `--accept terraform-exposed`",
        )
    if not groups:
        yield ok("no plain `terraform apply` would replace a node for its AMI")


def _shell(site: Site, shelf: Shelf) -> Iterator[Remark]:
    placed = {each.instance_id: each for each in site.terraform.placed()}
    running = [instance for instance in site.ec2.instances(list(placed)) if instance.state == "running"]
    if not running:
        yield red("no instance runs that could be reached", "see to aws first")
    for instance in _sample(running, _public(site)):
        at = placed[instance.id]
        yield _node(Node(at.address, at.group, instance, None), site.units, shelf)


def _public(site: Site) -> frozenset[str]:
    """Addresses of public agents; none while Mesos does not say: nodes can be looked at without it."""
    with suppress(DcosmaintError):
        return frozenset(agent.private_ip for agent in site.mesos.agents().listed if agent.public)
    return frozenset()


def _sample(running: Sequence[Instance], public: frozenset[str]) -> list[Instance]:
    ours = [instance for instance in running if instance.private_ip in public][:1]
    others = [instance for instance in running if instance.private_ip not in public]
    return [*others[: SAMPLE - len(ours)], *ours]


def _node(node: Node, units: UnitReads, shelf: Shelf) -> Remark:
    try:
        seen = units.look(node.instance)
    except DcosmaintError as error:
        reach = "see to nodes.transport and nodes.ssh, and whether you get there by hand"
        return red(f"{node.address}: {error}", reach)
    return _seen(node, seen, shelf)


def _way_back(shelf: Shelf, node: Node) -> str:
    """Also where no roll that is known here has to do with it, or a journal that nobody can read may say so."""
    with suppress(Unfit):
        if way := way_back(shelf, node):
            return way
    drained = f"`dcosmaint undrain {node.private_ip}` if it was drained"
    return f"{drained}, the `dcosmaint resume` of whoever has it in flight, or see to its agent"


def _seen(node: Node, seen: Units, shelf: Shelf) -> Remark:
    who = f"{node.address} at {node.private_ip}"
    if seen.held:
        return warning(f"{who}: {seen.unit} is held stopped by dcosmaint", _way_back(shelf, node))
    if not seen.agent or not seen.docker:
        down = " and ".join(name for name, up in ((seen.unit, seen.agent), ("docker", seen.docker)) if not up)
        return red(f"{who}: {down} does not run", f"look there: `systemctl status {seen.unit} docker`")
    return ok(f"{who}: we get in and may act as root, {seen.unit} and docker run")


def _surveyed(seen: Callable[[], Inventory]) -> Iterator[Remark]:
    found = seen()
    all_ = f"{counted(len(found.nodes), 'node')}, {counted(len(found.agents), 'agent')}"
    yield ok(f"read all at once, as a roll does: {all_}, {counted(len(found.services), 'service')}")


def _joins(shelf: Shelf, seen: Callable[[], Inventory], never: Sequence[str]) -> Iterator[Remark]:
    inventory = seen()
    for finding in (*strangers(inventory, never), *inventory.blockers, *inventory.warnings):
        if finding.rule not in SAID_ELSEWHERE:
            hard = finding not in inventory.warnings and not finding.acceptable
            yield _joined(finding, hard=hard)
    for node in inventory.nodes:
        if node.agent is None and node.instance.state == "running":
            yield red(
                f"{node.address}: {node.instance.id} runs, and no one agent is listed at {node.private_ip}",
                _way_back(shelf, node),
            )
    joined = sum(node.agent is not None for node in inventory.nodes)
    all_ = f"{joined} of {counted(len(inventory.nodes), 'node')} {'joins' if joined == 1 else 'join'}"
    yield ok(f"{all_}: an agent, an instance and a Terraform address each")


def _joined(finding: Finding, *, hard: bool) -> Remark:
    says, remedy = f"{finding.subject}: {finding.message}", REMEDIES.get(finding.rule, "")
    return red(says, remedy) if hard else warning(says, remedy)

"""How a new agent differs from the one that it takes the place of. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from dcosmaint.model import Agent, Finding, Instance, Resources

CFS = "cgroups_enable_cfs"

SLACK = 0.05
"""DC/OS offers as disk what is free at the first boot, Mesos as memory what the kernel leaves: another AMI makes both
differ by a little. A volume or a module that is missing makes more of a difference."""


def differences(old: Agent, new: Agent) -> Iterator[Finding]:
    """What makes it another node: clearly fewer resources, another role, attribute or zone. More is fine.

    What may be meant so, such as an attribute that names the AMI, may be accepted: nobody means another role.
    """
    if new.role != old.role:
        yield Finding("differs", "role", f"role {new.role} instead of {old.role}")
    for name, value in sorted(old.attributes.items()):
        if new.attributes.get(name) != value:
            says = f"attribute {name}: {new.attributes.get(name, 'missing')} instead of {value}"
            yield _differs(f"attribute:{name}", says)
    if new.zone != old.zone:
        yield _differs("zone", f"zone {new.zone} instead of {old.zone}")
    if not new.resources.covers(_times(1 - SLACK, old.resources)):
        yield _differs("resources", f"fewer resources: {new.resources} instead of {old.resources}")


def identity(new: str, old: Sequence[str], *, kept: bool, emptied: bool) -> Iterator[Finding]:
    """What the new agent's id says of its work dir. `old` are ids that the node has had."""
    if kept and new not in old:
        says = f"the new id {new} instead of {old[0]}, so its work dir did not come with it: see to its volume"
        yield _differs("agent-id", says)
    if emptied and new in old:
        yield _differs("agent-id", f"the old id {new}, although its work dir was emptied: see where it has that from")


def left_behind(old: Instance, new: Instance) -> tuple[str, ...]:
    """Volumes that EC2 kept of the old instance, where the new one has neither them nor as many others in their place.

    Code that makes a new volume with each instance means it so; an agent that should find its work dir tells.
    """
    lost = tuple(volume for volume in old.outlived_by if volume not in new.outlived_by)
    others = set(new.outlived_by).difference(old.outlived_by)
    return lost if len(others) < len(lost) else ()


def compared(flags: Mapping[str, str]) -> dict[str, str]:
    """The start flags that matter. Others hold environments of executors and logins, which no journal keeps (R12)."""
    return {name: value for name, value in flags.items() if name == CFS}


def other_flags(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Finding]:
    """Start flags that change what tasks get. An agent whose flags were not read at admission is compared with none."""
    flag = new.get(CFS, "")
    if flag != old.get(CFS, flag):
        yield _differs(f"flag:{CFS}", f"{CFS}={flag} instead of {old[CFS]}")


def gains(old: Agent, new: Agent) -> Iterator[str]:
    """What an operator should hear of a node that is no worse than before."""
    if not _times(1 + SLACK, old.resources).covers(new.resources):
        yield f"more resources than before: {new.resources} instead of {old.resources}"
    if new.version != old.version:
        yield f"another version of Mesos than before: {new.version} instead of {old.version}"


def way_out(wrong: Sequence[Finding]) -> str:
    """The command that takes what is meant so; "" where some of it is meant by nobody."""
    if not all(one.acceptable for one in wrong):
        return ""
    flags = " ".join(f"--accept {one.rule}={one.subject}" for one in wrong)
    return f". Mend it, or, if it is meant so, `dcosmaint resume {flags}`"


def _differs(subject: str, says: str) -> Finding:
    return Finding("differs", subject, says, acceptable=True)


def _times(factor: float, whole: Resources) -> Resources:
    """Cores are counted exactly."""
    return replace(whole, mem=whole.mem * factor, disk=whole.disk * factor)

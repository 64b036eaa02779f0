"""How a new agent differs from the one that it takes the place of. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from dcosmaint.model import Agent, Finding, Resources

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


def _differs(subject: str, says: str) -> Finding:
    return Finding("differs", subject, says, acceptable=True)


def _times(factor: float, whole: Resources) -> Resources:
    """Cores are counted exactly."""
    return replace(whole, mem=whole.mem * factor, disk=whole.disk * factor)

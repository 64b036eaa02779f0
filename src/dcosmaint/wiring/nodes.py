"""The way into a cluster's nodes: SSH, or Run Command of AWS Systems Manager."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dcosmaint.adapters.ec2 import Ec2
from dcosmaint.adapters.host_keys import Enrolment, HostKeys
from dcosmaint.adapters.shell import Shell
from dcosmaint.adapters.ssh import Ssh
from dcosmaint.adapters.ssh_route import SshSettings
from dcosmaint.adapters.ssm import NoKeys, Ssm
from dcosmaint.config import ClusterConfig
from dcosmaint.ports import KeyActs
from dcosmaint.site import direct
from dcosmaint.wiring.aws import account


@dataclass(frozen=True)
class Nodes:
    """What one way into the nodes brings with it."""

    shell: Shell
    keys: KeyActs
    bastions: Callable[[str], tuple[str, ...]]  # private IP → the hosts that are gone through


@contextmanager
def reach(config: ClusterConfig, ec2: Ec2, known_hosts: Path) -> Iterator[Nodes]:
    """`known_hosts` is where the rolls of this cluster keep the host keys that they learn."""
    if config.nodes.transport == "ssm":
        with closing(Ssm(account(config))) as ssm:
            yield Nodes(ssm, NoKeys(), direct)
    else:
        ssh = Ssh(_ssh(config), _host_keys(config, known_hosts))
        keys = Enrolment(ssh.keys, ec2.console, ssh.first_contact)
        yield Nodes(ssh, keys, cache(ssh.bastions))  # ssh_config is read once for each node


def _ssh(config: ClusterConfig) -> SshSettings:
    ssh = config.nodes.ssh
    return SshSettings(
        user=ssh.user or "", key=ssh.key, port=ssh.port, config_file=ssh.config_file, bastions=_hops(ssh.bastion)
    )


def _hops(bastion: str | None) -> tuple[str, ...]:
    return tuple(hop.strip() for hop in (bastion or "").split(",") if hop.strip())


def _host_keys(config: ClusterConfig, known_hosts: Path) -> HostKeys:
    """Kept for the cluster, not for one roll: instances that one roll created are the next one's old ones."""
    ssh = config.nodes.ssh
    return HostKeys(own=known_hosts, users=(ssh.known_hosts,), strict=ssh.host_keys == "strict")

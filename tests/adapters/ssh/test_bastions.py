"""The way through one bastion and more, on real sshd processes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dcosmaint.adapters.host_keys import HostKeys
from dcosmaint.adapters.ssh import Ssh
from dcosmaint.adapters.ssh_route import Routes, SshSettings
from dcosmaint.errors import NodeFailed, Retryable, Usage
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.world import build
from dcosmaint.survey import survey
from tests.adapters.ssh.conftest import Connect
from tests.adapters.ssh.sshd import USER, Farm

LONG = 20.0
CAME_FROM = "echo ${SSH_CONNECTION%% *}"


def hops(nodes: Farm, *numbers: int) -> tuple[str, ...]:
    return tuple(f"{nodes.addresses[number]}:{nodes.port}" for number in numbers)


@pytest.mark.real
@pytest.mark.parametrize("between", [(0,), (0, 1)])
def test_the_node_is_reached_through_bastions(nodes: Farm, connect: Connect, between: tuple[int, ...]) -> None:
    ssh = connect(bastions=hops(nodes, *between))
    assert ssh.run(nodes.instance(2), "echo $NODE", LONG).stdout == f"{nodes.addresses[2]}\n"
    assert ssh.bastions(nodes.addresses[2]) == tuple(nodes.addresses[number] for number in between)


@pytest.mark.real
def test_first_contact_goes_through_the_bastion_too(nodes: Farm, connect: Connect) -> None:
    ssh = connect(bastions=hops(nodes, 0))
    assert ssh.first_contact(nodes.instance(2)) == nodes.host_key(2)


@pytest.mark.real
def test_a_bastion_whose_key_changed_is_refused(nodes: Farm, connect: Connect, keys: HostKeys) -> None:
    keys.pin(f"[{nodes.addresses[0]}]:{nodes.port}", [nodes.host_key(1)])
    with pytest.raises(NodeFailed, match=rf"of \[{nodes.addresses[0]}\]:{nodes.port} has changed"):
        connect(bastions=hops(nodes, 0)).run(nodes.instance(2), "true", LONG)


@pytest.mark.real
def test_a_second_bastion_whose_key_changed_is_refused(nodes: Farm, connect: Connect, keys: HostKeys) -> None:
    keys.pin(f"[{nodes.addresses[1]}]:{nodes.port}", [nodes.host_key(0)])
    with pytest.raises(NodeFailed, match=rf"of \[{nodes.addresses[1]}\]:{nodes.port} has changed"):
        connect(bastions=hops(nodes, 0, 1)).run(nodes.instance(2), "true", LONG)


@pytest.mark.real
def test_a_node_that_its_bastion_cant_reach_is_retryable(nodes: Farm, connect: Connect) -> None:
    with pytest.raises(Retryable, match=r"bastion \[127\.0\.41\.1\]:\d+: the way on is closed"):
        connect(bastions=hops(nodes, 0), port=1).run(nodes.instance(2), "true", LONG)


@pytest.mark.real
def test_a_bastion_that_forbids_to_go_on_is_named_with_the_remedy(nodes: Farm, connect: Connect) -> None:
    with pytest.raises(NodeFailed, match=r"bastion \[127\.0\.41\.4\]:\d+ forbids .*AllowTcpForwarding yes"):
        connect(bastions=hops(nodes, 3)).run(nodes.instance(2), "true", LONG)


@pytest.mark.real
def test_proxyjump_of_ssh_config_is_followed(nodes: Farm, keys: HostKeys, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"Host outer\n  HostName {nodes.addresses[0]}\n"
        f"Host inner\n  HostName {nodes.addresses[1]}\n  ProxyJump outer\n"
        f"Host {nodes.addresses[2]}\n  ProxyJump inner\n"
        f"Host *\n  User {USER}\n  Port {nodes.port}\n  IdentityFile {nodes.key}\n"
    )
    ssh = Ssh(SshSettings(config_file=config), keys)
    assert ssh.bastions(nodes.addresses[2]) == nodes.addresses[:2]
    assert ssh.run(nodes.instance(2), CAME_FROM, LONG).stdout == "127.0.0.1\n"


def test_only_the_first_of_several_jumps_goes_on_by_its_own(tmp_path: Path) -> None:
    """As ssh does: the second is told to go through the first, whatever the file says of it."""
    config = tmp_path / "config"
    config.write_text(
        "Host a\n  ProxyJump gate\nHost b\n  ProxyJump elsewhere\nHost gate\n  ProxyCommand nc %h %p\n"
        "Host 10.0.*\n  ProxyJump me@a:23, b\n"
    )
    route = Routes(SshSettings(user="core", config_file=config)).to("10.0.1.5")
    assert [(hop.host, hop.port) for hop in route] == [("gate", 22), ("a", 23), ("b", 22), ("10.0.1.5", 22)]
    assert [hop.proxy_command for hop in route] == ["nc gate 22", "", "", ""]


def test_bastions_of_the_configuration_come_before_those_of_ssh_config(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host 10.0.*\n  ProxyCommand nc %h %p\nHost *\n  User someone\n")
    route = Routes(SshSettings(user="core", config_file=config, bastions=("me@bastion:2222",))).to("10.0.1.5")
    assert [(hop.user, hop.host, hop.port) for hop in route] == [("me", "bastion", 2222), ("core", "10.0.1.5", 22)]


def test_a_bastion_has_the_nodes_user_where_nobody_names_another(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host named\n  User jump\n")
    settings = SshSettings(user="core", config_file=config, bastions=("named", "plain"))
    assert [hop.user for hop in Routes(settings).to("10.0.1.5")] == ["jump", "core", "core"]


def test_bastions_that_jump_through_themselves_are_refused(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host *\n  ProxyJump ring\n")
    with pytest.raises(Usage, match=r"more than 8 bastions before 10\.0\.1\.5"):
        Routes(SshSettings(config_file=config)).to("10.0.1.5")


def test_a_node_that_ssh_config_jumps_through_to_others_blocks_a_roll(keys: HostKeys, tmp_path: Path) -> None:
    world = build()
    address = "aws_instance.dcos_agent_node[3]"
    config = tmp_path / "config"
    jumps = "Host 10.*\n  ProxyJump jump\n"
    config.write_text(f"Host jump\n  HostName {world.node(address).private_ip}\n  ProxyJump none\n{jumps}")
    site = in_process(world, failures=0.0)
    assert survey(site, world.now).blockers == ()
    found = survey(replace(site, bastions=Ssh(SshSettings(config_file=config), keys).bastions), world.now).blockers
    assert [(finding.rule, finding.subject) for finding in found] == [("bastion", address)]


def test_where_ssh_config_cant_be_used_the_configured_bastions_are_known(keys: HostKeys, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("no ssh_config\n")
    ssh = Ssh(SshSettings(config_file=config, bastions=("me@10.0.0.5:2222", "[fd00::5]:22")), keys)
    assert ssh.bastions("10.0.1.5") == ("10.0.0.5", "fd00::5")

"""ProxyCommands of ssh_config: real programs in front of real sshd processes."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from dcosmaint.adapters.host_keys import HostKeys
from dcosmaint.adapters.processes import Process
from dcosmaint.adapters.ssh import Ssh
from dcosmaint.adapters.ssh_config import Hop
from dcosmaint.adapters.ssh_proxy import expanded
from dcosmaint.adapters.ssh_route import Routes, SshSettings
from dcosmaint.errors import NodeFailed, Retryable, Usage
from tests.adapters.ssh.sshd import USER, Farm

LONG = 20.0
RELAY = """\
import os, select, socket, sys
open(sys.argv[1], "a").write(f"{os.getpid()}\\n")
wire = socket.create_connection((sys.argv[2], int(sys.argv[3])))
while True:
    for ready in select.select([0, wire], [], [])[0]:
        data = os.read(0, 65536) if ready == 0 else wire.recv(65536)
        if not data:
            sys.exit()
        wire.sendall(data) if ready == 0 else os.write(1, data)
"""


def through(nodes: Farm, keys: HostKeys, folder: Path, command: str, connect: float = 10.0) -> Ssh:
    """An `Ssh` whose ssh_config names this command for the node that all tests are about, and no other."""
    config = folder / "config"
    usual = f"Host *\n  User {USER}\n  Port {nodes.port}\n  IdentityFile {nodes.key}\n"
    config.write_text(f"Host {nodes.addresses[2]}\n  ProxyCommand {command}\n{usual}")
    return Ssh(SshSettings(config_file=config, connect=connect), keys)


def ended(pids: Path) -> int:
    """How many processes wrote themselves down, once none of them runs: a signal takes a moment to arrive."""
    began = [Process.now(int(line)) for line in pids.read_text().split()]
    until = time.monotonic() + 5.0
    while any(process.alive for process in began):
        assert time.monotonic() < until, "a command outlives its connection"
        time.sleep(0.01)
    return len(began)


@pytest.mark.real
def test_a_node_is_reached_through_ssh_itself(nodes: Farm, keys: HostKeys, tmp_path: Path) -> None:
    known = tmp_path / "known"
    known.write_text(nodes.known(0))
    options = f"-F none -o BatchMode=yes -o UserKnownHostsFile={known} -o StrictHostKeyChecking=yes -i {nodes.key}"
    ssh = through(nodes, keys, tmp_path, f"ssh {options} -p %p -W [%h]:%p %r@{nodes.addresses[0]}")
    assert ssh.run(nodes.instance(2), "echo $NODE", LONG).stdout == f"{nodes.addresses[2]}\n"
    assert nodes.addresses[0] in ssh.bastions(nodes.addresses[2])
    assert nodes.addresses[2] not in ssh.bastions(nodes.addresses[2])
    known.write_text(nodes.known(0, of=1))
    with pytest.raises(Retryable, match="its ProxyCommand says: Host key verification failed"):
        ssh.run(nodes.instance(2), "true", LONG)


@pytest.mark.real
def test_a_command_lives_as_long_as_its_connection(nodes: Farm, keys: HostKeys, tmp_path: Path) -> None:
    (tmp_path / "relay.py").write_text(RELAY)
    pids = tmp_path / "pids"
    ssh = through(nodes, keys, tmp_path, f"{sys.executable} {tmp_path}/relay.py {pids} %h %p")
    assert ssh.run(nodes.instance(2), "echo $NODE", LONG).stdout == f"{nodes.addresses[2]}\n"
    assert ssh.first_contact(nodes.instance(2)) == nodes.host_key(2)
    assert ended(pids) == 2


@pytest.mark.real
def test_the_key_of_a_node_behind_a_command_is_checked(nodes: Farm, keys: HostKeys, tmp_path: Path) -> None:
    (tmp_path / "relay.py").write_text(RELAY)
    keys.pin("i-2", [nodes.host_key(1)])
    ssh = through(nodes, keys, tmp_path, f"{sys.executable} {tmp_path}/relay.py {tmp_path}/pids %h %p")
    with pytest.raises(NodeFailed, match=r"the SSH host key of i-2 .* has changed"):
        ssh.run(nodes.instance(2), "true", LONG)
    assert ended(tmp_path / "pids") == 1


@pytest.mark.real
@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("sh -c 'echo; echo no route to %h >&2; exit 1'", "its ProxyCommand says: no route to 127.0.41.3"),
        ("no-such-program %h", "its ProxyCommand says: .*no-such-program: not found"),
        ("true", "its ProxyCommand says nothing"),
    ],
)
def test_what_a_command_that_fails_had_to_say_is_told(
    nodes: Farm, keys: HostKeys, tmp_path: Path, command: str, says: str
) -> None:
    ssh = through(nodes, keys, tmp_path, command)
    with pytest.raises(Retryable, match=rf"127\.0\.41\.3 \(i-2\): no SSH connection: .*{says}"):
        ssh.run(nodes.instance(2), "true", LONG)


@pytest.mark.real
def test_a_command_that_hangs_is_ended_with_all_that_it_began(nodes: Farm, keys: HostKeys, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    ssh = through(nodes, keys, tmp_path, f"sh -c 'echo $$ >>{pids}; sleep 60 & echo $! >>{pids}; wait'", connect=0.5)
    with pytest.raises(Retryable, match="its ProxyCommand says nothing"):
        ssh.run(nodes.instance(2), "true", LONG)
    assert ended(pids) == 2


@pytest.mark.real
@pytest.mark.slow
def test_a_command_that_does_not_want_to_end_is_killed(nodes: Farm, keys: HostKeys, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    ssh = through(nodes, keys, tmp_path, f"sh -c 'trap \"\" TERM; echo $$ >>{pids}; while :; do sleep 1; done'", 0.5)
    with pytest.raises(Retryable, match="its ProxyCommand says nothing"):
        ssh.run(nodes.instance(2), "true", LONG)
    assert ended(pids) == 1


@pytest.mark.real
def test_jumps_go_on_behind_a_command(nodes: Farm, keys: HostKeys, tmp_path: Path) -> None:
    (tmp_path / "relay.py").write_text(RELAY)
    relay = f"{sys.executable} {tmp_path}/relay.py {tmp_path}/pids %h %p"
    config = tmp_path / "config"
    config.write_text(
        f"Host gate\n  HostName {nodes.addresses[0]}\n  ProxyCommand {relay}\n"
        f"Host inner\n  HostName {nodes.addresses[1]}\n"
        f"Host {nodes.addresses[2]}\n  ProxyJump gate,inner\n"
        f"Host *\n  User {USER}\n  Port {nodes.port}\n  IdentityFile {nodes.key}\n"
    )
    ssh = Ssh(SshSettings(config_file=config), keys)
    assert ssh.run(nodes.instance(2), "echo $NODE", LONG).stdout == f"{nodes.addresses[2]}\n"
    assert ssh.bastions(nodes.addresses[2])[-2:] == nodes.addresses[:2]
    assert ended(tmp_path / "pids") == 1


def test_a_command_is_told_what_the_configuration_says_and_not_only_the_file(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host 10.0.*\n  HostName node-%h\n  ProxyCommand go %n %h %p %r 100%% ~\n  User other\n")
    (hop,) = Routes(SshSettings(user="core", port=2222, config_file=config)).to("10.0.1.5")
    assert hop.proxy_command == "go 10.0.1.5 node-10.0.1.5 2222 core 100% ~"


@pytest.mark.parametrize(
    ("command", "user", "says"),
    [
        ("nc %x", "core", "has %x: it may have %h"),
        ("nc %", "core", "has %: it may have %h"),
        ("nc %r", "a;reboot", "is not given 'a;reboot': a shell might obey it"),
        ("nc %r", "-oProxyCommand", "a shell might obey it"),
        ("nc %r", "", "a shell might obey it"),
    ],
)
def test_a_command_that_could_mean_something_else_is_refused(command: str, user: str, says: str) -> None:
    with pytest.raises(Usage, match=says):
        expanded(Hop("10.0.1.5", 22, user, proxy_command=command, name="node"))


def test_a_node_that_a_command_names_is_known_to_be_on_the_way(keys: HostKeys, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host jump\n  HostName 10.0.0.7\nHost 10.*\n  ProxyCommand ssh -q -W %h:%p me@jump:22\n")
    ssh = Ssh(SshSettings(config_file=config), keys)
    assert ssh.bastions("10.0.1.5") == ("10.0.0.7",)
    config.write_text("Host 10.*\n  ProxyCommand sh -c 'it is\n")
    assert ssh.bastions("10.0.1.5") == ()

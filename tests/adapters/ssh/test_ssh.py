"""Scripts on real sshd processes: how they end, what they say, and what happens when nobody answers."""

from __future__ import annotations

import shutil
import socket
import time
from pathlib import Path

import pytest

from dcosmaint.adapters.host_keys import HostKeys
from dcosmaint.adapters.ssh import Ssh
from dcosmaint.adapters.ssh_route import SshSettings
from dcosmaint.errors import NodeFailed, Retryable, Usage
from tests.adapters.ssh.conftest import Connect
from tests.adapters.ssh.sshd import USER, Farm, agent, new_key

pytestmark = pytest.mark.real

LONG = 20.0


def test_a_script_says_its_code_and_both_streams(nodes: Farm, connect: Connect) -> None:
    answer = connect().run(nodes.instance(1), "echo $NODE; echo trouble >&2; exit 3", LONG)
    assert (answer.code, answer.stdout, answer.stderr) == (3, f"{nodes.addresses[1]}\n", "trouble\n")


def test_a_script_that_reads_its_input_finds_the_end_of_it(nodes: Farm, connect: Connect) -> None:
    assert connect().run(nodes.instance(0), "cat; echo done", LONG).stdout == "done\n"


def test_much_output_arrives_whole(nodes: Farm, connect: Connect) -> None:
    answer = connect().run(nodes.instance(0), "head -c 5000000 /dev/zero | tr '\\0' x", LONG)
    assert len(answer.stdout) == 5_000_000


def test_a_command_killed_by_a_signal_is_told_from_a_lost_connection(nodes: Farm, connect: Connect) -> None:
    answer = connect().run(nodes.instance(0), "echo begun; kill -9 $$", LONG)
    assert answer.code == -1
    assert answer.stdout == "begun\n"
    assert "signal" in answer.stderr


def test_a_connection_lost_in_mid_command_proves_nothing(nodes: Farm, connect: Connect) -> None:
    with pytest.raises(Retryable, match=r"127\.0\.41\.1 \(i-0\): the connection was lost in mid command"):
        connect().run(nodes.instance(0), "echo begun; kill -9 $PPID; sleep 1", LONG)


def test_a_command_that_hangs_ends_at_our_deadline(nodes: Farm, connect: Connect) -> None:
    begun = time.monotonic()
    with pytest.raises(Retryable, match=r"no answer within 0\.5 s"):
        connect().run(nodes.instance(0), "exec sleep 3", 0.5)
    assert time.monotonic() - begun < 2.5


def test_a_command_that_closes_its_output_and_hangs_ends_at_our_deadline(nodes: Farm, connect: Connect) -> None:
    with pytest.raises(Retryable, match=r"no answer within 0\.5 s"):
        connect().run(nodes.instance(0), "exec >&- 2>&-; exec sleep 3", 0.5)


def test_a_node_that_accepts_and_never_speaks_is_retryable(nodes: Farm, connect: Connect) -> None:
    with socket.create_server(("127.0.41.9", 0)) as mute:
        ssh = connect(port=mute.getsockname()[1], connect=0.5)
        lonely = nodes.instance(0)
        with pytest.raises(Retryable, match="no SSH connection"):
            ssh.run(type(lonely)(**{**vars(lonely), "private_ip": "127.0.41.9"}), "true", LONG)


def test_a_closed_port_is_retryable_and_named(nodes: Farm, connect: Connect) -> None:
    with pytest.raises(Retryable, match=r"127\.0\.41\.1\]:1: no SSH connection: .*refused"):
        connect(port=1).run(nodes.instance(0), "true", LONG)


def test_a_key_that_nobody_let_in_fails_the_node_with_a_remedy(nodes: Farm, connect: Connect, tmp_path: Path) -> None:
    new_key(tmp_path / "stranger")
    with pytest.raises(NodeFailed, match=r"our SSH key was refused .* nodes\.ssh\.key"):
        connect(key=tmp_path / "stranger").run(nodes.instance(0), "true", LONG)


def test_a_key_file_that_is_missing_is_the_configurations_fault(nodes: Farm, connect: Connect, tmp_path: Path) -> None:
    with pytest.raises(Usage, match=r"missing\.pem is not there: correct nodes\.ssh\.key"):
        connect(key=tmp_path / "missing.pem").run(nodes.instance(0), "true", LONG)


def test_the_agents_key_opens_the_door(
    nodes: Farm, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = shutil.which("ssh-agent")
    if program is None:
        pytest.skip("ssh-agent is not on PATH")
    with agent(program, tmp_path, nodes.key) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
        assert connect(key=None).run(nodes.instance(0), "echo in", LONG).stdout == "in\n"


def test_ssh_config_says_what_the_configuration_leaves_out(nodes: Farm, keys: HostKeys, home: Path) -> None:
    (home / ".ssh/conf.d").mkdir(parents=True)
    config = home / ".ssh/config"
    config.write_text("Include conf.d/*\n")
    block = f"Host 127.0.41.*\n  User {USER}\n  Port {nodes.port}\n  IdentityFile {nodes.key}\n  IdentitiesOnly yes\n"
    (home / ".ssh/conf.d/nodes").write_text(block)
    ssh = Ssh(SshSettings(config_file=config), keys)
    assert ssh.run(nodes.instance(0), "echo in", LONG).stdout == "in\n"


def test_nothing_is_sent_to_a_node_whose_key_has_changed(nodes: Farm, connect: Connect, keys: HostKeys) -> None:
    keys.pin("i-0", [nodes.host_key(1)])
    with pytest.raises(NodeFailed, match="has changed") as failed:
        connect().run(nodes.instance(0), "true", LONG)
    for number in (0, 1):
        assert nodes.host_key(number).fingerprint in str(failed.value)


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_node_is_asked_for_the_kind_of_key_that_is_known(
    nodes: Farm, connect: Connect, keys: HostKeys, kind: str
) -> None:
    keys.pin("i-0", [nodes.host_key(0, kind)])
    assert connect().run(nodes.instance(0), "echo in", LONG).stdout == "in\n"


def test_first_contact_brings_the_key_and_pins_nothing(nodes: Farm, connect: Connect, keys: HostKeys) -> None:
    assert connect().first_contact(nodes.instance(0)) == nodes.host_key(0)
    assert not keys.knows("i-0")

"""The scripts, run by a real shell in a real SSH session; systemd behind them is pretended."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dcosmaint.adapters.units import NodeUnits
from dcosmaint.errors import NodeFailed, Retryable
from dcosmaint.model import Instance, Units
from tests.adapters.ssh.conftest import Connect
from tests.adapters.ssh.sshd import Farm

pytestmark = pytest.mark.real

SUDO = Path(__file__).with_name("pretend_sudo.py")
AGENT = "dcos-mesos-slave"
PUBLIC = "dcos-mesos-slave-public"
RUNNING = {"LoadState": "loaded", "ActiveState": "active", "SubState": "running", "MainPID": "4242", "loaded": {}}
LISTENING = {"LoadState": "loaded", "ActiveState": "active", "SubState": "listening", "loaded": {}}


@dataclass(frozen=True)
class PretendNode:
    folder: Path
    instance: Instance

    def set(self, **units: dict[str, Any]) -> None:
        named = {name.replace("__", ".").replace("_", "-"): unit for name, unit in units.items()}
        (self.folder / "units.json").write_text(json.dumps(named))

    def has(self, path: str, text: str = "") -> None:
        file = self.folder / "root" / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def unit(self, name: str) -> dict[str, Any]:
        units: dict[str, dict[str, Any]] = json.loads((self.folder / "units.json").read_text())
        return units[name]

    def called(self) -> list[str]:
        """Every command behind sudo, but for the questions."""
        lines = (self.folder / "argv").read_text().splitlines()
        asked = ("test", "systemctl show", "systemctl is-active", "pgrep")
        return [line for text in lines if not (line := text.removeprefix("-n ")).startswith(asked)]

    def files(self) -> list[str]:
        root = self.folder / "root"
        return sorted(f"/{path.relative_to(root)}" for path in root.rglob("*") if path.is_file())


@pytest.fixture
def node(nodes: Farm, bin_folder: Path) -> PretendNode:
    """A private agent node on which docker and the agent run. All that is called needs `sudo -n`."""
    sudo = bin_folder / "sudo"
    sudo.write_text(f"#!{sys.executable} -IS\n{SUDO.read_text()}")
    sudo.chmod(0o755)
    folder = bin_folder / nodes.addresses[0]
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "root").mkdir(parents=True)
    (folder / "shims").write_text("0")
    made = PretendNode(folder, nodes.instance(0))
    made.set(docker__service=RUNNING, docker__socket=LISTENING, dcos_mesos_slave__service=RUNNING)
    return made


@pytest.fixture
def units(connect: Connect) -> NodeUnits:
    return NodeUnits(connect(), deadline=30.0)


def test_a_look_sees_what_runs(node: PretendNode, units: NodeUnits) -> None:
    (node.folder / "shims").write_text("3")
    seen = units.look(node.instance)
    assert seen == Units(docker=True, shims=3, unit=AGENT, agent=True, process=True, held=False)


def test_the_role_marker_says_which_unit_it_is(node: PretendNode, units: NodeUnits) -> None:
    node.set(dcos_mesos_slave__service=RUNNING, dcos_mesos_slave_public__service={**RUNNING, "MainPID": "0"})
    node.has("/etc/mesosphere/roles/slave_public")
    seen = units.look(node.instance)
    assert (seen.unit, seen.process, seen.docker) == (PUBLIC, False, False)


@pytest.mark.parametrize(
    ("state", "sub", "agent"),
    [
        ("active", "running", True),
        ("activating", "auto-restart", True),
        ("activating", "start-pre", True),
        ("deactivating", "stop-sigterm", True),
        ("inactive", "dead", False),
        ("failed", "failed", False),
    ],
)
def test_an_agent_that_systemd_will_start_again_is_not_stopped(
    node: PretendNode, units: NodeUnits, state: str, sub: str, agent: bool
) -> None:
    node.set(dcos_mesos_slave__service={**RUNNING, "ActiveState": state, "SubState": sub})
    assert units.look(node.instance).agent is agent


@pytest.mark.trap("a stop alone leaves the agent listed, and its socket starts it again")
def test_a_socket_that_would_start_the_agent_counts_as_agent(node: PretendNode, units: NodeUnits) -> None:
    idle = {**RUNNING, "ActiveState": "inactive", "MainPID": "0"}
    node.set(dcos_mesos_slave__service=idle, dcos_mesos_slave__socket=LISTENING)
    seen = units.look(node.instance)
    assert (seen.agent, seen.process) == (True, False)


def test_a_node_without_the_agents_unit_is_no_agent(node: PretendNode, units: NodeUnits) -> None:
    node.set(docker__service=RUNNING)
    with pytest.raises(
        NodeFailed, match=r"127\.0\.41\.1 \(i-0\): dcos-mesos-slave\.service is not-found here: no DC/OS"
    ):
        units.look(node.instance)


@pytest.mark.trap("a stop alone leaves the agent listed, and its socket starts it again")
@pytest.mark.parametrize(("lasting", "base"), [(False, "/run"), (True, "/etc")])
def test_a_held_agent_leaves_by_signal_and_stays_away(
    node: PretendNode, units: NodeUnits, lasting: bool, base: str
) -> None:
    node.set(dcos_mesos_slave__service=RUNNING, dcos_mesos_slave__socket=LISTENING)
    units.hold_agent(node.instance, lasting=lasting)
    seen = units.look(node.instance)
    assert (seen.held, seen.lasting, seen.process, seen.agent) == (True, lasting, True, True)
    assert node.unit(f"{AGENT}.socket")["ActiveState"] == "inactive"

    units.signal_agent(node.instance)
    units.stop_agent(node.instance)
    units.hold_agent(node.instance, lasting=lasting)
    seen = units.look(node.instance)
    assert (seen.held, seen.lasting, seen.process, seen.agent) == (True, lasting, False, False)
    assert all(path.startswith(base) for path in node.files())

    subprocess.run(
        [node.folder.parent / "sudo", "-n", "systemctl", "start", f"{AGENT}.service"], env=env(node), check=True
    )
    assert not units.look(node.instance).process


def env(node: PretendNode) -> dict[str, str]:
    return {**os.environ, "NODE": node.instance.private_ip}


def test_an_agent_that_is_not_held_comes_back(node: PretendNode, units: NodeUnits) -> None:
    units.signal_agent(node.instance)
    assert node.unit(f"{AGENT}.service")["SubState"] == "auto-restart"
    assert units.look(node.instance).agent


@pytest.mark.parametrize("lasting", [False, True])
def test_a_hold_comes_behind_what_an_operator_has_set(node: PretendNode, units: NodeUnits, lasting: bool) -> None:
    node.has(f"/etc/systemd/system/{AGENT}.service.d/override.conf", "[Service]\nRestart=always\n")
    units.hold_agent(node.instance, lasting=lasting)
    units.signal_agent(node.instance)
    assert node.unit(f"{AGENT}.service")["SubState"] == "dead"
    units.release_agent(node.instance)
    assert node.files() == [f"/etc/systemd/system/{AGENT}.service.d/override.conf"]


def test_a_drop_in_that_systemd_has_not_loaded_is_no_hold(node: PretendNode, units: NodeUnits) -> None:
    node.has(f"/run/systemd/system/{AGENT}.service.d/zz-dcosmaint-until-reboot.conf", "[Service]\nRestart=no\n")
    node.has("/run/dcosmaint.hold")
    assert not units.look(node.instance).held


def test_a_loaded_drop_in_without_its_marker_is_no_hold(node: PretendNode, units: NodeUnits) -> None:
    units.hold_agent(node.instance, lasting=False)
    (node.folder / "root/run/dcosmaint.hold").unlink()
    assert not units.look(node.instance).held


def test_a_hold_can_be_made_lasting(node: PretendNode, units: NodeUnits) -> None:
    units.hold_agent(node.instance, lasting=False)
    assert not units.look(node.instance).lasting
    units.hold_agent(node.instance, lasting=True)
    assert units.look(node.instance).lasting


def test_release_takes_every_hold_back_and_starts_the_agent(node: PretendNode, units: NodeUnits) -> None:
    node.set(dcos_mesos_slave__service=RUNNING, dcos_mesos_slave__socket=LISTENING)
    for lasting in (True, False):
        units.hold_agent(node.instance, lasting=lasting)
    units.stop_agent(node.instance)
    for _ in range(2):
        units.release_agent(node.instance)
        seen = units.look(node.instance)
        assert (seen.held, seen.process) == (False, True)
    assert node.files() == []
    assert node.unit(f"{AGENT}.socket")["ActiveState"] == "active"


@pytest.mark.trap("SIGUSR1 does not stop docker")
def test_docker_is_signalled_then_stopped_socket_first(node: PretendNode, units: NodeUnits) -> None:
    units.stop_docker(node.instance)
    assert node.called() == [
        "systemctl kill -s SIGUSR1 docker.service",
        "systemctl stop --no-block docker.socket",
        "systemctl stop --no-block docker.service",
    ]
    assert not units.look(node.instance).docker


def test_docker_that_is_stopped_is_not_signalled_again(node: PretendNode, units: NodeUnits) -> None:
    node.set(docker__service={**RUNNING, "ActiveState": "inactive", "MainPID": "0"})
    units.stop_docker(node.instance)
    assert not [line for line in node.called() if "kill" in line]
    units.start_docker(node.instance)
    assert node.unit("docker.service")["ActiveState"] == "active"


def test_only_the_main_process_of_the_agent_is_signalled(node: PretendNode, units: NodeUnits) -> None:
    units.signal_agent(node.instance)
    assert node.called() == ["pkill -USR1 -o -x -P 1,4242 mesos-agent"]


def test_a_signal_to_an_agent_that_has_ended_is_retryable(node: PretendNode, units: NodeUnits) -> None:
    node.set(dcos_mesos_slave__service={**RUNNING, "MainPID": "0"})
    with pytest.raises(Retryable, match="could not signal the agent: it ended with 1"):
        units.signal_agent(node.instance)


@pytest.mark.parametrize(
    "words",
    [
        "sudo: a password is required",
        "sudo: sorry, you must have a tty to run sudo",
        "core is not in the sudoers file.",
        "Sorry, user core is not allowed to execute '/usr/bin/test' as root on node.",
    ],
)
def test_a_sudo_that_refuses_fails_the_node_and_is_never_taken_for_an_answer(
    node: PretendNode, units: NodeUnits, words: str
) -> None:
    (node.folder / "refuse").write_text(words)
    for act in (units.look, units.stop_docker, units.signal_agent, units.release_agent):
        with pytest.raises(NodeFailed, match=r"sudo refuses to .*NOPASSWD: ALL"):
            act(node.instance)


def test_a_process_table_that_cant_be_read_proves_nothing(node: PretendNode, units: NodeUnits) -> None:
    (node.folder / "shims").unlink()
    with pytest.raises(Retryable, match=r"proves nothing.*pgrep: command not found"):
        units.look(node.instance)


@pytest.mark.parametrize("lasting", [False, True])
def test_systemd_takes_our_drop_ins(node: PretendNode, units: NodeUnits, tmp_path: Path, lasting: bool) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not on PATH")
    units.hold_agent(node.instance, lasting=lasting)
    (tmp_path / f"{AGENT}.service").write_text("[Service]\nExecStart=/bin/true\nRestart=always\n")
    (tmp_path / f"{AGENT}.socket").write_text("[Socket]\nListenStream=/run/executors.sock\n")
    for kind in ("service", "socket"):
        written = node.folder / f"root/{'etc' if lasting else 'run'}/systemd/system/{AGENT}.{kind}.d"
        shutil.copytree(written, tmp_path / f"{AGENT}.{kind}.d")
        command = [analyze, "verify", "--man=no", str(tmp_path / f"{AGENT}.{kind}")]
        said = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
        )
        assert "dcosmaint" not in said.stderr
        assert said.returncode == 0, said.stderr

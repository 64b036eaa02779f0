"""Nodes over SSH: asked by the tool's own client, and by a bare one where the wire itself matters."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import paramiko
import pytest

from dcosmaint.adapters.host_keys import HostKeys as KnownKeys
from dcosmaint.adapters.ssh import Ssh
from dcosmaint.adapters.ssh_route import SshSettings
from dcosmaint.adapters.units import NodeUnits
from dcosmaint.errors import NodeFailed, Retryable
from dcosmaint.model import Instance, WorkDir
from dcosmaint.sandbox.served.door import Door
from dcosmaint.sandbox.served.files import Folder
from dcosmaint.sandbox.served.host_keys import HostKeys
from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.served.ssh_nodes import SshNodes
from dcosmaint.sandbox.world import AppShape, NodeShape, Shape, World
from dcosmaint.sandbox.world.state import Machine
from tests.builders import an_instance

PORT = 2222


@dataclass
class Bench:
    world: World
    pace: Pace
    keys: HostKeys
    key: Path
    units: NodeUnits

    @property
    def machine(self) -> Machine:
        return self.world.node("aws_instance.node[0]")

    @property
    def instance(self) -> Instance:
        return an_instance(id=self.machine.id, private_ip=self.machine.private_ip)

    def connect(self, user: str = "centos", key: paramiko.PKey | None = None) -> paramiko.SSHClient:
        client = paramiko.SSHClient()
        known = self.keys.of(self.machine.id)
        client.get_host_keys().add(f"[{self.machine.private_ip}]:{PORT}", known.get_name(), known)
        key = key or paramiko.Ed25519Key.from_private_key_file(str(self.key))
        try:
            client.connect(
                self.machine.private_ip, PORT, user, pkey=key,
                look_for_keys=False, allow_agent=False, timeout=20, banner_timeout=20, auth_timeout=20,
            )  # fmt: skip
        except BaseException:
            client.close()
            raise
        return client

    def sh(self, script: str, stdin: str = "") -> tuple[int, str, str]:
        with self.connect() as client:
            into, out, error = client.exec_command(script, timeout=20)
            into.write(stdin)
            into.channel.shutdown_write()
            said = out.read().decode(), error.read().decode()
            return out.channel.recv_exit_status(), *said

    def await_(self, look: Callable[[], bool], within: float = 20.0) -> None:
        end = time.monotonic() + within
        while not look():
            assert time.monotonic() < end
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            return self.sh("sudo true")[0] == 0
        except (OSError, EOFError, paramiko.SSHException):
            return False


@pytest.fixture
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """One private node with a docker app on it; the World runs 30 times as fast as we do."""
    profile, network = getattr(request, "param", "2.1"), 72
    folder = Folder(tmp_path / "sandbox")
    folder.root.mkdir()
    folder.prepare()
    public_key = folder.write_key_pair()
    world = World(Shape(profile=profile, services=(), apps=()))
    node = NodeShape("us-east-1a", address="aws_instance.node[0]", private_ip=f"127.{network}.20.4", ami="ami-1")
    agent = world.add_node(node)
    world.add_app(AppShape("/web", 1, docker=True), [agent.id])
    pace, keys = Pace(world, 30.0).start(), HostKeys()
    door = Door(pace, folder.bin)
    nodes = SshNodes(pace, keys, door, PORT)
    door.start()
    nodes.start(public_key, folder.run)
    machine_id = world.node("aws_instance.node[0]").id
    known = tmp_path / "known_hosts"
    known.write_text(f"{keys.known_host(machine_id, node.private_ip, PORT)}\n")
    settings = SshSettings(user="centos", key=folder.key, port=PORT)
    ssh = Ssh(settings, KnownKeys(own=tmp_path / "own", users=(known,)))
    yield Bench(world, pace, keys, folder.key, NodeUnits(ssh))
    nodes.stop()
    door.stop()
    pace.close()


def test_a_node_shows_its_units_to_the_tool(bench: Bench) -> None:
    seen = bench.units.look(bench.instance)
    assert seen.unit == "dcos-mesos-slave"
    assert (seen.docker, seen.agent, seen.process, seen.held) == (True, True, True, False)
    assert seen.shims == 1


def test_an_executor_has_an_agent_started_again_that_was_stopped_without_its_socket(bench: Bench) -> None:
    bench.sh("sudo systemctl stop dcos-mesos-slave")
    bench.await_(lambda: bench.units.look(bench.instance).process)
    bench.sh("sudo systemctl stop dcos-mesos-slave.socket dcos-mesos-slave.service")
    bench.pace.skip(60.0)
    assert not bench.units.look(bench.instance).agent


@pytest.mark.parametrize("bench", ["1.11"], indirect=True)
def test_before_2_1_there_is_no_socket_unit(bench: Bench) -> None:
    code, _, error = bench.sh("sudo -n systemctl stop dcos-mesos-slave.socket")
    assert (code, "not loaded" in error) == (5, True)
    assert bench.units.look(bench.instance).agent


def test_docker_stops_and_starts_again_and_a_signal_alone_does_nothing_to_it(bench: Bench) -> None:
    assert bench.sh("sudo systemctl kill -s SIGUSR1 docker")[0] == 0
    assert bench.world.node("aws_instance.node[0]").docker
    bench.units.stop_docker(bench.instance)
    bench.await_(lambda: bench.units.look(bench.instance).shims == 0)
    assert not bench.units.look(bench.instance).docker
    bench.units.start_docker(bench.instance)
    assert bench.units.look(bench.instance).docker


def test_a_signal_without_a_hold_brings_the_agent_back(bench: Bench) -> None:
    before = bench.machine.life
    bench.units.signal_agent(bench.instance)
    bench.await_(lambda: bench.machine.life > before + 1)
    assert bench.units.look(bench.instance).agent


def test_a_held_agent_stays_down_and_comes_back_when_it_is_released(bench: Bench) -> None:
    bench.units.hold_agent(bench.instance, lasting=False)
    assert bench.units.look(bench.instance).held
    bench.units.signal_agent(bench.instance)
    bench.await_(lambda: not bench.units.look(bench.instance).process)
    bench.units.stop_agent(bench.instance)
    assert not bench.units.look(bench.instance).agent
    assert bench.sh("sudo systemctl start dcos-mesos-slave")[0] == 0  # a failed condition is no error
    assert not bench.units.look(bench.instance).process
    bench.units.release_agent(bench.instance)
    seen = bench.units.look(bench.instance)
    assert (seen.held, seen.process) == (False, True)


@pytest.mark.parametrize("lasting", [True, False])
def test_only_a_lasting_hold_survives_a_reboot(bench: Bench, lasting: bool) -> None:
    bench.units.hold_agent(bench.instance, lasting=lasting)
    bench.units.stop_agent(bench.instance)
    bench.sh("sudo -n reboot")
    bench.await_(lambda: not bench.answers())
    bench.await_(bench.answers)
    seen = bench.units.look(bench.instance)
    assert (seen.held, seen.lasting, seen.agent, seen.docker) == (lasting, lasting, not lasting, True)


@pytest.mark.parametrize("apart", [True, False])
def test_a_work_dir_is_told_by_its_device_and_emptied_under_no_agent(bench: Bench, apart: bool) -> None:
    bench.machine.apart = apart
    assert bench.units.work_dir(bench.instance) == WorkDir(apart=apart, empty=False)
    with pytest.raises(Retryable, match="is active"):
        bench.units.empty_work_dir(bench.instance)
    bench.units.hold_agent(bench.instance, lasting=False)
    bench.units.signal_agent(bench.instance)
    bench.await_(lambda: not bench.machine.process)
    bench.units.empty_work_dir(bench.instance)
    assert bench.units.work_dir(bench.instance) == WorkDir(apart=apart, empty=True)


def test_scripts_are_run_by_a_real_shell_with_its_exit_codes_and_streams(bench: Bench) -> None:
    assert bench.sh("echo out; echo err >&2; exit 7") == (7, "out\n", "err\n")
    assert bench.sh("read line; echo got $line", stdin="this\n") == (0, "got this\n", "")
    assert bench.sh("kill -9 $$")[0] == 137


def test_a_shell_on_a_node_has_sudo_and_no_other_program(bench: Bench) -> None:
    assert bench.sh("ls /")[0] == 127
    code, _, error = bench.sh("sudo ls /")
    assert (code, error) == (1, "sudo: ls: command not found\n")


def test_files_are_the_node_s_own(bench: Bench, tmp_path: Path) -> None:
    assert bench.sh(f"echo hello | sudo tee {tmp_path}/x")[0] == 1  # no such folder there
    assert bench.sh(f"sudo mkdir -p {tmp_path} && echo hello | sudo tee {tmp_path}/x")[:2] == (0, "hello\n")
    assert bench.sh(f"sudo cat {tmp_path}/x")[:2] == (0, "hello\n")
    assert not (tmp_path / "x").exists()


def test_nobody_else_gets_in(bench: Bench) -> None:
    stranger = paramiko.ECDSAKey.generate()
    with pytest.raises(paramiko.AuthenticationException):
        bench.connect(key=stranger)


def test_a_lost_connection_is_no_answer(bench: Bench) -> None:
    bench.world.faults.api["ssh"] = 1
    with pytest.raises(Retryable):
        bench.units.look(bench.instance)
    assert bench.units.look(bench.instance).process


@pytest.mark.parametrize("name", ["ssh-refused", "ssh-dropped", "act-lost", "reset"])
def test_a_named_fault_of_ssh_befalls_one_call(bench: Bench, name: str) -> None:
    bench.world.faults.wire["units"] = [name]
    with pytest.raises(Retryable):
        bench.units.look(bench.instance)
    assert bench.units.look(bench.instance).process
    assert bench.world.faults.calls == {name: 1}


def test_a_command_that_hangs_is_given_up_by_the_one_who_sent_it(bench: Bench) -> None:
    bench.world.faults.hangs.add(bench.machine.id)
    with bench.connect() as client:
        out = client.exec_command("sudo true", timeout=0.3)[1]
        with pytest.raises(TimeoutError):
            out.read()
    bench.world.faults.hangs.clear()
    assert bench.answers()


def test_a_changed_host_key_is_refused_and_its_console_does_not_vouch_for_it(bench: Bench) -> None:
    bench.world.faults.host_keys.add(bench.machine.id)
    with pytest.raises(NodeFailed, match="host key"):
        bench.units.look(bench.instance)
    assert bench.keys.other(bench.machine.id).get_base64() not in bench.keys.console(bench.machine.id)
    bench.world.faults.host_keys.clear()
    assert bench.units.look(bench.instance).process


def test_a_terminated_node_is_gone_and_its_successor_at_that_address_has_another_key(bench: Bench) -> None:
    old = bench.machine
    with bench.pace as world:
        world.cloud.terminate(old.id)
    bench.await_(lambda: not bench.answers())
    with bench.pace as world:
        shape = NodeShape("us-east-1a", address=old.address, private_ip=old.private_ip, ami="ami-2")
        new = world.cloud.launch(shape)
        world.terraform.state[old.address] = new.id
    bench.await_(bench.answers)
    assert bench.keys.of(new.id) != bench.keys.of(old.id)
    assert bench.keys.of(new.id).get_base64() in bench.keys.console(new.id)


def test_a_node_that_dies_takes_its_connections_with_it(bench: Bench) -> None:
    with bench.connect() as client:
        into, out, _ = client.exec_command("read never_comes", timeout=20)
        with bench.pace as world:
            world.cloud.terminate(bench.machine.id)
        assert out.channel.recv_exit_status() == -1
        assert into.channel.closed

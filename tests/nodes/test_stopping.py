"""Docker and the agent are stopped under a real systemd, as each release of DC/OS has its units, and come back."""

from __future__ import annotations

import pytest

from dcosmaint.adapters.unit_scripts import DROP_INS
from dcosmaint.errors import Retryable
from dcosmaint.model import Units
from tests.nodes.conftest import Boot, units_of
from tests.nodes.layout import LAYOUTS, SYSTEM, Layout

pytestmark = pytest.mark.real

PRIVATE = Layout("1.11")
LEFT = ["started", "SIGUSR1", "unregistered", "ended"]


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_the_agent_leaves_by_signal_under_a_hold_and_comes_back(boot: Boot, layout: Layout) -> None:
    node, lasting = boot(layout), layout.public or layout.wrapped
    base = "/etc" if lasting else "/run"
    units, instance, service = units_of(node), node.instance, f"{layout.agent}.service"
    running = Units(docker=True, shims=0, unit=layout.agent, agent=True, process=True, held=False)
    assert units.look(instance) == running

    units.hold_agent(instance, lasting=lasting)
    held = Units(docker=True, shims=0, unit=layout.agent, agent=True, process=True, held=True, lasting=lasting)
    assert units.look(instance) == held
    drop_in = f"{base}/systemd/system/{service}.d/{DROP_INS[base]}"
    assert node.show(service, "ActiveState", "Restart", "DropInPaths") == ("active", "no", drop_in)
    assert node.show(f"{layout.agent}.socket", "ActiveState") == ("inactive",)
    assert node.said("mesos-agent") == ["started"]

    units.signal_agent(instance)
    node.until(lambda: not units.look(instance).agent, "end of its agent")
    stopped = Units(docker=True, shims=0, unit=layout.agent, agent=False, process=False, held=True, lasting=lasting)
    assert units.look(instance) == stopped
    assert node.said("mesos-agent") == LEFT
    assert node.registered() == []
    units.stop_agent(instance)

    units.release_agent(instance)
    node.until(lambda: units.look(instance) == running, "agent again")
    node.until(lambda: node.registered() == ["S0"], "agent under its old id")
    assert node.said("mesos-agent") == [*LEFT, "started"]
    assert node.show(service, "Restart", "DropInPaths") == ("always", "")
    assert node.show(f"{layout.agent}.socket", "ActiveState") == ("active" if layout.socket else "inactive",)
    assert not list((node.root / base[1:] / "systemd").rglob("*dcosmaint*"))


def test_an_agent_whose_work_dir_forgot_it_comes_back_as_another(boot: Boot) -> None:
    node = boot(PRIVATE)
    units = units_of(node)
    units.hold_agent(node.instance, lasting=True)
    units.signal_agent(node.instance)
    node.until(lambda: not units.look(node.instance).agent, "end of its agent")
    node.sh("rm /var/lib/mesos/slave/meta/slaves/latest")
    units.release_agent(node.instance)
    node.until(lambda: node.registered() == ["S1"], "agent under a new id")


@pytest.mark.trap("SIGUSR1 does not stop docker")
def test_docker_dumps_its_stacks_stops_with_its_containers_and_starts_again(boot: Boot) -> None:
    node = boot(PRIVATE)
    units = units_of(node)
    assert node.docker("run").returncode == 0
    assert units.look(node.instance).shims == 1
    units.stop_docker(node.instance)
    node.until(lambda: not units.look(node.instance).docker, "end of docker")
    node.until(lambda: not units.look(node.instance).shims, "end of its container")
    units.stop_docker(node.instance)
    assert node.said("dockerd") == ["started", "asked", "SIGUSR1", "SIGTERM", "ended"]
    assert node.said("mesos-agent") == ["started"]
    units.start_docker(node.instance)
    node.until(lambda: units.look(node.instance).docker, "docker")
    node.until(lambda: node.said("dockerd")[-1] == "started", "docker")
    assert node.show("docker.socket", "ActiveState") == ("active",)


def test_a_stop_of_docker_is_not_waited_for_and_its_containers_are_counted_until_they_end(boot: Boot) -> None:
    node = boot(PRIVATE)
    units = units_of(node)
    node.sh("mkdir -p /etc/docker; echo 5 >/etc/docker/slow")
    node.docker("run")
    units.stop_docker(node.instance)
    seen = units.look(node.instance)
    assert (seen.docker, seen.shims) == (True, 1)
    assert node.show("docker.service", "ActiveState") == ("deactivating",)
    node.until(lambda: not units.look(node.instance).docker, "end of docker")
    assert units.look(node.instance).shims == 0


def test_containers_that_outlive_docker_are_seen(boot: Boot) -> None:
    node = boot(PRIVATE)
    units = units_of(node)
    node.sh("mkdir -p /etc/docker; touch /etc/docker/live-restore")
    node.docker("run")
    units.stop_docker(node.instance)
    node.until(lambda: not units.look(node.instance).docker, "end of docker")
    assert units.look(node.instance).shims == 1


@pytest.mark.trap("a signal to the main process of an agent may hit a shell instead")
def test_a_shell_in_front_of_the_agent_is_not_signalled(boot: Boot) -> None:
    """DC/OS 1.9. The shell would end at once, and systemd would end the agent by SIGTERM: it would stay registered."""
    node = boot(Layout("1.9"))
    units = units_of(node)
    main = node.show("dcos-mesos-slave.service", "MainPID")[0]
    assert node.sh(f"cat /proc/{main}/comm").stdout == "tee_stderr\n"
    units.signal_agent(node.instance)
    node.until(lambda: node.said("mesos-agent") == LEFT, "goodbye of its agent")
    assert node.registered() == []


def test_what_it_may_not_be_signalled_by(boot: Boot) -> None:
    """The same with `systemctl kill`, as guides have it: why the tool does not."""
    node = boot(Layout("1.9"))
    node.sh("systemctl kill -s SIGUSR1 --kill-who=main dcos-mesos-slave")
    node.until(lambda: "ended" in node.said("mesos-agent"), "end of its agent")
    assert node.said("mesos-agent") == ["started", "SIGTERM", "ended"]
    assert node.registered() == ["S0"]


def test_an_agent_that_has_ended_can_not_be_signalled(boot: Boot) -> None:
    node = boot(PRIVATE)
    units = units_of(node)
    units.stop_agent(node.instance)
    node.until(lambda: not units.look(node.instance).agent, "end of its agent")
    with pytest.raises(Retryable, match=r"no process of dcos-mesos-slave\.service is a mesos-agent"):
        units.signal_agent(node.instance)
    assert node.said("mesos-agent") == ["started", "SIGTERM", "ended"]


@pytest.mark.trap("a unit of DC/OS can't be masked")
def test_a_unit_of_dcos_can_not_be_masked(boot: Boot) -> None:
    """Why the hold is a drop-in."""
    node = boot(PRIVATE)
    said = node.sh("systemctl mask dcos-mesos-slave.service")
    assert said.returncode == 1
    assert f"File {SYSTEM}/dcos-mesos-slave.service already exists" in said.stderr
    assert node.sh("systemctl mask --runtime dcos-mesos-slave.service").returncode == 0
    assert node.show("dcos-mesos-slave.service", "LoadState") == ("loaded",)  # what lies in /etc counts

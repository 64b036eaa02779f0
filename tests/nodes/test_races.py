"""What else happens on a node between two acts of the tool: systemd itself, a reboot, people, sockets."""

from __future__ import annotations

import time

import pytest

from dcosmaint.model import Units
from tests.nodes.conftest import Boot, units_of
from tests.nodes.layout import READY, Layout
from tests.nodes.node import SIGHUP, Node

pytestmark = [pytest.mark.real, pytest.mark.slow]

OLD, NEW = Layout("1.11"), Layout("2.1")
LEFT = ["started", "SIGUSR1", "unregistered", "ended"]
RESTART = 5.0
"""RestartSec of the agent's unit, in seconds."""

EXECUTORS = "/run/mesos/mesos-executors.sock"


def look(node: Node) -> Units:
    return units_of(node).look(node.instance)


def drained(node: Node, *, lasting: bool) -> None:
    """Its agent is held, has left and has ended."""
    units = units_of(node)
    units.hold_agent(node.instance, lasting=lasting)
    units.signal_agent(node.instance)
    node.until(lambda: not units.look(node.instance).agent, "end of its agent")


def test_between_a_signal_and_a_stop_systemd_brings_the_agent_back_unless_it_is_held(boot: Boot) -> None:
    free, held = boot(OLD), boot(NEW)
    drained(held, lasting=False)
    units_of(free).signal_agent(free.instance)
    free.until(lambda: free.show(f"{OLD.agent}.service", "SubState") == ("auto-restart",), "wait for a restart")
    assert free.registered() == []
    free.until(lambda: look(free).process, "agent again")
    free.until(lambda: free.registered() == ["S0"], "agent under its old id")
    assert free.said("mesos-agent") == [*LEFT, "started"]
    assert (held.said("mesos-agent"), held.registered()) == (LEFT, [])
    assert held.show(f"{NEW.agent}.service", "ActiveState", "NRestarts") == ("inactive", "0")


def test_a_hold_that_comes_while_systemd_waits_to_start_the_agent_again_still_holds(boot: Boot) -> None:
    node = boot(NEW)
    units_of(node).signal_agent(node.instance)
    node.until(lambda: node.show(f"{NEW.agent}.service", "SubState") == ("auto-restart",), "wait for a restart")
    units_of(node).hold_agent(node.instance, lasting=False)
    assert look(node).held
    node.until(lambda: not look(node).agent, "end of the wait")
    assert node.said("mesos-agent") == LEFT


def test_a_stop_ends_the_wait_for_a_restart(boot: Boot) -> None:
    node = boot(OLD)
    units_of(node).signal_agent(node.instance)
    node.until(lambda: node.show(f"{OLD.agent}.service", "SubState") == ("auto-restart",), "wait for a restart")
    units_of(node).hold_agent(node.instance, lasting=False)
    units_of(node).stop_agent(node.instance)
    node.until(lambda: node.show(f"{OLD.agent}.service", "SubState") == ("dead",), "end of the wait", RESTART / 2)
    assert node.said("mesos-agent") == LEFT


def test_an_agent_that_never_gets_ready_is_held_and_stopped(boot: Boot) -> None:
    node = boot(OLD)
    node.sh(f"rm {READY}; systemctl restart {OLD.agent}")
    seen = look(node)
    assert (seen.agent, seen.process) == (True, False)
    units_of(node).hold_agent(node.instance, lasting=True)
    units_of(node).stop_agent(node.instance)
    node.until(lambda: not look(node).agent, "end of its attempts")
    node.sh(f"touch {READY}; systemctl start {OLD.agent}")
    assert not look(node).process


@pytest.mark.parametrize(("layout", "lasting"), [(OLD, False), (NEW, False), (NEW, True)])
def test_a_reboot_ends_a_hold_unless_it_is_to_last(boot: Boot, layout: Layout, lasting: bool) -> None:
    node = boot(layout)
    drained(node, lasting=lasting)
    node.sh("systemctl reboot")
    assert node.fall() == SIGHUP
    node.boot()
    seen = look(node)
    assert (seen.held, seen.lasting, seen.process, seen.docker) == (lasting, lasting, not lasting, True)
    assert node.registered() == ([] if lasting else ["S0"])
    assert node.show(f"{layout.agent}.socket", "ActiveState") == (
        "active" if layout.socket and not lasting else "inactive",
    )
    units_of(node).release_agent(node.instance)
    node.until(lambda: node.registered() == ["S0"], "agent again")


@pytest.mark.parametrize("lasting", [False, True], ids=["until-reboot", "lasting"])
def test_a_power_cut_between_the_hold_and_the_signal_is_an_end_without_a_goodbye(boot: Boot, lasting: bool) -> None:
    node = boot(NEW)
    units_of(node).hold_agent(node.instance, lasting=lasting)
    node.power_off()
    node.boot()
    assert (look(node).held, look(node).process) == (lasting, not lasting)
    assert node.registered() == ["S0"]  # under a lasting hold nobody is left to be signalled: its master gives it up
    assert "SIGUSR1" not in node.said("mesos-agent")


def test_nobody_starts_a_held_agent_by_hand(boot: Boot) -> None:
    node = boot(NEW)
    drained(node, lasting=True)
    tries = (
        f"systemctl start {NEW.agent}",
        f"systemctl restart {NEW.agent}",
        f"systemctl start {NEW.agent}.socket {NEW.agent}.service",
        f"systemctl reload-or-restart {NEW.agent}",
        "systemctl restart dcos.target",
        f"systemctl daemon-reload; systemctl daemon-reexec; systemctl start {NEW.agent}",
    )
    for attempt in tries:
        assert node.sh(attempt).returncode == 0  # systemd calls an unmet condition no failure
        assert look(node) == Units(True, 0, NEW.agent, agent=False, process=False, held=True, lasting=True), attempt
    assert node.said("mesos-agent") == LEFT


def test_a_restart_by_hand_of_a_held_agent_ends_it_without_a_goodbye(boot: Boot) -> None:
    node = boot(NEW)
    units_of(node).hold_agent(node.instance, lasting=False)
    node.sh(f"systemctl restart {NEW.agent}")
    assert (look(node).held, look(node).agent) == (True, False)
    assert (node.said("mesos-agent"), node.registered()) == (["started", "SIGTERM", "ended"], ["S0"])


@pytest.mark.trap("a stop alone leaves the agent listed, and its socket starts it again")
def test_an_executor_starts_an_agent_that_was_only_stopped_and_none_that_is_held(boot: Boot) -> None:
    node = boot(NEW)
    said = node.sh(f"systemctl stop {NEW.agent}.service")
    assert "can still be activated by" in said.stderr
    assert (look(node).agent, look(node).process) == (True, False)
    node.connect(EXECUTORS)
    node.until(lambda: look(node).process, "agent by its socket")
    assert [entry.words[2:] for entry in node.diary("mesos-agent") if "started" in entry.words][-1] == ("by-socket",)

    drained(node, lasting=False)
    assert node.connect(EXECUTORS).returncode == 1
    time.sleep(0.5)
    assert not look(node).process
    units_of(node).release_agent(node.instance)
    node.until(lambda: look(node).process, "agent again")
    assert node.show(f"{NEW.agent}.socket", "ActiveState") == ("active",)


def test_the_docker_cli_starts_docker_again_after_a_plain_stop_and_not_after_ours(boot: Boot) -> None:
    node = boot(OLD)
    node.sh("systemctl stop docker.service")
    assert node.docker("ps").returncode == 0
    assert node.said("dockerd") == ["started", "SIGTERM", "ended", "started", "asked"]

    units_of(node).stop_docker(node.instance)
    node.until(lambda: not look(node).docker, "end of docker")
    assert node.docker("ps").returncode == 1
    assert not look(node).docker
    assert node.said("dockerd")[-1] == "ended"

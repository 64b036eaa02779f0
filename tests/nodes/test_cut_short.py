"""An act that ends between any two of its commands, as by a lost connection or a kill -9, and is then done again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from dcosmaint.adapters.shell import Answer, Shell
from dcosmaint.adapters.unit_scripts import BEGIN, STOP_AGENT, hold, release
from dcosmaint.adapters.units import NodeUnits
from dcosmaint.errors import Retryable
from dcosmaint.model import Instance
from tests.nodes.conftest import Boot, units_of
from tests.nodes.layout import Layout
from tests.nodes.node import Node

pytestmark = [pytest.mark.real, pytest.mark.slow]

NEW = Layout("2.1")
PROBES = 2
"""Commands that every act begins with, and that change nothing."""

MOST = 14
"""More commands than any act has."""

SUDO = """\
#!/bin/sh
left=$(($(cat /run/left) - 1))
echo $left >/run/left
if [ $left -lt 0 ]; then kill -9 $PPID; fi
exec /usr/bin/sudo "$@"
"""

Act = Callable[[NodeUnits, Instance], None]


@dataclass(frozen=True)
class CutShort:
    """A shell that is killed at the first `sudo` after so many."""

    shell: Shell
    commands: int

    def run(self, instance: Instance, script: str, deadline: float) -> Answer:
        count = f"echo {self.commands} | sudo tee /run/left >/dev/null; sudo chmod 666 /run/left\n"
        return self.shell.run(instance, f"{count}PATH=/opt/cut:$PATH\n{script}", deadline)


def cut_short(node: Node, act: Act, commands: int) -> bool:
    """Whether the act was still on its way after so many commands."""
    units = units_of(node)
    try:
        act(NodeUnits(CutShort(units.shell, commands)), node.instance)
    except Retryable:
        return True
    return False


def prepared(boot: Boot) -> Node:
    node = boot(NEW)
    node.sh(f"mkdir /opt/cut; cat >/opt/cut/sudo <<'END'\n{SUDO}END\nchmod 755 /opt/cut/sudo")
    return node


def hold_for_good(units: NodeUnits, instance: Instance) -> None:
    units.hold_agent(instance, lasting=True)


def stop_docker(units: NodeUnits, instance: Instance) -> None:
    units.stop_docker(instance)


def at_once(node: Node, script: str) -> None:
    """What the tool would do, without the way there."""
    assert node.sh(BEGIN + script).returncode == 0


def test_a_hold_that_was_cut_short_is_none_or_holds_and_is_made_whole(boot: Boot) -> None:
    node = prepared(boot)
    units, service = units_of(node), f"{NEW.agent}.service"
    for commands in range(PROBES, MOST):
        at_once(node, release())
        unfinished = cut_short(node, hold_for_good, commands)
        seen = units.look(node.instance)
        assert seen.process
        assert seen.held == (node.show(service, "Restart") == ("no",)), commands
        hold_for_good(units, node.instance)
        seen = units.look(node.instance)
        assert (seen.held, seen.lasting, seen.process) == (True, True, True)
        assert node.show(f"{NEW.agent}.socket", "ActiveState") == ("inactive",)
        if not unfinished:
            break
    assert 7 < commands < MOST - 1
    assert node.said("mesos-agent") == ["started"]


def test_a_release_that_was_cut_short_is_done_again(boot: Boot) -> None:
    node = prepared(boot)
    units, service = units_of(node), f"{NEW.agent}.service"
    for commands in range(PROBES, MOST):
        at_once(node, hold("/etc") + STOP_AGENT)
        node.until(lambda: node.show(service, "ActiveState") == ("inactive",), "end of its agent")
        unfinished = cut_short(node, NodeUnits.release_agent, commands)
        units.release_agent(node.instance)
        node.until(lambda: units.look(node.instance).process, "agent again")
        assert node.show(service, "Restart", "DropInPaths") == ("always", "")
        assert node.show(f"{NEW.agent}.socket", "ActiveState") == ("active",), commands
        if not unfinished:
            break
    assert 5 < commands < MOST - 1


@pytest.mark.parametrize(
    ("act", "end"),
    [
        (NodeUnits.signal_agent, "mesos-agent started SIGUSR1 unregistered ended"),
        (NodeUnits.stop_agent, "mesos-agent started SIGTERM ended"),
        (stop_docker, "dockerd started SIGUSR1 SIGUSR1 SIGTERM ended"),
    ],
)
def test_an_end_that_was_cut_short_is_asked_for_again(boot: Boot, act: Act, end: str) -> None:
    """Under a hold, as it is asked for. Docker may dump its stacks twice; nothing else happens twice."""
    node, (who, *words) = prepared(boot), end.split()
    units_of(node).hold_agent(node.instance, lasting=False)
    for commands in range(PROBES, MOST):
        cut_short(node, act, commands)
        if node.said(who)[1:]:
            break
    assert PROBES < commands < MOST - 1
    if who == "dockerd":
        stop_docker(units_of(node), node.instance)
    node.until(lambda: node.said(who) == words, f"end of {who}")

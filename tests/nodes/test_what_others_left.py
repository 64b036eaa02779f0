"""Nodes as their owners have them: settings of their own, shells that talk, disks that are full."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from dcosmaint.adapters.shell import Answer
from dcosmaint.adapters.ssm import AS_ROOT
from dcosmaint.adapters.units import NodeUnits
from dcosmaint.errors import NodeFailed, Retryable
from dcosmaint.model import Instance, Units
from tests.nodes.conftest import Boot, units_of
from tests.nodes.layout import SYSTEM, Layout
from tests.nodes.node import Node

pytestmark = [pytest.mark.real, pytest.mark.slow]

NEW = Layout("2.1")
OVERRIDE = "[Unit]\\nConditionPathExists=\\n[Service]\\nRestart=always\\nRestartSec=1\\n"


@dataclass(frozen=True)
class AsRoot:
    """A shell as Run Command gives it."""

    node: Node

    def run(self, instance: Instance, script: str, deadline: float) -> Answer:
        said = self.node.sh(AS_ROOT + script)
        return Answer(said.returncode, said.stdout, said.stderr)


def edited(node: Node, kind: str) -> str:
    """What `systemctl edit` leaves, where somebody wants the unit to start whatever holds it."""
    folder = f"{SYSTEM}/{NEW.agent}.{kind}.d"
    return f"mkdir -p {folder}; printf '{OVERRIDE}' >{folder}/override.conf; systemctl daemon-reload"


@pytest.mark.trap("settings of others may undo a hold")
@pytest.mark.parametrize("lasting", [False, True], ids=["until-reboot", "lasting"])
def test_a_hold_comes_behind_what_an_operator_has_set(boot: Boot, lasting: bool) -> None:
    node = boot(NEW)
    units, instance, service = units_of(node), node.instance, f"{NEW.agent}.service"
    node.sh(edited(node, "service"))
    units.hold_agent(instance, lasting=lasting)
    assert node.show(service, "Restart") == ("no",)
    units.signal_agent(instance)
    node.until(lambda: not units.look(instance).agent, "end of its agent")
    node.sh(f"systemctl start {service}")
    seen = units.look(instance)
    assert (seen.agent, seen.held, seen.lasting) == (False, True, lasting)
    assert node.said("mesos-agent") == ["started", "SIGUSR1", "unregistered", "ended"]
    units.release_agent(instance)
    node.until(lambda: units.look(instance).process, "agent again")
    assert node.sh(f"ls {SYSTEM}/{service}.d").stdout == "override.conf\n"


def test_a_hold_of_an_earlier_version_is_none_and_is_taken_away(boot: Boot) -> None:
    node = boot(NEW)
    folder = f"{SYSTEM}/{NEW.agent}.service.d"
    node.sh(f"mkdir -p {folder}; printf '[Service]\\nRestart=no\\n' >{folder}/50-dcosmaint.conf")
    node.sh("touch /etc/dcosmaint.hold; systemctl daemon-reload")
    assert not units_of(node).look(node.instance).held
    units_of(node).release_agent(node.instance)
    assert node.show(f"{NEW.agent}.service", "Restart", "DropInPaths") == ("always", "")


def test_a_full_disk_takes_no_lasting_hold_and_is_in_the_way_of_no_other(boot: Boot) -> None:
    node = boot(NEW)
    units, instance = units_of(node), node.instance
    node.sh("cat /dev/zero >/full; for n in 1 2 3 4 5 6 7 8; do echo >>/full; done")
    with pytest.raises(Retryable, match=r"could not hold the agent: .*No space left on device"):
        units.hold_agent(instance, lasting=True)
    assert not units.look(instance).held
    units.hold_agent(instance, lasting=False)
    seen = units.look(instance)
    assert (seen.held, seen.lasting) == (True, False)
    assert node.show(f"{NEW.agent}.service", "Restart") == ("no",)
    node.sh("rm /full")
    units.hold_agent(instance, lasting=True)
    assert units.look(instance).lasting


@pytest.mark.trap("a login shell may talk before a script does")
def test_what_a_login_shell_says_is_no_answer(boot: Boot) -> None:
    node = boot(NEW)
    quiet = units_of(node).look(node.instance), units_of(node).work_dir(node.instance)
    (node.root / ".bashrc").write_text("echo 'Welcome to node=1'; echo; echo Unit=none; echo; echo 'be careful' >&2\n")
    assert (units_of(node).look(node.instance), units_of(node).work_dir(node.instance)) == quiet


def test_a_sudo_that_wants_a_password_fails_the_node(boot: Boot) -> None:
    node = boot(NEW)
    node.sh("sed -i 's/NOPASSWD: //' /etc/sudoers")
    with pytest.raises(NodeFailed, match="sudo refuses to look at the units"):
        units_of(node).look(node.instance)


def test_by_systems_manager_it_takes_no_sudo(boot: Boot) -> None:
    """Its scripts run as root, and an AMI need not have one."""
    node = boot(NEW)
    node.sh("rm /usr/bin/sudo")
    units, instance = NodeUnits(AsRoot(node)), node.instance
    units.hold_agent(instance, lasting=True)
    units.signal_agent(instance)
    node.until(lambda: not units.look(instance).agent, "end of its agent")
    units.stop_docker(instance)
    node.until(lambda: not units.look(instance).docker, "end of docker")
    units.stop_agent(instance)
    units.empty_work_dir(instance)
    units.start_docker(instance)
    units.release_agent(instance)
    node.until(lambda: units.look(instance) == Units(True, 0, NEW.agent, agent=True, process=True, held=False), "node")
    node.until(lambda: node.registered() == ["S1"], "agent under a new id")

"""The agent's work dir, through a real shell in a real SSH session; what is behind `sudo` is pretended."""

from __future__ import annotations

import pytest

from dcosmaint.adapters.units import NodeUnits
from dcosmaint.errors import NodeFailed, Retryable
from dcosmaint.model import WorkDir
from tests.adapters.ssh.test_units import AGENT, RUNNING, PretendNode, node, units

pytestmark = pytest.mark.real
__all__ = ["node", "units"]

LATEST = "/var/lib/mesos/slave/meta/slaves/latest"
SANDBOX = "/var/lib/mesos/slave/slaves/S1/frameworks/F1/stdout"
ONE, TWO = "64512\n64512\n", "64512\n66305\n"


@pytest.mark.parametrize(("devices", "apart"), [(ONE, False), (TWO, True)])
@pytest.mark.parametrize("full", [True, False])
def test_a_look_tells_whether_it_is_on_a_device_of_its_own_and_whether_anything_is_left(
    node: PretendNode, units: NodeUnits, devices: str, apart: bool, full: bool
) -> None:
    node.has(LATEST)
    if not full:
        node.set(dcos_mesos_slave__service={**RUNNING, "ActiveState": "inactive", "MainPID": "0"})
        units.empty_work_dir(node.instance)
    (node.folder / "devices").write_text(devices)
    assert units.work_dir(node.instance) == WorkDir(apart=apart, empty=not full)


@pytest.mark.parametrize("devices", ["64512\n", "64512\n?\n", ""])
def test_r2_a_device_that_is_not_told_proves_nothing(node: PretendNode, units: NodeUnits, devices: str) -> None:
    node.has(LATEST)
    (node.folder / "devices").write_text(devices)
    with pytest.raises(Retryable, match="nobody knows what /var/lib/mesos/slave lies on"):
        units.work_dir(node.instance)


def test_r2_a_work_dir_that_is_not_there_is_no_empty_one(node: PretendNode, units: NodeUnits) -> None:
    (node.folder / "devices").write_text(TWO)
    with pytest.raises(Retryable, match="could not look at the agent's work dir"):
        units.work_dir(node.instance)


def test_all_of_it_is_removed_what_an_agent_is_known_by_first(node: PretendNode, units: NodeUnits) -> None:
    node.set(dcos_mesos_slave__service={**RUNNING, "ActiveState": "inactive", "MainPID": "0"})
    for path in (LATEST, SANDBOX, "/var/lib/mesos/other"):
        node.has(path)
    units.empty_work_dir(node.instance)
    assert node.files() == ["/var/lib/mesos/other"]
    assert node.called() == [
        "rm -rf --one-file-system /var/lib/mesos/slave/meta",
        "find /var/lib/mesos/slave/ -xdev -mindepth 1 -delete",
    ]


def test_r2_a_work_dir_that_is_a_link_to_a_volume_is_looked_at_and_emptied_there(
    node: PretendNode, units: NodeUnits
) -> None:
    node.set(dcos_mesos_slave__service={**RUNNING, "ActiveState": "inactive", "MainPID": "0"})
    (node.folder / "devices").write_text(TWO)
    node.has("/data/slave/meta/slaves/latest")
    link = node.folder / "root/var/lib/mesos/slave"
    link.parent.mkdir(parents=True)
    link.symlink_to(node.folder / "root/data/slave")
    assert units.work_dir(node.instance) == WorkDir(apart=True, empty=False)
    units.empty_work_dir(node.instance)
    assert units.work_dir(node.instance) == WorkDir(apart=True, empty=True)
    assert node.files() == []
    assert link.is_symlink()


def test_r3_under_an_agent_that_runs_nothing_is_removed(node: PretendNode, units: NodeUnits) -> None:
    node.has(LATEST)
    with pytest.raises(Retryable, match=f"{AGENT}.service is active"):
        units.empty_work_dir(node.instance)
    assert node.files() == [LATEST]
    assert node.called() == []


def test_a_sudo_that_refuses_is_never_taken_for_an_answer(node: PretendNode, units: NodeUnits) -> None:
    (node.folder / "refuse").write_text("sudo: a password is required")
    for act in (units.work_dir, units.empty_work_dir):
        with pytest.raises(NodeFailed, match=r"sudo refuses to .*NOPASSWD: ALL"):
            act(node.instance)

"""A whole drain and its way back by the real command, where the node is a real systemd and its cluster is pretended."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dcosmaint.adapters.unit_scripts import BEGIN, SIGNAL_AGENT, START_DOCKER, STOP_AGENT, STOP_DOCKER, hold, release
from dcosmaint.sandbox.monitor import Yardstick, judge
from dcosmaint.sandbox.served.daemon import SSH_PORT
from dcosmaint.sandbox.world.profiles import PROFILES
from tests.nodes.conftest import units_of
from tests.nodes.layout import Layout
from tests.nodes.node import Node, node
from tests.served.desk import Desk, sit_down

pytestmark = [pytest.mark.real, pytest.mark.slow]

FAST = 100.0
TWIN = """\
exec ssh -F none -q -i /etc/hooks/key -p {port} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \\
    centos@{address} "$(cat <<'END'
{script}END
)"
"""
TOLD = {
    "mesos-agent-SIGUSR1": hold("/etc") + SIGNAL_AGENT,
    "mesos-agent-SIGTERM": STOP_AGENT,
    "mesos-agent-started": release(),
    "dockerd-SIGTERM": STOP_DOCKER,
    "dockerd-started": START_DOCKER,
}
"""What a daemon of the node has happen to its like in the cluster: the master hears it from there."""


@dataclass(frozen=True)
class Stage:
    desk: Desk
    node: Node
    address: str
    """The private IP of the node, as the cluster has it."""

    def type(self, *words: str) -> str:
        ended = self.desk.type(*words)
        assert ended.returncode == 0, ended.stdout
        return ended.stdout

    def seen(self) -> dict[str, Any]:
        nodes: list[dict[str, Any]] = json.loads(self.type("nodes", "--json").partition("]\n")[0] + "]")
        return next(node for node in nodes if node["private_ip"] == self.address)


@pytest.fixture
def stage(_able: None, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """One node of the cluster is a real one: the operator's ssh configuration leads to it."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on PATH")
    layout: Layout = request.param
    desk = sit_down(tmp_path, time_factor=FAST, nodes=8, profile=layout.release)
    try:
        folder = tmp_path / "node"
        folder.mkdir()
        nodes = json.loads(desk.type("nodes", "--json").stdout.partition("]\n")[0] + "]")
        role = "public" if layout.public else "private"
        _, address = min((len(node["members"]), node["private_ip"]) for node in nodes if node["role"] == role)
        key = desk.sandbox.folder.key
        with node(folder, layout, key=key, port=SSH_PORT) as real:
            (key.parent / "config").write_text(f"Host {address}\n  HostName {real.address}\n")
            for event, script in TOLD.items():
                real.hook(event, TWIN.format(port=SSH_PORT, address=address, script=BEGIN + script))
            yield Stage(desk, real, address)
    finally:
        desk.sandbox.stop()


def once(words: list[str]) -> list[str]:
    """A signal is sent again for as long as it has no effect."""
    return list(dict.fromkeys(words))


@pytest.mark.parametrize("stage", [Layout("1.9", public=True), Layout("2.1")], ids=str, indirect=True)
def test_a_node_is_drained_stays_so_through_a_power_cut_and_comes_back(stage: Stage) -> None:
    real, units = stage.node, units_of(stage.node)
    stage.type("drain", stage.address, "--yes")
    seen = units.look(real.instance)
    assert (seen.docker, seen.shims, seen.agent, seen.held, seen.lasting) == (False, 0, False, True, True)
    assert once(real.said("mesos-agent")) == ["started", "SIGUSR1", "unregistered", "ended"]
    assert once(real.said("dockerd")) == ["started", "SIGUSR1", "SIGTERM", "ended"]
    assert stage.seen()["agent"] == "not listed"

    real.power_off()
    real.boot()
    seen = units.look(real.instance)
    assert (seen.docker, seen.agent, seen.lasting) == (True, False, True)

    stage.type("undrain", stage.address, "--yes")
    seen = units.look(real.instance)
    assert (seen.docker, seen.process, seen.held) == (True, True, False)
    assert stage.seen()["agent"] == "active"
    able = PROFILES[real.layout.release].deactivates
    tally = judge(stage.desk.sandbox.log(), {}, yardstick=Yardstick(last=not able, airtight=able))
    assert (tally.breaches, tally.undrained, tally.cordons_left) == ((), 0, 0)

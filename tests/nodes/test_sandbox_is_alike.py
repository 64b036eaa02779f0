"""The same commands on a real node and on a node of the sandbox: the same answers, and the same look afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dcosmaint.adapters.shell import Answer
from dcosmaint.adapters.units import NodeUnits
from dcosmaint.errors import Retryable
from dcosmaint.model import Instance, Units
from tests.nodes.conftest import Boot
from tests.nodes.layout import Layout
from tests.nodes.node import PATIENCE, Node
from tests.nodes.pretended import Pretended, pretended

pytestmark = [pytest.mark.real, pytest.mark.slow]

AGENT = "dcos-mesos-slave"
RESTARTED = 7.0
"""Seconds after which systemd has started an agent again that ended."""

SETTLED = 4.0
"""Seconds after which everything else has come to rest."""

ACTS: dict[str, Callable[[NodeUnits, Node], None]] = {
    "hold": lambda units, node: units.hold_agent(node.instance, lasting=False),
    "hold for good": lambda units, node: units.hold_agent(node.instance, lasting=True),
    "signal": lambda units, node: units.signal_agent(node.instance),
    "stop": lambda units, node: units.stop_agent(node.instance),
    "release": lambda units, node: units.release_agent(node.instance),
    "stop docker": lambda units, node: units.stop_docker(node.instance),
    "start docker": lambda units, node: units.start_docker(node.instance),
}

HELD, EDITED = f"/run/systemd/system/{AGENT}.service.d", f"/etc/systemd/system/{AGENT}.service.d"
PIPED = {
    "@": "[Unit]\\nConditionPathExists=!/run/dcosmaint.hold\\n[Service]\\nRestart=no\\n",
    "%": "[Unit]\\nConditionPathExists=\\n[Service]\\nRestart=always\\n",
}
"""What is piped into a command that has this before it: a hold like ours, and what an operator may have set."""

SEQUENCES = {
    "drain": "hold; signal; stop; hold for good; release",
    "restart": "signal; restarted",
    "docker": """stop docker; systemctl kill -s SIGUSR1 docker.service; stop docker; start docker;
        systemctl stop docker.socket; systemctl start docker.socket; systemctl start docker.service;
        systemctl stop docker.service; systemctl stop docker.socket; systemctl is-active docker.service""",
    "sockets": """systemctl is-active AGENT.socket; systemctl stop AGENT AGENT.socket;
        systemctl start --no-block AGENT; systemctl is-active AGENT.socket; systemctl stop AGENT.socket;
        systemctl start --no-block AGENT.socket; systemctl is-active AGENT.socket; systemctl start AGENT.socket;
        systemctl stop AGENT; systemctl start AGENT.socket; systemctl is-active AGENT.socket;
        hold; systemctl start AGENT.socket; systemctl start AGENT; release""",
    "half a hold": f"""mkdir -p {HELD}; @tee {HELD}/zz-dcosmaint-until-reboot.conf; @tee /run/dcosmaint.hold;
        systemctl daemon-reload; rm -f /run/dcosmaint.hold; @tee /run/dcosmaint.hold; systemctl restart AGENT;
        rm -f /run/dcosmaint.hold; systemctl start AGENT; rm -f {HELD}/zz-dcosmaint-until-reboot.conf; signal;
        restarted; release""",
    "settings of others": f"""mkdir -p {EDITED}; %tee {EDITED}/override.conf; systemctl daemon-reload; hold; signal;
        systemctl start AGENT; release; mkdir -p {HELD}; @tee {HELD}/50-hold.conf; @tee /run/dcosmaint.hold;
        systemctl daemon-reload; signal; restarted; %tee {HELD}/override.conf; @tee {EDITED}/override.conf;
        systemctl daemon-reload; systemctl restart AGENT""",
    "reboots": "hold; reboot; hold for good; signal; reboot; systemctl start AGENT; release",
}
"""Acts, and commands that are sent as `sudo -n COMMAND`."""

COMMANDS = """systemctl stop nosuch; systemctl start nosuch; systemctl is-active nosuch; systemctl restart nosuch;
    systemctl kill -s SIGUSR1 nosuch; systemctl reset-failed nosuch; systemctl reset-failed AGENT; rm -f /run/x;
    rm /run/x; test -e /run/x; @tee /run/no/x; systemctl is-active AGENT; systemctl stop AGENT.socket;
    systemctl stop AGENT; systemctl kill -s SIGUSR1 --kill-who=main AGENT; systemctl kill -s SIGUSR1 AGENT; signal;
    pkill -USR1 -x mesos-agent; pgrep -c -f ^nosuch; systemctl is-active AGENT; systemctl restart AGENT"""


def steps(text: str) -> list[str]:
    return [step.strip() for step in text.replace("AGENT", AGENT).split(";")]


@dataclass(frozen=True)
class Console:
    """A shell on a real node without the way there, which is no part of the comparison."""

    node: Node

    def run(self, instance: Instance, script: str, deadline: float) -> Answer:
        said = self.node.sh(script)
        return Answer(said.returncode, said.stdout, said.stderr)


@dataclass(frozen=True)
class Pair:
    node: Node
    twin: Pretended

    @property
    def units(self) -> NodeUnits:
        return NodeUnits(Console(self.node))

    def do(self, step: str) -> None:
        """The same on both, and both at rest afterwards."""
        if step == "reboot":
            self._reboot()
        elif step == "restarted":
            self.twin.skip(RESTARTED)
        else:
            assert self._answers(self.units, step) == self._answers(NodeUnits(self.twin), step)
            self.twin.skip(SETTLED)

    def same_look(self) -> Units:
        theirs = NodeUnits(self.twin).look(self.node.instance)
        seen = [self.units.look(self.node.instance)]
        end = time.monotonic() + PATIENCE
        while seen[-1] != theirs and time.monotonic() < end:
            seen.append(self.units.look(self.node.instance))
        assert seen[-1] == theirs
        return theirs

    def _answers(self, units: NodeUnits, step: str) -> tuple[int, str]:
        if step in ACTS:
            try:
                ACTS[step](units, self.node)
            except Retryable:
                return 1, ""
            return 0, ""
        piped = f"printf '{PIPED[step[0]]}' | " if step[0] in PIPED else ""
        said = units.shell.run(self.node.instance, f"{piped}sudo -n {step.lstrip('@%')}", 20.0)
        return said.code, said.stdout

    def _reboot(self) -> None:
        self.node.sh("systemctl reboot")
        self.node.fall()
        self.node.boot()
        self.twin.run(self.node.instance, "sudo -n reboot", 20.0)
        self.twin.skip(60.0)
        self.twin.boot()


@pytest.fixture(params=["1.11", "2.1"])
def pair(boot: Boot, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Pair]:
    layout = Layout(request.param)
    with pretended(tmp_path / "twin", layout) as twin:
        yield Pair(boot(layout), twin)


@pytest.mark.parametrize(
    ("sequence", "pair"),
    [("drain", "1.11"), *((sequence, "2.1") for sequence in SEQUENCES)],
    indirect=["pair"],
)
def test_a_sequence_of_commands_ends_the_same(pair: Pair, sequence: str) -> None:
    for step in steps(SEQUENCES[sequence]):
        pair.do(step)
        if "is-active" not in step:
            pair.same_look()


def test_commands_say_and_end_the_same(pair: Pair) -> None:
    for step in steps(COMMANDS):
        pair.do(step)
    pair.same_look()

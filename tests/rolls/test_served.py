"""A node is not taken down while nothing else serves what users see, whatever the plan found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from dcosmaint.lines import Done, What
from dcosmaint.model import Verdict
from dcosmaint.sandbox.world import AppShape, build
from dcosmaint.sandbox.world.state import Machine
from tests.driven import BARE, Drive
from tests.rolls.stage import PUBLIC

EDGE = AppShape("/edge", 2, docker=True, unique=True, public=True)
WEB = AppShape("/web", 2, docker=True)
FLEET = replace(BARE, nodes=6, public=2, apps=(EDGE,))
SILENCE = 250.0
"""Seconds: shorter than it takes the master to give an agent up. Until then Marathon says that all of it runs."""

STOPS = ("stop-docker", "signal-agent")


def dims(drive: Drive, first: Callable[[str], bool], other: Callable[[str], Machine]) -> list[tuple[str, float]]:
    """Once a node has left its load balancers, another machine goes dark for a while. Which node that was, and when."""
    dark: list[tuple[str, float]] = []

    def hear(at: float, what: What) -> None:
        if isinstance(what, Done) and what.step == "leave-balancers" and not dark and first(what.node):
            machine = other(what.node)
            machine.rebooting = True
            drive.world.systemd.power_off(machine)
            drive.world.at(SILENCE, lambda: drive.world.systemd.power_on(machine))
            dark.append((what.node, at))

    drive.hear = hear
    return dark


def waited(drive: Drive, dark: list[tuple[str, float]]) -> set[str]:
    """What it says while it waits. The node was stopped once the other machine was back, and nobody noticed."""
    assert drive.run() is Verdict.DONE
    (node, at), log = dark[0], map(json.loads, drive.world.log)
    stopped = next(line["at"] for line in log if line["what"] in STOPS and line["address"] == node)
    assert stopped + drive.world.clock.began > at + SILENCE
    assert drive.stage.tally(drive.roll).breaches == ()
    return {str(event.fields.get("left")) for event in drive.heard.named("waiting")}


@pytest.mark.parametrize("profile", ["2.1", "1.11"])
@pytest.mark.parametrize("app", [EDGE, WEB], ids=["its-app", "itself"])
def test_a_public_node_is_not_stopped_while_the_other_one_is_silent(profile: str, app: AppShape) -> None:
    drive = Drive(build(replace(FLEET, profile=profile, apps=(app,))))
    dark = dims(drive, lambda node: node == f"{PUBLIC}[0]", lambda _: drive.world.node(f"{PUBLIC}[1]"))
    assert "no other public agent serves now" in waited(drive, dark)


@pytest.mark.parametrize(
    ("profile", "says"), [("2.1", "/web 1 here, 1 of 2 serve"), ("1.11", "nothing else of /web serves now")]
)
def test_a_node_is_not_stopped_while_whoever_else_runs_its_app_is_silent(profile: str, says: str) -> None:
    drive = Drive(build(replace(BARE, profile=profile, apps=(WEB,))))
    world, tasks = drive.world, drive.world.ground.apps["/web"].tasks

    def others(node: str) -> list[str]:
        return [task.agent_id for task in tasks if task.agent_id != world.node(node).agent_id]

    dark = dims(drive, lambda node: len(others(node)) == 1, lambda node: world.ground.agents[others(node)[0]].machine)
    assert says in waited(drive, dark)

"""A node that takes work again is not emptied anew while an app has all that is left of it there."""

from __future__ import annotations

from dataclasses import replace

from dcosmaint.lines import Done, What
from dcosmaint.model import Verdict
from dcosmaint.sandbox.world import AppShape, World, build
from tests.driven import BARE, FIRST, QUICK, Drive

WEB = "/web"


def crowd(world: World, address: str) -> None:
    """Every instance of the app comes to run there: no other agent takes work meanwhile."""
    there = world.node(address).agent_id
    others = [agent.id for agent in world.ground.listed if agent.id != there]
    world.master.reactivate(there, by="operator")
    for agent_id in others:
        world.master.deactivate(agent_id, by="operator")
    while any(task.agent_id != there for task in world.ground.apps[WEB].tasks):
        strays = [task for task in world.ground.apps[WEB].tasks if task.agent_id != there]
        world.master.end(strays[0], "TASK_KILLED", "moved by an operator")
        world.advance(world.now + 60.0)
    for agent_id in others:
        world.master.reactivate(agent_id, by="operator")


def test_it_waits_until_the_app_runs_elsewhere_too() -> None:
    """Where its instances are not moved one by one, before the node goes down."""
    drive = Drive(build(replace(BARE, apps=(AppShape(WEB, 3),))), replace(QUICK, move_apps=False))
    spread_at: list[float] = []

    def spread() -> None:
        spread_at.append(drive.world.now)
        drive.world.respread(WEB)

    def hear(at: float, what: What) -> None:
        if what == Done(FIRST, "cordon-agent") and not drive.said("begin"):
            crowd(drive.world, FIRST)
            drive.world.at(600.0, spread)

    drive.hear = hear
    assert drive.run() is Verdict.DONE
    (begun,) = drive.said("begin")
    assert begun["at"] > spread_at[0]
    waits = [str(event.fields.get("left")) for event in drive.heard.named("waiting")]
    assert (
        f"{FIRST} takes work again, and every running instance of {WEB} is on nodes in flight: spread it first" in waits
    )
    assert drive.stage.tally(drive.roll).breaches == ()

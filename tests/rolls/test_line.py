"""Something breaks that the roll has not touched: nobody starts, what is in flight ends, and it goes on when mended."""

from __future__ import annotations

from dataclasses import replace

from dcosmaint.lines import NodeDone, TakenOver, What
from dcosmaint.model import Progress, Verdict
from dcosmaint.planner.case import Case
from dcosmaint.planner.line import service_degraded
from dcosmaint.planner.steering import steady
from dcosmaint.sandbox.world import build
from tests.builders import a_flight, a_roll, a_service, an_inventory
from tests.driven import BARE, QUICK, Drive
from tests.rolls.stage import PRIVATE, SMALL, not_replaced

ASIDE = f"{PRIVATE}[4]"


def breaking(drive: Drive, minutes: float = 0.0) -> None:
    """When the first node is done, the agent of one that is no target is lost; after so many minutes it is back."""
    aside = drive.world.node(ASIDE)
    drive.roll = replace(drive.roll, targets=tuple(t for t in drive.roll.targets if t != aside.id))

    def hear(at: float, what: What) -> None:
        if isinstance(what, NodeDone) and len(drive.journal.progress.ended) == 1:
            drive.world.systemd.power_off(aside)
            if minutes:
                drive.world.at(minutes * 60.0, lambda: drive.world.systemd.boot(aside))

    drive.hear = hear


def test_an_agent_that_is_lost_elsewhere_stops_the_roll_and_a_resume_goes_on_when_it_is_back() -> None:
    drive = Drive(build(BARE), replace(QUICK, canary=0))
    breaking(drive)
    assert drive.run() is Verdict.STUCK
    (stopped,) = drive.said("roll-stopped")
    assert f"{ASIDE} served when the roll began, and no agent serves there now" in stopped["why"]
    assert drive.journal.progress.flights == {}
    assert len(drive.journal.progress.ended) == 1
    drive.world.systemd.boot(drive.world.node(ASIDE))
    drive.world.advance(drive.world.now + 300.0)
    drive.journal.append(TakenOver("me@here"))
    assert drive.run() is Verdict.DONE
    assert not_replaced(drive.world, drive.roll) == []


def test_an_agent_that_comes_back_soon_only_delays_the_roll() -> None:
    drive = Drive(build(SMALL), replace(QUICK, canary=0))
    breaking(drive, minutes=5)
    assert drive.run() is Verdict.DONE, drive.journal.progress
    assert drive.said("roll-stopped") == []
    ends = [line["at"] for line in drive.said("node-done")]
    starts = [line["at"] for line in drive.said("admit")]
    assert min(at for at in starts if at > ends[0]) > ends[0] + 300.0
    assert drive.stage.tally(drive.roll).breaches == ()


def test_a_member_that_landed_late_on_a_node_in_flight_is_lost_because_of_us() -> None:
    """kafka-1 came to node 1 after that node was surveyed, and goes down with it."""
    service = a_service()
    down = tuple(replace(pod, running=pod.member.pod != "kafka-1") for pod in service.pods)
    inventory = an_inventory(4, [replace(service, pods=down)])
    roll, node = a_roll(inventory), inventory.nodes[3]
    flight = a_flight(replace(inventory.nodes[1], members=()), holds=())
    assert service_degraded(Case(roll, inventory, Progress({flight.node.address: flight})), node) is None
    assert service_degraded(Case(roll, inventory, Progress()), node)


def test_nothing_is_steady_while_an_agent_is_under_a_cordon_of_ours() -> None:
    inventory = an_inventory(4, [a_service()])
    assert steady(Case(a_roll(inventory), inventory, Progress()))
    assert not steady(Case(a_roll(inventory), inventory, Progress(steered=("agent-1",))))

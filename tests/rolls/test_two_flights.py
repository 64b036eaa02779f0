"""replace-last: a member replaced from one node lands on another one in the moment in which its agent leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from dcosmaint.admission import Agree
from dcosmaint.lines import Acting, What
from dcosmaint.model import Admission, Member, Policy, Verdict
from dcosmaint.planner import fewer
from dcosmaint.planner.case import Case
from dcosmaint.sandbox.world import KafkaShape, Shape, TopicShape, build
from tests.driven import Drive, taken_over
from tests.rolls.stage import EVENTS, LEGACY, OLD, PRIVATE, clean, land, not_replaced, unwell

PROVED, FROM, TO = (f"{PRIVATE}[{number}]" for number in (0, 1, 4))
MOVED = (Member(EVENTS, "kafka-1"), Member(EVENTS, "broker-1"))
SLOW = (1_200.0, 1_500.0)  # so that the other node's turn comes in the middle of it
ORDERS = KafkaShape("orders", 3, (TopicShape("orders", 3, 3),))
POLICY = Policy(soak=0.0, canary=0, strategy="window", max_in_flight=2)


def of_two(shape: Shape) -> Drive:
    """A first node goes alone. Then kafka-1 moves from the second, and once that is on its way the third begins."""
    drive = Drive(build(replace(shape, nodes=7, services=(*shape.services, ORDERS), resync=SLOW)), POLICY)
    drive.roll = replace(drive.roll, targets=tuple(drive.stage.world.node(a).id for a in (PROVED, FROM, TO)))
    return drive


def replaced(drive: Drive) -> list[str]:
    return [line["node"] for line in drive.said("replacing") if Member(**line["member"]) in MOVED]


def one_by_one(drive: Drive) -> Agree:
    def agree(answer: Admission, case: Case) -> Admission:
        its_turn = bool(replaced(drive))
        start = [node for node in answer.start if node.address != TO or its_turn]
        return answer if len(start) == len(answer.start) else replace(fewer(answer, start, case), verdict=Verdict.WAIT)

    return agree


def landing(drive: Drive) -> Callable[[float, What], None]:
    def hear(at: float, what: What) -> None:
        if isinstance(what, Acting) and (what.node, what.act) == (TO, "units.signal_agent"):
            broker = drive.world.ground.services[EVENTS].brokers[1]
            assert replaced(drive) == [FROM], "the test needs it on its way"
            land(drive.stage, broker, drive.world.node(TO).agent_id)

    return hear


def test_r4_whoever_takes_it_down_moves_it_and_the_other_one_ends() -> None:
    drive = of_two(OLD)
    drive.hear = landing(drive)
    assert drive.run(one_by_one(drive)) is Verdict.DONE, [f.stopped for f in drive.journal.progress.stopped]
    assert replaced(drive) == [FROM, TO]
    assert not_replaced(drive.world, drive.roll) == []
    clean(drive.stage, drive.roll)


def test_one_whose_scheduler_tells_no_place_is_moved_on_by_the_node_that_it_came_from() -> None:
    """Down, it was never placed as far as anybody can see, and the other node waits until somebody says where it is."""
    drive = of_two(replace(LEGACY, profile="1.11"))
    drive.hear = landing(drive)
    assert drive.run(one_by_one(drive)) is Verdict.DONE, [f.stopped for f in drive.journal.progress.stopped]
    assert replaced(drive) == [FROM, FROM]
    assert not_replaced(drive.world, drive.roll) == unwell(drive.world) == []


@pytest.mark.parametrize("killed_at", ["slot", "moved", "replacing"])
def test_a_kill_as_it_changes_hands_leaves_it_to_one_of_them(killed_at: str) -> None:
    drive = of_two(OLD)
    land_it = landing(drive)

    def hear(at: float, what: What) -> None:
        land_it(at, what)
        if what.event == killed_at and getattr(what, "member", None) in MOVED and _left(drive):
            raise KeyboardInterrupt

    drive.hear = hear
    with pytest.raises(KeyboardInterrupt):
        drive.run(one_by_one(drive))
    taken_over(drive)
    assert drive.run(one_by_one(drive)) is Verdict.DONE, [f.stopped for f in drive.journal.progress.stopped]
    assert [*dict.fromkeys(replaced(drive))] == [FROM, TO]
    clean(drive.stage, drive.roll)


def _left(drive: Drive) -> bool:
    """Whether the other node's agent has left."""
    return any(
        (line["node"], line["step"]) == (TO, "stop-agent")
        for line in map(json.loads, drive.lines.lines)
        if line["event"] == "done"
    )

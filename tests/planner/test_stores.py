"""What holds of every admission where services are no Kafka. The oracle has a table of its own."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from dcosmaint.model import Ended, Flight, Node, Progress, Service
from tests.builders import GROUP, NOON, a_policy, a_roll, a_store, an_inventory
from tests.planner.thrown import Dice, Question

NODES = 14
SHAPES = {
    "cassandra": ["node-0", "node-1", "node-2", "node-3", "node-4"],
    "elastic": ["master-0", "master-1", "master-2", "data-0", "data-1", "ingest-0", "coordinator-0"],
    "hdfs": ["journal-0", "journal-1", "name-0", "name-1", "data-0", "data-1", "data-2"],
    "things": ["left-0", "left-1", "right-0"],
}
SEEDS = 2


def thrown(seed: int) -> Question:
    dice = Dice(seed)
    services = [a_service(dice, name) for name in dice.sample(sorted(SHAPES), dice.randint(1, 3))]
    inventory = an_inventory(NODES, services)
    targets = [node for node in inventory.nodes if node.members and dice.often(0.8)]
    policy = a_policy(
        strategy=dice.choice(["batch", "window"]),
        batch_size=dice.randint(2, 8),
        max_in_flight=dice.randint(2, 8),
        default_cap=dice.randint(1, 4),
        max_failures=3,
        moves={"things": dice.choice(["auto", "ignore"]), "elastic": dice.choice(["auto", "auto", "ignore"])},
        accepted=("service-degraded",),
    )
    roll = a_roll(inventory, policy, targets=tuple(node.instance.id for node in targets))
    flights = {}
    for node in targets:
        if dice.often(0.15):
            holds = tuple(member for member in node.members[:1] if not policy.ignores(member.service))
            left = tuple(member for member in node.members if policy.ignores(member.service))
            flights[node.address] = Flight(node, holds, left, stopped=dice.choice(["", "held"]))
    ended = (Ended(f"{GROUP}[99]", "i-99", NOON - 90_000, 1),)
    return Question(roll, inventory, Progress(flights, ended, at=NOON))


def a_service(dice: Dice, name: str) -> Service:
    pods = SHAPES[name][: dice.randint(2, len(SHAPES[name]))]
    dice.shuffle(pods)
    service = a_store(name, {pod: dice.randint(0, NODES - 1) for pod in pods}, seeds=SEEDS)
    return replace(service, pods=tuple(replace(pod, running=not dice.often(0.05)) for pod in service.pods))


def questions() -> st.SearchStrategy[Question]:
    return st.integers(0, 2**32 - 1).map(thrown)


def gone(question: Question, start: tuple[Node, ...], service: Service) -> set[str]:
    """Pods that are lost or held, and those of the nodes that start: the first, or all where they go down with it."""
    flights = question.progress.flights.values()
    taken = [member for flight in flights for member in (*flight.holds, *flight.leaves)]
    for node in start:
        own = sorted(member for member in node.members if member.service == service.name)
        taken += own if question.roll.policy.moves.get(service.name) == "ignore" else own[:1]
    lost = {pod.member for pod in service.pods if not pod.running}
    return {member.pod for member in {*taken, *lost} if member.service == service.name}


def apart(service: Service, one: str, other: str) -> bool:
    """Whether the two may never be away together."""
    kinds = {one.rpartition("-")[0], other.rpartition("-")[0]}
    match service.kind:
        case "cassandra":
            return min(int(one[-1]), int(other[-1])) < SEEDS
        case "elastic":
            return "master" in kinds and kinds <= {"master", "data"}
        case "hdfs":
            return kinds <= {"journal", "name"}
    return True


def carries(start: tuple[Node, ...], service: Service) -> bool:
    return any(member.service == service.name for node in start for member in node.members)


@settings(max_examples=100)
@given(questions())
def test_r1_neither_more_than_the_cap_nor_two_that_need_each_other(question: Question) -> None:
    start = question.start
    for service in question.inventory.services:
        if carries(start, service):
            away = sorted(gone(question, start, service))
            assert len(away) <= question.roll.policy.default_cap
            assert not [pair for pair in combinations(away, 2) if apart(service, *pair)]


def test_the_questions_are_no_idle_ones() -> None:
    """In many clusters several start at once that carry members of one service, and in many a pair is held back."""
    several, held_back = 0, 0
    for question in map(thrown, range(60)):
        start = question.start
        for service in question.inventory.services:
            away = gone(question, start, service)
            here = {member.pod for member in service.members} - away
            several += sum(carries((node,), service) for node in start) > 1
            held_back += carries(start, service) and any(apart(service, pod, other) for pod in away for other in here)
    assert several > 4
    assert held_back > 20

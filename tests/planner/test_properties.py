"""What holds of every admission, whatever the cluster, the policy and the progress.

The oracles count for themselves: they import nothing of what they judge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Literal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dcosmaint.model import Ended, Flight, Member, Node, Partition, Pod, Policy, Progress, Service
from dcosmaint.planner import admit
from dcosmaint.planner.apps import takes
from tests.builders import (
    GROUP,
    NOON,
    a_node,
    a_policy,
    a_roll,
    a_service,
    an_inventory,
)
from tests.planner.thrown import Question, questions, thrown

often = settings(max_examples=150)


def test_the_questions_are_no_idle_ones() -> None:
    """Of six hundred clusters in many something may start, also several at once that carry members."""
    started = [thrown(seed).start for seed in range(600)]
    assert sum(len(start) > 1 for start in started) > 60
    assert sum(sum(bool(node.members) for node in start) > 1 for start in started) > 20


# ---- what is true of a question, counted anew


def is_lost(pod: Pod, service: Service, baseline: tuple[Partition, ...]) -> bool:
    now = {partition.name: partition.isr for partition in service.partitions or ()}
    left_out = any(pod.member.pod in was.isr and pod.member.pod not in now.get(was.name, was.isr) for was in baseline)
    return not pod.running or pod.marked or not pod.registered or left_out


def gone(question: Question, service: Service) -> set[str]:
    """The pods of a service that are lost, or for which somebody holds a slot."""
    baseline = question.roll.baseline[service.name]
    return held(question, service) | {pod.member.pod for pod in service.pods if is_lost(pod, service, baseline)}


def held(question: Question, service: Service) -> set[str]:
    holds = [member for flight in question.progress.flights.values() for member in flight.holds]
    return {member.pod for member in holds if member.service == service.name}


def first(node: Node, service: Service) -> set[str]:
    """The one member that a node moves first."""
    return set(sorted(member.pod for member in node.members if member.service == service.name)[:1])


def carriers(start: tuple[Node, ...], service: Service) -> list[Node]:
    return [node for node in start if first(node, service)]


def flown(question: Question) -> list[Node]:
    return [flight.node for flight in question.progress.flights.values()]


# ---- the properties


@often
@given(questions())
def test_r1_never_more_of_a_service_lost_or_held_than_its_cap(question: Question) -> None:
    for service in question.inventory.services:
        if started := carriers(question.start, service):
            away = gone(question, service).union(*(first(node, service) for node in started))
            assert len(away) <= question.roll.policy.cap(service.name)


@often
@given(questions())
def test_r14_brokers_that_share_a_thin_partition_never_go_together(question: Question) -> None:
    """Whatever was accepted: what one of them alone takes with it is all that can be given up."""
    for service in question.inventory.services:
        given_up = f"data-loss={service.name}" in question.roll.policy.accepted
        leaving = set().union(*(first(node, service) for node in question.start))
        had = {partition.name: partition.isr for partition in question.roll.baseline[service.name]}
        for partition in service.partitions or ():
            if leaving & set(partition.isr):
                left = set(partition.isr) - leaving - gone(question, service)
                ours = (leaving | held(question, service)) & {*partition.isr, *had[partition.name]}
                enough = len(left) >= (2 if len(had[partition.name]) >= 3 else 1)
                assert enough or (given_up and len(ours) == 1), partition


@often
@given(questions())
def test_no_app_of_two_or_more_loses_all_of_its_instances(question: Question) -> None:
    away = {node.agent_id for node in (*flown(question), *question.start)}
    started = {node.agent_id for node in question.start}
    stay = [agent for agent in question.inventory.agents if agent.id not in away]
    for app in question.inventory.apps:
        if len(app.on) > 1 and started & set(app.on):
            leaves = len(set(app.on)) == 1 and any(takes(agent, app) for agent in stay)  # one by one
            assert set(app.on) - away or leaves or "app-down" in question.roll.policy.accepted


@often
@given(questions())
def test_public_agents_go_one_at_a_time_and_never_the_last(question: Question) -> None:
    def public(nodes: Iterator[Node] | tuple[Node, ...]) -> set[str]:
        return {node.agent_id for node in nodes if node.agent and node.agent.public}

    if started := public(question.start):
        assert len(started | public(iter(flown(question)))) == 1
        assert public(question.inventory.nodes) > started


@often
@given(questions())
def test_no_batch_and_no_window_is_larger_than_it_may_be(question: Question) -> None:
    policy, started = question.roll.policy, len(question.start)
    if policy.strategy == "batch":
        assert started <= policy.batch_size
        assert not started or all(flight.stopped for flight in question.progress.flights.values())
    else:
        assert not started or started + len(question.progress.flights) <= policy.max_in_flight


@often
@given(questions())
def test_r11_canaries_go_alone(question: Question) -> None:
    ended, start = question.progress.ended, question.start
    flying = [flight for flight in question.progress.flights.values() if not flight.stopped]
    proved = any(one.members for one in ended)
    if start and len(ended) < question.roll.policy.canary:
        assert len(start) + len(flying) == 1
        assert not question.progress.flights
    if not proved and any(node.members for node in (*start, *(flight.node for flight in flying))):
        assert not start or len(start) + len(flying) == 1


@often
@given(questions())
def test_only_targets_start_and_none_that_has_begun_or_ended(question: Question) -> None:
    started = [node.instance.id for node in question.start]
    begun = {node.instance.id for node in flown(question)} | {one.instance_id for one in question.progress.ended}
    assert len(started) == len(set(started))
    assert set(started) <= set(question.roll.targets) - begun


@often
@given(questions())
def test_nobody_starts_after_more_failures_than_are_allowed(question: Question) -> None:
    stopped = [flight for flight in question.progress.flights.values() if flight.stopped]
    assert not question.start or len(stopped) <= question.roll.policy.max_failures


@often
@given(questions())
def test_every_target_is_started_refused_or_already_under_way(question: Question) -> None:
    answer = admit(question.roll, question.inventory, question.progress)
    told = [node.address for node in answer.start] + [refusal.node for refusal in answer.refusals]
    begun = {node.instance.id for node in flown(question)} | {one.instance_id for one in question.progress.ended}
    left = [n.address for n in question.inventory.nodes if n.instance.id in set(question.roll.targets) - begun]
    assert sorted(told) == sorted(left)


@often
@given(questions())
def test_the_verdict_follows_from_the_rest(question: Question) -> None:
    answer = admit(question.roll, question.inventory, question.progress)
    assert (answer.verdict == "go") == bool(answer.start)
    ended = {one.instance_id for one in question.progress.ended}
    whole = set(question.roll.targets) <= ended and not question.progress.flights
    assert (answer.verdict == "done") == whole
    if answer.verdict == "stuck":
        assert all(flight.stopped for flight in question.progress.flights.values())


@often
@given(questions(), st.randoms(use_true_random=False))
def test_the_same_question_has_the_same_answer_in_whatever_order_it_is_put(question: Question, random: Random) -> None:
    nodes, targets = list(question.inventory.nodes), list(question.roll.targets)
    random.shuffle(nodes)
    random.shuffle(targets)
    roll, inventory = replace(question.roll, targets=tuple(targets)), replace(question.inventory, nodes=tuple(nodes))
    again = admit(roll, inventory, question.progress)
    answer = admit(question.roll, question.inventory, question.progress)
    assert (again.start, again.refusals, again.verdict) == (answer.start, answer.refusals, answer.verdict)


@often
@given(questions())
def test_r8_steering_spares_what_it_must(question: Question) -> None:
    answer = admit(question.roll, question.inventory, question.progress)
    down = {p.agent_id for s in question.inventory.services for p in s.pods if not p.running and not p.marked}
    busy = {node.agent_id for node in (*flown(question), *answer.start)}
    targets = {n.agent_id for n in question.inventory.nodes if n.instance.id in question.roll.targets}
    assert set(answer.cordon) <= targets - down - busy
    if not any(flight.holds for flight in question.progress.flights.values()):
        assert not answer.cordon or any(node.members for node in answer.start)


@st.composite
def plain(draw: st.DrawFn) -> Question:
    """One healthy service whose brokers share nothing, at most one a node: only its cap holds anybody back.

    With nodes of several services a refused one may make room for two others, so nothing is said of those.
    """
    brokers, spare = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    on = draw(st.permutations(range(brokers + spare)))[:brokers]
    service = a_service(on=on, partitions=())
    inventory = an_inventory(brokers + spare, [service])
    policy = a_policy(batch_size=draw(st.integers(1, 16)), default_cap=draw(st.integers(1, 8)))
    roll = a_roll(inventory, policy, targets=tuple(f"i-{number}" for number in on))
    return Question(roll, inventory, Progress(ended=(Ended(f"{GROUP}[99]", "i-99", 0.0, 1),), at=NOON))


@often
@given(plain(), st.integers(1, 8))
def test_a_tighter_cap_never_lets_more_nodes_start(question: Question, cap: int) -> None:
    assume(cap <= question.roll.policy.default_cap)
    policy: Policy = replace(question.roll.policy, default_cap=cap)
    tighter = replace(question, roll=replace(question.roll, policy=policy))
    assert len(tighter.start) <= len(question.start)
    assert len(tighter.start) == min(cap, policy.batch_size, len(question.roll.targets), _places(question))


def _places(question: Question) -> int:
    return len(question.inventory.nodes) - len(question.roll.targets)


@often
@given(questions())
def test_the_two_strategies_differ_in_nothing_but_how_many_may_fly(question: Question) -> None:
    """Where nobody is in flight and both numbers are the same, they answer alike."""
    assume(not question.progress.flights)

    def asked(strategy: Literal["batch", "window"]) -> tuple[Node, ...]:
        policy = replace(question.roll.policy, strategy=strategy, max_in_flight=question.roll.policy.batch_size)
        return replace(question, roll=replace(question.roll, policy=policy)).start

    assert asked("batch") == asked("window")


def test_members_are_counted_by_name_also_when_two_services_share_pod_names() -> None:
    """kafka-0 of one service is not kafka-0 of another."""
    both = [a_service("kafka-events", [0, 1, 2]), a_service("prod/kafka-orders", [3, 4, 5])]
    inventory = an_inventory(10, both)
    ended = (Ended(f"{GROUP}[99]", "i-99", 0.0, 1),)
    roll = a_roll(inventory, a_policy(batch_size=9), targets=("i-0", "i-3"))
    held = Flight(a_node(7), (Member("other", "kafka-0"),), stopped="held")
    progress = Progress({held.node.address: held}, ended, at=NOON)
    answer = admit(replace(roll, policy=replace(roll.policy, max_failures=1)), inventory, progress)
    assert [node.agent_id for node in answer.start] == ["agent-0", "agent-3"]

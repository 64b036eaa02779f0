"""What every step owes: it does nothing twice, goes on from wherever it was left, waits by name, and never guesses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest

from dcosmaint.errors import Retryable
from dcosmaint.model import Work
from tests.steps.bench import SHAPE, WAITS, Bench, a_bench


@dataclass(frozen=True)
class Promise:
    """One step in words: what it waits for where its acts are lost, how long, and whom it asks before it acts."""

    step: str
    goal: str
    patience: str
    asks: tuple[str, ...]
    acts: tuple[str, ...]
    work: Work = Work.ROLL
    left: str = ""  # what it says is left to do
    bench: tuple[tuple[str, Any], ...] = ()  # what a bench needs for there to be such a step

    def __str__(self) -> str:
        return self.step


PROMISES = [
    Promise("swap-image", "Terraform to name the AMI of", "apply", ("terraform",), ("terraform.swap",)),
    Promise("cordon-agent", "to show as deactivated", "stop", ("mesos",), ("mesos.cordon",)),
    Promise(
        "replace-brokers",
        "kafka-0 to leave",
        "place",
        ("services", "mesos"),
        ("services.replace",),
        left="recovery COMPLETE",
    ),
    Promise(
        "move-apps",
        "its apps to move",
        "start",
        ("marathon", "mesos"),
        ("marathon.kill",),
        left="/web 1 here, 6 of 6 serve",
    ),
    Promise(
        "stop-docker",
        "docker to stop",
        "stop",
        ("units", "mesos", "services"),
        ("units.stop_docker",),
        left="0 containers left",
    ),
    Promise(
        "stop-agent",
        "to leave the master",
        "stop",
        ("units", "mesos", "services"),
        ("units.hold_agent", "units.signal_agent"),
    ),
    Promise(
        "empty-work-dir",
        "the work dir of its agent to be empty",
        "stop",
        ("units", "mesos", "services"),
        ("units.empty_work_dir",),
        bench=(("shape", replace(SHAPE, volumes="work-dir")), ("work_dir", "fresh")),
    ),
    Promise(
        "terminate-instance",
        "to be terminated",
        "terminate",
        ("ec2", "mesos", "services"),
        ("ec2.terminate",),
        left="running",
    ),
    Promise("apply-terraform", "", "apply", ("terraform",), ("terraform.plan", "terraform.apply")),
    Promise("await-agent", "an agent on", "register", ("terraform", "ec2", "mesos"), ("keys.enrol",)),
    Promise("start-docker", "docker to start", "start", ("units",), ("units.start_docker",), Work.UNDRAIN),
    Promise("start-agent", "to start", "start", ("units",), ("units.release_agent",), Work.UNDRAIN),
    Promise("uncordon-agent", "an agent at", "register", ("mesos",), ("mesos.uncordon",), Work.UNDRAIN),
]


def ready(promise: Promise) -> Bench:
    """A bench on which the step comes next, and has something to do."""
    if promise.work is Work.UNDRAIN:
        return drained(promise)
    bench = a_bench(**dict(promise.bench))
    bench.bring(promise.step)
    return bench


def drained(promise: Promise) -> Bench:
    """As a drain leaves a node: docker and agent stopped, the agent held so that no reboot brings it back."""
    if promise.step == "uncordon-agent":
        return a_bench(Work.UNDRAIN, cordoned=True)
    bench = a_bench(Work.UNDRAIN)
    machine, world = bench.old, bench.world
    world.systemd.stop_docker(machine)
    world.systemd.hold(machine, lasting=True)
    world.systemd.signal_agent(machine)
    bench.pass_by(60.0)
    bench.bring(promise.step)
    return bench


@pytest.mark.parametrize("promise", PROMISES, ids=str)
def test_it_keeps_its_promise_by_its_own_acts(promise: Promise) -> None:
    bench = ready(promise)
    before = bench.acts()
    bench.drive(bench.steps[promise.step])
    done = bench.acts()[len(before) :]
    assert set(done) == set(promise.acts)


@pytest.mark.parametrize("promise", PROMISES, ids=str)
def test_done_already_it_does_nothing(promise: Promise) -> None:
    bench = ready(promise)
    bench.drive(bench.steps[promise.step])
    before, log = bench.acts(), list(bench.world.log)
    bench.drive(bench.steps[promise.step])
    repeated = [act for act in bench.acts()[len(before) :] if act != "keys.enrol"]  # a key that is known stays as it is
    assert repeated == []
    assert [line for line in bench.world.log[len(log) :] if '"by":"tool"' in line] == []


@pytest.mark.parametrize("looks", [1, 2, 3])
@pytest.mark.parametrize("promise", PROMISES, ids=str)
def test_left_half_done_it_finishes(promise: Promise, looks: int) -> None:
    """As after a kill: another process builds the step anew and begins it from the top."""
    bench = ready(promise)
    bench.looks(bench.steps[promise.step], looks)
    bench.drive(bench.steps[promise.step])
    assert len(bench.events("replace")) <= 1
    assert len(bench.events("terminate")) <= 1


@pytest.mark.parametrize("promise", [p for p in PROMISES if p.acts != ("keys.enrol",)], ids=str)
def test_what_never_arrives_is_waited_for_by_name_with_the_patience_of_the_policy(promise: Promise) -> None:
    bench = ready(promise).silence()
    waited = bench.looks(bench.steps[promise.step], 8)
    assert promise.goal in waited[-1].goal
    assert {waiting.patience for waiting in waited} == {getattr(WAITS, promise.patience)}
    assert waited[-1].goal == waited[-2].goal  # no progress is claimed
    assert {waiting.left for waiting in waited} == {promise.left}


@pytest.mark.parametrize(
    ("promise", "port"), [pytest.param(p, port, id=f"{p}-{port}") for p in PROMISES for port in p.asks]
)
def test_r2_without_an_answer_it_never_acts(promise: Promise, port: str) -> None:
    bench = ready(promise)
    before = bench.acts()
    bench.world.faults.api[port] = 1000
    with pytest.raises(Retryable):
        bench.looks(bench.steps[promise.step], 5)
    assert bench.acts() == before


@pytest.mark.parametrize("promise", PROMISES, ids=str)
def test_answers_that_are_lost_now_and_then_only_cost_time(promise: Promise) -> None:
    bench = ready(promise)
    for number in range(12):
        port = promise.asks[number % len(promise.asks)]
        bench.world.at(4.0 * number, partial(bench.world.faults.api.update, {port: 1}))
    bench.drive(bench.steps[promise.step])
    assert len(bench.events("replace")) <= 1
    assert len(bench.events("terminate")) <= 1

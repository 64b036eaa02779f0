"""doctor asks what a plan asks: whatever a roll of every node would be refused for is red, once, with a way out."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from dcosmaint import checkup
from dcosmaint.checkup import Patient, State
from dcosmaint.model import Policy
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.world import JobsShape, KafkaShape, Shape, TopicShape
from dcosmaint.sandbox.world.shape import CASSANDRA
from tests.cli.stage import Stage

EVENTS = KafkaShape("kafka-events", 3, (TopicShape("clicks", 4, 3),))
SMALL = Shape(nodes=5, public=0, services=(EVENTS,), apps=(), balancers=())
FRAGILE = replace(EVENTS, topics=(TopicShape("scratch", 4, 1), TopicShape("clicks", 4, 3)))
JOBS = (JobsShape("metronome", on=(0, 0, 1), lasts=None),)

REFUSED: dict[str, tuple[Shape, Policy]] = {
    "unknown-framework": (replace(SMALL, profile="1.11", jobs=JOBS), Policy()),
    "no-proof": (replace(SMALL, services=(replace(CASSANDRA, proof=False),)), Policy()),
    "cap": (replace(SMALL, profile="1.11", nodes=3, services=(replace(EVENTS, brokers=4),)), Policy()),
    "data-loss": (replace(SMALL, services=(FRAGILE,)), Policy()),
    "work-dir": (replace(SMALL, volumes="mixed"), Policy()),
    "last-public": (replace(SMALL, public=1), Policy()),
    "no-place": (replace(SMALL, nodes=3), Policy(order="replace-first")),
    "leaky-cordon": (SMALL, Policy(cordon="none", order="replace-first")),
    "service-refused": (SMALL, Policy(moves={"kafka-events": "refuse"})),
}


@dataclass
class Counting:
    """A part of a site, and how often each of its looks was asked for."""

    port: Any
    asked: Counter[str] = field(default_factory=Counter)

    def __getattr__(self, name: str) -> Any:
        self.asked[name] += 1
        return getattr(self.port, name)


def of_plan(stage: Stage, code: int) -> list[dict[str, str]]:
    """What its plan check says, of a doctor that ends with `code`."""
    ended = stage.type("doctor", "--json")
    assert ended.exit_code == code, ended.output
    return [one for one in json.loads(ended.stdout)["checks"] if one["name"] == "plan"]


@pytest.mark.parametrize(("rule", "shape", "policy"), [(rule, *case) for rule, case in REFUSED.items()], ids=REFUSED)
def test_what_a_plan_is_refused_for_is_red_each_once(rule: str, shape: Shape, policy: Policy, tmp_path: Path) -> None:
    stage = Stage(tmp_path, shape, policy)
    plan = stage.type("plan", "--ami", stage.new_ami, "--json")
    assert plan.exit_code == 3
    found = of_plan(stage, 3)
    says = [one["says"] for one in found]
    assert {one["state"] for one in found} == {"red"}
    assert len(says) == len(set(says))
    blockers = {(one["rule"], one["subject"]) for one in json.loads(plan.stdout)["blockers"]}
    assert rule in {each for each, _ in blockers}
    for each, subject in blockers:
        assert any(said.startswith(f"{each}: ") and subject in said for said in says), (each, subject)


def test_a_topic_is_told_once_with_how_often_and_whether_its_loss_can_be_accepted(tmp_path: Path) -> None:
    (one,) = of_plan(Stage(tmp_path, replace(SMALL, services=(FRAGILE,))), 3)
    assert one["says"].startswith("data-loss: kafka-events/scratch (the first of 4): scratch-0 would keep 0 in-sync")
    assert one["remedy"] == "that, or take the risk: `--accept data-loss=kafka-events/scratch`"


def test_nodes_of_which_the_same_is_said_share_a_line(tmp_path: Path) -> None:
    stage = Stage(tmp_path, replace(SMALL, jobs=(JobsShape("spark", on=(1, 3), lasts=None),)))
    (one,) = of_plan(stage, 3)
    assert one["says"].startswith(f"unknown-framework: {stage.address(1)}, {stage.address(3)}: runs 1 task of spark")


def test_another_thing_that_is_said_of_a_node_is_told_as_well(tmp_path: Path) -> None:
    jobs = tuple(JobsShape(name, on=(1,), lasts=None) for name in ("metronome", "spark"))
    found = of_plan(Stage(tmp_path, replace(SMALL, jobs=jobs)), 3)
    assert [one["says"].partition(", which")[0] for one in found] == [
        f"unknown-framework: aws_instance.dcos_agent_node[1]: runs 1 task of {name}" for name in ("metronome", "spark")
    ]


def test_data_of_somebody_else_is_red_with_its_node(tmp_path: Path) -> None:
    stage = Stage(tmp_path, SMALL)
    stage.world.leave_volume(stage.world.node(stage.address(1)).agent_id, "jenkins", role="jenkins-role")
    (one,) = of_plan(stage, 3)
    assert one["says"].startswith(f"resident-data: {stage.address(1)}: is where")
    assert "of role jenkins-role" in one["says"]


def test_what_another_check_tells_is_not_told_twice(tmp_path: Path) -> None:
    stage = Stage(tmp_path, replace(SMALL, terraform_exposed=True))
    stage.world.ground.services["kafka-events"].deploy = "IN_PROGRESS"
    stage.world.master.deactivate(stage.world.node(stage.address(0)).agent_id)
    (one,) = of_plan(stage, 3)
    assert (one["state"], one["says"]) == ("ok", "nothing else blocks a roll of 5 nodes by the rules of a plan")


def test_nodes_that_are_never_touched_are_not_judged(tmp_path: Path) -> None:
    stage = Stage(tmp_path, replace(SMALL, services=(), jobs=JOBS))
    patient = Patient(in_process(stage.world, failures=0.0), never=(stage.address(0), stage.address(1)))
    (one,) = [each for each in checkup.look(checkup.checks(patient, stage.shelf, lambda: 0.0)) if each.name == "plan"]
    assert (one.remark.state, one.remark.says) == (
        State.OK,
        "nothing blocks a roll of 3 nodes by the rules of a plan",
    )


def test_the_cluster_is_surveyed_once(tmp_path: Path) -> None:
    stage = Stage(tmp_path, SMALL)
    site = in_process(stage.world, failures=0.0)
    mesos = Counting(site.mesos)
    patient = Patient(replace(site, mesos=mesos))
    assert all(checkup.look(checkup.checks(patient, stage.shelf, lambda: 0.0)))
    assert mesos.asked["windows"] == 2, "by the survey, and by who looks at cordons"

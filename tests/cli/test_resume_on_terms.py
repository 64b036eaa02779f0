"""`resume` with flags: more risks, tighter limits, fewer nodes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dcosmaint.cli.looking import surveyed
from dcosmaint.cli.risk_subjects import check
from dcosmaint.errors import Usage
from dcosmaint.sandbox.world import KafkaShape, Shape, TopicShape
from tests.cli.stage import Stage

SHAPE = Shape(
    nodes=5,
    public=0,
    services=(KafkaShape("kafka-events", 3, (TopicShape("clicks", 3, 3),)),),
    resync=(20.0, 60.0),
    apps=(),
)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A roll that was begun, and stopped before its first batch."""
    stage = Stage(tmp_path, SHAPE)
    words = ("roll", "--ami", stage.new_ami, "--cap", "kafka-events=2", "--yes", "--confirm", "batch")
    assert stage.type(*words, answer="n\n").exit_code == 4
    return stage


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--cap", "kafka-events=3"), 2, "--cap kafka-events=3 would loosen roll"),
        (("--cap", "kafka=1"), 2, "knows no service of that name"),
        (("--batch-size", "5"), 2, "--batch-size 5 would loosen roll"),
        (("--batch-size", "100%"), 2, "--batch-size 5 would loosen roll"),
        (("--exclude", "10.9.9.9"), 2, "10.9.9.9 is the name of no node"),
        (("--reassigned", "clicks"), 2, "no topic of that name can be read"),
        (("--accept", "last-public"), 2, "only these may be accepted"),
        (("--accept", "data-loss=kafka-eventz"), 2, "Did you mean kafka-events"),
        (("--accept", "service-degraded=kafka"), 2, "service-degraded knows none of that name"),
        (("--accept", "tasks-lost=/web"), 2, "tasks are counted over all apps: write tasks-lost"),
    ],
)
def test_terms_that_a_roll_cant_take_are_refused_and_it_stays_as_it_was(
    stage: Stage, words: tuple[str, ...], code: int, says: str
) -> None:
    path = stage.shelf.journal(stage.shelf.ids()[0])
    before = path.read_text()
    ended = stage.type("resume", *words, "--yes")
    assert (ended.exit_code, path.read_text()) == (code, before)
    assert says in ended.output.replace("\n", " ")


def test_a_risk_that_nothing_needs_now_is_told_so_and_one_that_nobody_can_foresee_is_not(stage: Stage) -> None:
    risks = ("data-loss=kafka-events/clicks", "differs=attribute:tier", "agent-left")
    words = [word for risk in risks for word in ("--accept", risk)]
    told = stage.type("resume", *words, answer="n\n").output
    assert "data-loss=kafka-events/clicks: data of a topic may be lost for good; nothing that is known now" in told
    assert "RISK TAKEN: differs=attribute:tier: a new node may differ from its old one in this\n" in told
    assert "RISK TAKEN: agent-left: nodes start although an agent is away that nobody here took away\n" in told


def test_a_node_is_accepted_by_any_of_its_names(stage: Stage) -> None:
    instance = stage.world.node(stage.address(2)).id
    told = stage.type("resume", "--accept", f"agent-left={instance}", answer="n\n").output
    assert f"RISK TAKEN: agent-left={stage.address(2)}: " in told


def test_what_was_there_when_the_roll_began_may_be_accepted_when_it_is_away(stage: Stage) -> None:
    roll, now = stage.shelf.load(stage.shelf.ids()[0]).roll, replace(surveyed(stage.cluster), services=())
    risks = ("service-degraded=kafka-events", "data-loss=kafka-events/clicks")
    check(risks, now, roll)
    with pytest.raises(Usage, match=r"service-degraded=kafka-events: .*; --accept data-loss=kafka-events/clicks: "):
        check(risks, now)


def test_a_topic_that_can_not_be_read_may_be_there(stage: Stage) -> None:
    now = surveyed(stage.cluster)
    check(("data-loss=kafka-events/new",), replace(now, services=(replace(now.services[0], partitions=None),)))
    with pytest.raises(Usage):
        check(("data-loss=kafka-events/new",), now)


def test_a_node_in_flight_is_not_left_out(stage: Stage) -> None:
    stage.world.faults.apply_fails = "no more capacity"
    assert stage.type("resume", "--yes").exit_code == 4
    (flying,) = stage.shelf.load(stage.shelf.ids()[0]).progress.flights
    (flight,) = stage.shelf.load(stage.shelf.ids()[0]).progress.flights.values()
    ended = stage.type("resume", "--exclude", flight.node.instance.id, "--yes")
    assert ended.exit_code == 3
    assert f"--exclude {flying}" in ended.output


def test_a_resume_on_new_terms_says_them_and_keeps_to_them(stage: Stage) -> None:
    tighter = ("--exclude", stage.address(3), "--cap", "kafka-events=1", "--batch-size", "2")
    words = (*tighter, "--accept", "differs=zone", "--reassigned", "kafka-events/clicks")
    ended = stage.type("resume", *words, "--json", "--yes")
    assert ended.exit_code == 0, ended.output
    warning = next(line for line in map(json.loads, ended.output.splitlines()) if line["event"] == "warning")
    left_out = stage.world.terraform.state[stage.address(3)]
    assert warning["why"] == (
        "from now on: differs=zone is accepted, the cap of kafka-events is 1, the batch size is 2,"
        f" left out: {left_out}, brokers of kafka-events are measured by who is in sync now in clicks"
    )
    assert [a for a in stage.world.terraform.state if stage.world.node(a).ami != stage.new_ami] == [stage.address(3)]
    assert stage.shelf.load(stage.shelf.ids()[0]).roll.policy.cap("kafka-events") == 1


def test_r15_at_every_stop_all_nodes_are_named_that_a_plain_apply_would_replace_those_left_out_too(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path, replace(SHAPE, terraform_exposed=True))
    words = ("--accept", "terraform-exposed", "--exclude", stage.address(1), "--yes", "--confirm", "node")
    says = "terraform-exposed: a plain `terraform apply` would now replace "
    first = stage.type("roll", "--ami", stage.new_ami, *words, answer="n\n")
    assert f"{says}{', '.join(map(stage.address, range(5)))}\n" in first.output
    again = stage.type("resume", "--exclude", stage.address(2), "--yes", "--confirm", "node", answer="y\nn\n")
    old = [a for a in sorted(stage.world.terraform.state) if stage.world.node(a).ami != stage.new_ami]
    assert len(old) == 4
    assert f"{says}{', '.join(old)}\n" in again.output


def test_a_target_that_somebody_else_has_replaced_is_named_and_may_be_left_out(stage: Stage) -> None:
    lost = stage.world.node(stage.address(4)).id
    stage.world.vanish(lost)
    stage.world.advance(stage.world.now + 120.0)
    stage.world.terraform.plan([stage.address(4)], {}, by="operator")
    stage.world.advance(stage.world.now + 60.0)
    stage.world.terraform.apply(by="operator")
    stage.world.advance(stage.world.now + 900.0)
    ended = stage.type("resume", "--yes")
    assert ended.exit_code == 4
    assert f"{lost} is a target and no survey sees it" in ended.output
    ended = stage.type("resume", "--exclude", lost, "--yes")
    assert ended.exit_code == 0, ended.output

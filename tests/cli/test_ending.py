"""abort and rollback, as they are typed and as they end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dcosmaint.cli.cluster import Claim
from dcosmaint.ports import Lease
from dcosmaint.sandbox.world import KafkaShape, Shape, TopicShape
from tests.cli.stage import Stage
from tests.rolls.stage import cordoned, unwell

SMALL = Shape(
    nodes=5,
    public=0,
    services=(KafkaShape("kafka-events", 3, (TopicShape("clicks", 4, 3),)),),
    resync=(60.0, 120.0),
    apps=(),
)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, SMALL)


def amis(stage: Stage) -> list[str]:
    return [stage.world.node(address).ami for address in sorted(stage.world.terraform.state)]


def stopped(stage: Stage) -> str:
    """A roll whose first apply fails: its node is terminated and has no new instance yet."""
    stage.world.faults.apply_fails = "no more capacity"
    assert stage.type("roll", "--ami", stage.new_ami, "--yes").exit_code == 4
    stage.world.faults.apply_fails = ""
    return stage.shelf.ids()[0]


def test_an_abort_brings_to_its_end_what_is_half_done_and_starts_nobody(stage: Stage) -> None:
    roll = stopped(stage)
    ended = stage.type("abort", "--yes")
    assert ended.exit_code == 0, ended.output
    assert "is on its way already, and goes to its end" in ended.output
    assert amis(stage).count(stage.new_ami) == 1
    assert (cordoned(stage.world), unwell(stage.world)) == ([], [])
    assert "roll-aborted" in stage.type("status", roll).output
    assert "Nothing to abort" in stage.type("abort", "--yes").output
    assert "Nothing to do" in stage.type("resume", "--yes").output


def test_an_abort_that_can_not_end_a_node_says_what_is_left_and_frees_the_cluster(stage: Stage) -> None:
    stage.world.faults.attributes[stage.address(0)] = {"tier": "gpu"}
    assert stage.type("roll", "--ami", stage.new_ami, "--yes").exit_code == 4
    assert stage.type("resume", "--yes").exit_code == 4
    ended = stage.type("abort", "--yes")
    assert ended.exit_code == 4
    assert "its new instance is there, and nobody waits for it any more" in ended.output
    assert stage.type("roll", "--ami", stage.new_ami, "--yes").exit_code == 0


def test_an_abort_that_holds_leaves_what_is_half_done_and_says_how_to_end_it(stage: Stage) -> None:
    stopped(stage)
    ended = stage.type("abort", "--hold", "--yes")
    assert ended.exit_code == 4
    assert "is left as it is" in ended.output
    assert "`terraform apply -target='aws_instance.dcos_agent_node[3]'` makes a new one" in ended.output
    assert stage.new_ami not in amis(stage)


def test_a_cordon_that_an_abort_has_left_is_lifted_by_an_undrain(stage: Stage) -> None:
    stage.world.faults.unfinished.update(f"kafka-events/kafka-{number}" for number in range(3))
    assert stage.type("roll", "--ami", stage.new_ami, "--yes").exit_code == 4
    stage.world.faults.unfinished.clear()
    left = stage.type("abort", "--hold", "--yes")
    assert cordoned(stage.world), left.output
    (command,) = re.findall(r"it is cordoned: `dcosmaint (undrain \S+)` lifts that", left.output)
    ended = stage.type(*command.split(), "--yes")
    assert ended.exit_code == 0, ended.output
    assert cordoned(stage.world) == []


@pytest.mark.parametrize("words", [("--revert", "--yes"), ()])
def test_an_abort_takes_the_edit_of_terraform_back_where_that_is_wanted(stage: Stage, words: tuple[str, ...]) -> None:
    before = dict(stage.world.terraform.images)
    stopped(stage)
    assert dict(stage.world.terraform.images) != before
    ended = stage.type("abort", *words, answer="y\ny\n")
    assert ended.exit_code == 0, ended.output
    assert dict(stage.world.terraform.images) == before
    assert amis(stage).count(stage.new_ami) == 1, "what was terminated came back on the AMI of its roll"


def test_an_abort_says_what_it_leaves_in_which_file_of_terraform_and_the_way_back(stage: Stage) -> None:
    group, before = next(iter(stage.world.terraform.images.items()))
    stage.cluster = replace(stage.cluster, ami_files={group: "infra/agents.auto.tfvars"})
    roll = stopped(stage)
    ended = stage.type("abort", "--yes")
    assert f"infra/agents.auto.tfvars names {stage.new_ami} for {group}, as roll {roll} wanted it" in ended.output
    assert f"and 4 nodes have another: {stage.address(0)}, {stage.address(1)}, {stage.address(2)}" in ended.output
    assert f"It named {before} before: write that there again" in ended.output


def test_an_abort_that_takes_the_edit_back_leaves_nothing_to_say(stage: Stage) -> None:
    stopped(stage)
    assert "as roll " not in stage.type("abort", "--revert", "--yes").output


def test_an_abort_that_is_not_confirmed_touches_nothing(stage: Stage) -> None:
    roll = stopped(stage)
    lines = stage.shelf.journal(roll).read_text()
    assert stage.type("abort", answer="n\nn\n").exit_code == 3
    assert stage.type("abort", "--json").exit_code == 2
    assert stage.shelf.journal(roll).read_text() == lines


def test_a_rollback_brings_back_the_nodes_of_a_roll_and_no_others(stage: Stage) -> None:
    before = amis(stage)
    assert stage.type("roll", "--ami", stage.new_ami, "--yes", "--limit", "2").exit_code == 0
    assert amis(stage).count(stage.new_ami) == 2
    ended = stage.type("rollback", "--yes")
    assert ended.exit_code == 0, ended.output
    assert amis(stage) == before
    assert "rollback of" in stage.type("status").output


def test_a_rollback_of_what_another_roll_has_replaced_since_is_refused(stage: Stage) -> None:
    assert stage.type("roll", "--ami", stage.new_ami, "--yes", "--limit", "1").exit_code == 0
    (first,) = stage.shelf.ids()
    assert stage.type("rollback", "--yes").exit_code == 0
    refused = stage.type("rollback", first, "--yes")
    assert refused.exit_code == 3
    assert f"has worked on nodes of {first} since" in refused.output


def test_a_rollback_without_a_roll_is_refused(stage: Stage) -> None:
    assert stage.type("rollback", "--yes").exit_code == 3


def test_a_rollback_waits_for_the_end_of_a_roll_that_is_in_flight(stage: Stage) -> None:
    roll = stopped(stage)
    assert stage.type("abort", "--yes").exit_code == 0
    assert stage.type("rollback", roll, "--yes").exit_code == 0
    assert stage.new_ami not in amis(stage)


@pytest.mark.parametrize("words", [("abort", "--revert"), ("resume",)])
def test_a_roll_that_a_colleague_has_ended_since_it_was_looked_at_is_left_alone(
    stage: Stage, words: tuple[str, ...]
) -> None:
    """He was quicker to the lock; what Terraform names may be another roll's by now."""
    roll = stopped(stage)
    lock = stage.cluster.lock

    @contextmanager
    def after_him(claim: Claim) -> Iterator[Lease]:
        stage.cluster = replace(stage.cluster, lock=lock)
        assert stage.type("abort", roll, "--yes").exit_code == 0
        with lock(claim) as lease:
            yield lease

    stage.cluster = replace(stage.cluster, lock=after_him)
    images = dict(stage.world.terraform.images)
    ended = stage.type(*words, "--yes")
    assert ended.exit_code == 3, ended.output
    assert f"roll {roll} has been ended by somebody meanwhile (roll-aborted)" in ended.output
    assert dict(stage.world.terraform.images) == images
    assert stage.shelf.load(roll).progress.over == "roll-aborted"

"""apply-terraform (R5): exactly the addresses wanted, through a saved plan that was read, by one writer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcosmaint.errors import Fatal, NodeFailed
from dcosmaint.model import Node
from dcosmaint.ports import Step
from dcosmaint.sandbox.world.program import Drift
from dcosmaint.steps.apply_terraform import ApplyTerraform
from tests.steps.bench import GROUP, SHAPE, Bench, a_bench

NAME = "apply-terraform"


def terminated() -> Bench:
    bench = a_bench()
    bench.bring(NAME)
    return bench


def test_the_address_has_a_new_running_instance_of_the_wanted_ami() -> None:
    bench = terminated()
    waited = bench.drive(bench.steps[NAME])
    assert (waited[-1].goal, waited[-1].left) == (f"{bench.new.id} to run", "pending")
    assert bench.new.id != bench.old.id
    assert (bench.new.state, bench.new.ami) == ("running", bench.roll.images[GROUP])
    assert [line["addresses"] for line in bench.events("apply")] == [[bench.address]]


def test_r5_a_plan_that_touches_anything_else_is_refused_by_address_and_not_applied() -> None:
    bench = terminated()
    bench.world.faults.unrelated = (Drift("aws_db_instance.ledger", ("update",), type="aws_db_instance"),)
    with pytest.raises(Fatal, match=r"aws_db_instance\.ledger is none of our business"):
        bench.drive(bench.steps[NAME])
    assert bench.events("apply") == []


def test_r5_a_plan_that_creates_less_than_is_wanted_is_refused() -> None:
    """Somebody stopped the instance instead: Terraform sees nothing to create."""
    bench = a_bench()
    step = bench.bring("terminate-instance")
    assert step.name == "terminate-instance"
    with pytest.raises(Fatal, match="would not be created"):
        bench.drive(bench.steps[NAME])
    assert bench.events("apply") == []


@pytest.mark.parametrize("what", ["plan", "apply"])
def test_a_terraform_that_fails_concerns_the_whole_roll(what: str) -> None:
    bench = terminated()
    setattr(bench.world.faults, f"{what}_fails", "Error: InsufficientInstanceCapacity")
    with pytest.raises(Fatal, match=f"terraform {what} failed: Error: InsufficientInstanceCapacity"):
        bench.drive(bench.steps[NAME])


def test_after_a_failed_apply_a_resume_plans_anew() -> None:
    bench = terminated()
    bench.world.faults.apply_fails = "Error: InsufficientInstanceCapacity"
    with pytest.raises(Fatal):
        bench.drive(bench.steps[NAME])
    bench.world.faults.apply_fails = ""
    bench.drive(bench.steps[NAME])
    assert len(bench.events("plan")) == 2


@pytest.mark.parametrize("seconds", [2.0, 12.0])
def test_a_terraform_that_outlived_us_is_waited_for(seconds: float) -> None:
    """A second one would find the state locked. A plan that was not made by us is made again, an apply is not."""
    bench = terminated()
    step = bench.steps[NAME]
    running = step.run()
    for _ in range(12):
        if bench.world.terraform.newest and bench.world.terraform.newest.running:
            break
        next(running)
        bench.pass_by(1.0)
    bench.pass_by(seconds)
    bench.drive(bench.steps[NAME])
    assert len(bench.events("launch")) == 1
    assert len(bench.events("apply")) == 1


def of_another_ami(bench: Bench) -> str:
    other = bench.world.cloud.add_ami("dcos-agent-other").id
    bench.world.terraform.plan([bench.address], {GROUP: other}, by="operator")
    bench.pass_by(10.0)
    bench.world.terraform.apply(by="operator")
    bench.pass_by(60.0)
    return other


def test_an_instance_of_another_ami_is_not_ours() -> None:
    bench = terminated()
    other = of_another_ami(bench)
    with pytest.raises(NodeFailed, match=f"{other}, and {bench.roll.images[GROUP]} was wanted") as failed:
        bench.drive(bench.steps[NAME])
    assert "/var/lib/mesos" not in str(failed.value)


@pytest.mark.parametrize(
    ("volumes", "ordered", "told"), [("work-dir", "fresh", True), ("work-dir", "keep", False), ("data", "fresh", False)]
)
def test_the_identity_that_it_left_on_a_volume_is_to_be_emptied_where_that_is_to_be_fresh(
    volumes: str, ordered: str, *, told: bool
) -> None:
    bench = a_bench(shape=replace(SHAPE, volumes=volumes), work_dir=ordered)
    bench.bring(NAME)
    of_another_ami(bench)
    with pytest.raises(NodeFailed) as failed:
        bench.drive(bench.steps[NAME])
    words = f"empty /var/lib/mesos/slave on {bench.new.id}: the next one finds it"
    assert (words in str(failed.value)) == told


def beside(bench: Bench, number: int, step: Step) -> Step:
    """The same step for another node of the roll, with the same writer."""
    assert isinstance(step, ApplyTerraform)
    address = f"{GROUP}[{number}]"
    machine = bench.world.node(address)
    bench.world.vanish(machine.id)
    instance = bench.site.ec2.instances([machine.id])[0]
    return replace(step, node=replace(step.node, address=address, instance=instance))


def test_nodes_that_want_it_together_share_one_apply() -> None:
    bench = terminated()
    step = bench.steps[NAME]
    steps = [step, *(beside(bench, number, step) for number in (4, 5))]
    bench.pass_by(60.0)
    running = [step.run() for step in steps]
    for _ in range(60):
        running = [one for one in running if next(one, None)]
        bench.pass_by(5.0)
    assert running == []
    assert [line["addresses"] for line in bench.events("apply")] == [[step.address for step in _nodes(steps)]]


def _nodes(steps: list[Step]) -> list[Node]:
    return [step.node for step in steps if isinstance(step, ApplyTerraform)]

"""bake-image and swap-image: once a roll, before any node."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcosmaint.errors import Fatal
from dcosmaint.lines import RollBegun
from dcosmaint.model import Work
from tests.steps.bench import GROUP, Bench, a_bench

BAKE, SWAP = "bake-image", "swap-image"


def baking() -> Bench:
    """A roll that bakes its own AMI."""
    bench = a_bench()
    bench.journal.append(RollBegun(replace(bench.roll, images={GROUP: ""})))
    return bench


def test_an_ami_is_baked_once_and_found_by_its_tag() -> None:
    bench = baking()
    bench.drive(bench.steps[BAKE])
    bench.drive(bench.steps[BAKE])
    assert bench.acts() == ["packer.bake"]
    image = bench.site.ec2.baked("r1")
    assert image
    assert image.state == "available"


def test_it_tells_what_packer_says() -> None:
    bench = baking()
    waited = bench.drive(bench.steps[BAKE])
    assert str(waited[1]) == "packer to build the AMI (amazon-ebs: provisioning)"
    assert {waiting.patience for waiting in waited} == {bench.roll.policy.waits.apply}


def test_a_packer_that_outlived_us_is_waited_for() -> None:
    bench = baking()
    bench.looks(bench.steps[BAKE], 2)
    bench.drive(bench.steps[BAKE])
    assert len(bench.events("bake")) == 1


def test_a_build_that_fails_under_our_eyes_stops_the_roll_with_its_own_words() -> None:
    bench = baking()
    bench.world.faults.bake_fails = "Error: VolumeLimitExceeded"
    with pytest.raises(Fatal, match="packer failed: Error: VolumeLimitExceeded"):
        bench.drive(bench.steps[BAKE])


def test_a_build_that_failed_before_our_time_is_tried_again() -> None:
    bench = baking()
    bench.world.faults.bake_fails = "Error: VolumeLimitExceeded"
    bench.looks(bench.steps[BAKE], 2)
    bench.pass_by(600.0)
    bench.world.faults.bake_fails = ""
    bench.drive(bench.steps[BAKE])
    assert len(bench.events("bake")) == 2


def test_a_build_that_leaves_no_tagged_ami_is_told_so() -> None:
    bench = baking()
    bench.looks(step := bench.steps[BAKE], 1)
    running = step.run()
    next(running)
    program = bench.world.packer.newest
    assert program
    program.end()
    with pytest.raises(Fatal, match="no AMI carries the tag dcosmaint:roll"):
        next(running)


def test_what_was_baked_goes_into_terraform() -> None:
    bench = baking()
    bench.drive(bench.bring(SWAP))
    image = bench.site.ec2.baked("r1")
    assert image
    assert bench.world.terraform.images == {GROUP: image.id}


def test_only_groups_that_are_behind_are_touched() -> None:
    bench = a_bench()
    bench.world.terraform.images[GROUP] = bench.roll.images[GROUP]
    assert bench.drive(bench.steps[SWAP]) == []
    assert bench.acts() == []


def test_a_drain_prepares_nothing() -> None:
    bench = a_bench(Work.DRAIN)
    assert not {BAKE, SWAP} & set(bench.steps)

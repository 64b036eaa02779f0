"""What others do to the Terraform of a served sandbox, and an AWS that is throttled: met by real programs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from dcosmaint.sandbox.served.aws import Aws
from dcosmaint.sandbox.served.aws_faults import THROTTLED
from dcosmaint.sandbox.served.colleagues import LOCK_ID, Colleagues
from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.faults.clouds import LEDGER as DRIFT
from tests.adapters.conftest import terraform as terraform

LEDGER = """\
variable "ledger" {
  default = "1"
}
resource "terraform_data" "ledger" {
  triggers_replace = var.ledger
}
"""


class Team:
    """A folder of code whose only resource is theirs."""

    def __init__(self, binary: str, folder: Path) -> None:
        self._binary, self._folder = binary, folder
        (folder / "main.tf").write_text(LEDGER)
        self.world, self.colleagues = World(), Colleagues(folder)
        self.run("init")
        self.run("apply", "-auto-approve")
        self.colleagues.follow(self.world)

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [self._binary, *words, "-no-color", "-input=false"], cwd=self._folder, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
        )  # fmt: skip
        return done.stdout

    def later(self) -> None:
        self.world.advance(self.world.now + 10.0)


@pytest.mark.real
def test_a_colleague_holds_the_lock_and_changes_what_is_theirs(terraform: str, tmp_path: Path) -> None:
    team = Team(terraform, tmp_path)
    team.world.faults.locked = "colleague@laptop"
    team.later()
    said = team.run("plan")
    assert "Error acquiring the state lock" in said
    assert (LOCK_ID in said, "colleague@laptop" in said) == (True, True)
    team.world.faults.locked = ""
    team.world.faults.unrelated = (DRIFT,)
    team.later()
    assert "terraform_data.ledger must be replaced" in team.run("plan")
    team.world.faults.unrelated = ()
    team.later()
    assert "No changes" in team.run("plan")


@pytest.fixture
def aws() -> Iterator[Aws]:
    aws = Aws(73)
    aws.start()
    yield aws
    aws.stop()


def test_an_aws_call_is_throttled_or_broken_off_by_name(aws: Aws) -> None:
    world = World()
    aws.follow(Pace(world, 0.0), lambda _instance_id: "")
    world.faults.wire["ec2"] = ["throttled", "reset"]
    asks = {"Action": "DescribeRegions", "Version": "2016-11-15"}
    throttled = requests.post(aws.endpoint, asks, timeout=5)
    assert (throttled.status_code, throttled.content) == (503, THROTTLED)
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.post(aws.endpoint, asks, timeout=5)
    assert world.faults.calls == {"throttled": 1, "reset": 1}
    assert requests.post(aws.endpoint, asks, timeout=5).status_code != 503

"""The faults of `on_wires`, all met on one served sandbox by the real command in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from subprocess import CompletedProcess

import pytest

from tests.faults.fault import RESUME, OnWires
from tests.faults.on_wires import HTTP, MACHINE, SSH, TERRAFORM
from tests.served.conftest import _terraform as _terraform
from tests.served.desk import Desk, sit_down

pytestmark = [pytest.mark.real, pytest.mark.slow]

FULL = next(row for row in MACHINE if row.name == "disk-full")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = sit_down(tmp_path_factory.mktemp("faults"), nodes=8, time_factor=150.0)
    yield desk
    desk.sandbox.stop()


@pytest.fixture(scope="module")
def public(desk: Desk) -> dict[str, str]:
    """The private IPs of the two public nodes."""
    nodes = desk.sandbox.status()["nodes"]
    ips = [node["private_ip"] for node in nodes if "public" in node["address"]]
    return dict(zip(("node", "other"), ips, strict=True))


def meet(desk: Desk, row: OnWires, public: dict[str, str]) -> CompletedProcess[str]:
    """Type the row's command while its fault lasts."""
    with row.brings(desk) as there:
        ended = there.type(*(word.format(**public) for word in row.command))
    assert ended.returncode == row.code, ended.stdout
    assert [words for words in row.says if words not in ended.stdout] == [], ended.stdout
    assert "Traceback" not in ended.stdout
    assert (row.code == 4) is (RESUME in ended.stdout)
    return ended


def well(desk: Desk, *words: str) -> None:
    ended = desk.type(*words, "--yes")
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("row", [*HTTP, *(row for row in MACHINE if row is not FULL)], ids=lambda row: row.name)
def test_a_fault_before_anything_was_begun_is_told_and_touches_nothing(
    desk: Desk, public: dict[str, str], row: OnWires
) -> None:
    before = [json.loads(line)["what"] for line in desk.sandbox.log()]
    meet(desk, row, public)
    after = [json.loads(line) for line in desk.sandbox.log()[len(before) :]]
    assert [line for line in after if line["by"] == "tool"] == []


def test_a_disk_that_fills_up_stops_a_drain_and_a_resume_ends_it(desk: Desk, public: dict[str, str]) -> None:
    meet(desk, FULL, public)
    well(desk, "resume")
    assert "is drained already" in desk.type("drain", public["node"], "--yes").stdout


@pytest.mark.parametrize("row", SSH, ids=lambda row: row.name)
def test_a_fault_of_ssh_is_told_and_the_same_command_does_it_afterwards(
    desk: Desk, public: dict[str, str], row: OnWires
) -> None:
    well(desk, "drain", public["node"])
    meet(desk, row, public)
    well(desk, "undrain", public["node"])


def test_a_node_gets_through_three_faults_of_terraform_one_resume_after_the_other(
    desk: Desk, public: dict[str, str]
) -> None:
    well(desk, "undrain", public["node"])
    for row in TERRAFORM:
        meet(desk, row, public)
    well(desk, "resume")
    tally = desk.tally
    assert (tally.breaches, tally.replaced) == ((), 1)

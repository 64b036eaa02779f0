"""Volumes that outlive their instances, over real wires: EC2 keeps them, and a boot script attaches them again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dcosmaint.sandbox.monitor import Yardstick, judge
from tests.served.desk import Desk, sit_down

pytestmark = pytest.mark.real

FAST = 150.0


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    profile, volumes = request.param
    desk = sit_down(tmp_path, time_factor=FAST, nodes=8, volumes=volumes, profile=profile)
    yield desk
    desk.sandbox.stop()


def say(desk: Desk, work_dir: str) -> None:
    """As its operator writes it into the configuration."""
    config = Path(desk.sandbox.config)
    config.write_text(config.read_text().replace("    nodes:\n", f"    nodes:\n      work_dir: {work_dir}\n"))


def rolled(desk: Desk) -> tuple[str, ...]:
    """Two nodes, both with members."""
    nodes = ("aws_instance.dcos_agent_node[0]", "aws_instance.dcos_agent_node[1]")
    named = (word for node in nodes for word in ("--only", node))
    return ("roll", "--ami", desk.sandbox.record["amis"]["next"], *named, "--soak", "0", "--yes")


def ids(desk: Desk) -> dict[str, str]:
    nodes = json.loads(desk.type("nodes", "--json").stdout.partition("]\n")[0] + "]")
    return {node["node"]: node["agent_id"] for node in nodes}


@pytest.mark.parametrize("desk", [("2.1", "work-dir")], indirect=True)
def test_nothing_begins_before_somebody_says_what_becomes_of_work_dirs_and_fresh_makes_new_agents(desk: Desk) -> None:
    before = ids(desk)
    refused = desk.type(*rolled(desk))
    assert refused.returncode == 3, refused.stdout
    assert "keeps the work dir of its agent on a volume of its own" in refused.stdout
    say(desk, "fresh")
    ended = desk.type(*rolled(desk))
    assert ended.returncode == 0, ended.stdout
    assert not desk.tally.breaches
    after = ids(desk)
    assert [node for node in before if after[node] != before[node]] == [
        "aws_instance.dcos_agent_node[0]",
        "aws_instance.dcos_agent_node[1]",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("desk", [("1.11", "mixed")], indirect=True)
def test_keep_brings_an_agent_back_under_its_id_where_its_work_dir_is_kept_and_makes_a_new_one_elsewhere(
    desk: Desk,
) -> None:
    before = ids(desk)
    say(desk, "keep")
    ended = desk.type(*rolled(desk))
    assert ended.returncode == 0, ended.stdout
    assert not judge(desk.sandbox.log(), {}, yardstick=Yardstick(last=True, airtight=False)).breaches
    after = ids(desk)
    assert [node for node in before if after[node] != before[node]] == ["aws_instance.dcos_agent_node[1]"]

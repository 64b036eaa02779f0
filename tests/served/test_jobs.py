"""Tasks of frameworks that nobody here moves, over real wires: refused, waited for, taken down."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from dcosmaint.model import Fate
from tests.served.desk import Desk, sit_down

pytestmark = [pytest.mark.real, pytest.mark.slow]

LAST = "aws_instance.dcos_agent_node[9]"
"""The node with a job of Metronome and a task of another Marathon; no service has a member there."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = sit_down(tmp_path, time_factor=60.0, jobs="some")
    yield desk
    desk.sandbox.stop()


def decide(desk: Desk, fates: Mapping[str, Fate]) -> None:
    path = desk.sandbox.config
    found = yaml.safe_load(path.read_text())
    found["clusters"]["sandbox"]["policy"]["frameworks"] = dict(fates)
    path.write_text(yaml.safe_dump(found))


def replaced(desk: Desk) -> tuple[int, str]:
    ended = desk.type("replace", LAST, "--ami", desk.sandbox.record["amis"]["next"], "--yes")
    return ended.returncode, " ".join(ended.stdout.split())


def happened(desk: Desk, what: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, desk.sandbox.log()) if line["what"] == what]


def test_refused_as_long_as_nothing_is_said_then_waited_for_or_taken_down(desk: Desk) -> None:
    desk.order(job={LAST: "metronome"})  # its first one may have ended since the sandbox began
    code, said = replaced(desk)
    assert code == 3
    for framework in ("metronome", "marathon-user"):
        assert f"of {framework}, which nobody here knows how to move" in said
    decide(desk, {"metronome": "wait", "marathon-user": "ignore"})
    desk.order(job={LAST: "metronome"})
    code, said = replaced(desk)
    assert code == 0, said
    assert f"1 task of it GO DOWN with {LAST}" in said
    assert "of metronome" in said.partition("since policy.frameworks.marathon-user is ignore")[2]
    assert {line["framework"] for line in happened(desk, "job-lost")} == {"marathon-user"}
    assert not desk.tally.breaches
    assert desk.tally.on_wanted_ami == 1

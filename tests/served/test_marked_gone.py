"""Somebody else terminates an instance in flight, over real wires: the master is told, and a scheduler replaces."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.served.desk import Desk, sit_down

pytestmark = pytest.mark.real

NODE = "aws_instance.dcos_agent_node[0]"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = sit_down(tmp_path, time_factor=60.0, nodes=8)
    yield desk
    desk.sandbox.stop()


def lines(desk: Desk, what: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, desk.sandbox.log()) if line["what"] == what]


@pytest.mark.trap("what runs on an agent that has left waits for it for ever")
def test_its_member_is_replaced_by_its_own_scheduler_once_the_master_is_told(desk: Desk) -> None:
    process = desk.begin("roll", "--ami", desk.sandbox.record["amis"]["next"], "--only", NODE, "--soak", "0", "--yes")
    while not lines(desk, "deactivate") and process.poll() is None:
        time.sleep(0.05)
    (cordoned,) = lines(desk, "deactivate")
    desk.order(vanish=cordoned["instance"])
    said, _ = process.communicate(timeout=300.0)
    assert process.returncode == 0, said
    (gone,) = [line for line in lines(desk, "agent-gone") if line["how"] == "marked gone"]
    assert gone["instance"] == cordoned["instance"]
    assert not desk.tally.breaches

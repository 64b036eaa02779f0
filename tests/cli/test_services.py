"""What is said of services that are no Kafka: in a plan, by a refusal, while a roll goes on, and by doctor."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dcosmaint.sandbox.world import Shape
from dcosmaint.sandbox.world.shape import CASSANDRA, HDFS
from tests.cli.stage import Stage

WORD = "has nothing but its scheduler's word that a replaced member is whole"


def a_stage(folder: Path, *, proof: bool = False) -> Stage:
    shape = Shape(nodes=6, public=0, services=(replace(CASSANDRA, proof=proof),), resync=(20.0, 60.0), apps=())
    return Stage(folder, shape)


def blocked(output: str) -> str:
    return " ".join(output.split("BLOCKED:", 1)[1].split())


def test_a_plan_is_blocked_where_nothing_proves_that_a_member_is_whole_and_says_both_ways_out(tmp_path: Path) -> None:
    stage = a_stage(tmp_path)
    ended = stage.type("plan", "--ami", stage.new_ami)
    assert ended.exit_code == 3
    assert blocked(ended.output).startswith(
        f"no-proof: cassandra {WORD}: give services.cassandra.in_sync a command that tells more"
        " (or take the risk: --accept no-proof=cassandra)"
    )
    assert "warning: cassandra" not in ended.output


def test_a_word_that_is_taken_is_told_as_a_warning(tmp_path: Path) -> None:
    stage = a_stage(tmp_path)
    ended = stage.type("plan", "--ami", stage.new_ami, "--accept", "no-proof=cassandra", "--json")
    plan = json.loads(ended.output)
    assert (ended.exit_code, plan["blockers"]) == (0, [])
    assert plan["warnings"] == [{"rule": "no-proof", "subject": "cassandra", "message": WORD}]


@pytest.mark.parametrize("rule", ["no-proof", "service-unsupported"])
def test_such_a_risk_is_taken_for_one_service_at_a_time(tmp_path: Path, rule: str) -> None:
    ended = a_stage(tmp_path).type("plan", "--accept", rule)
    assert ended.exit_code == 2
    assert f"name what is given up: {rule}=SERVICE" in ended.output


def test_what_is_its_operators_is_named_member_by_member_before_its_node_goes_down(tmp_path: Path) -> None:
    stage = a_stage(tmp_path)
    stage.limit(moves={"cassandra": "ignore"})
    warnings = json.loads(stage.type("plan", "--ami", stage.new_ami, "--json").output)["warnings"]
    assert [(one["rule"], one["subject"]) for one in warnings] == [("ignored", f"cassandra/node-{n}") for n in range(4)]
    assert warnings[0]["message"].startswith(
        f"goes down, and its volume is lost, with {stage.address(0)}, since services.cassandra.replace is ignore:"
    )


def test_a_service_that_may_not_be_moved_is_refused_by_its_name(tmp_path: Path) -> None:
    stage = a_stage(tmp_path)
    stage.limit(moves={"cassandra": "refuse"})
    ended = stage.type("roll", "--ami", stage.new_ami, "--yes")
    assert ended.exit_code == 3
    assert "service-refused: cassandra is not moved by us" in " ".join(ended.output.split())
    assert not stage.shelf.ids()


def test_a_roll_says_what_a_member_waits_for_by_its_own_command(tmp_path: Path) -> None:
    stage = a_stage(tmp_path, proof=True)
    ended = stage.type("replace", stage.address(2), "--ami", stage.new_ami, "--yes")
    assert ended.exit_code == 0, ended.output
    assert "cassandra/node-2 to be in sync (its data is still on its way)" in ended.output


def test_doctor_tells_what_each_kind_asks_for(tmp_path: Path) -> None:
    shape = Shape(nodes=9, public=0, services=(HDFS, replace(CASSANDRA, name="db", package="scylla")), apps=())
    stage = Stage(tmp_path, shape)
    checks = json.loads(stage.type("doctor", "--json").output)["checks"]
    said = {one["says"]: one["remedy"] for one in checks if one["name"] == "plan"}
    (hdfs,) = [says for says in said if says.startswith(f"no-proof: hdfs: {WORD}, and a journal node can come up")]
    assert said[hdfs] == "that, or take the risk: `--accept no-proof=hdfs`"
    (db,) = [says for says in said if says.startswith("service-unsupported: db: is of kind scylla, and nobody here")]
    assert "set services.db.replace to auto" in db
    stage.limit(moves={"db": "auto"})
    assert "service-unsupported" not in stage.type("doctor").output

"""plan, roll, replace, drain, undrain, resume and status, as they are typed and as they end."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path

import pytest

import dcosmaint
from dcosmaint.cli.risks import BLOCKERS
from dcosmaint.sandbox.world import KafkaShape, Shape, TopicShape
from dcosmaint.sandbox.world.state import Drain
from tests.cli.stage import Stage

SMALL = Shape(
    nodes=6,
    public=1,
    services=(KafkaShape("kafka-events", 3, (TopicShape("clicks", 4, 3),)),),
    resync=(60.0, 120.0),
    apps=(),
)
FRAGILE = Shape(
    nodes=6, public=1, services=(KafkaShape("kafka-events", 3, (TopicShape("scratch", 2, 1),)),), apps=()
)  # fmt: skip


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, Shape(nodes=7, public=2, services=SMALL.services, resync=SMALL.resync, apps=()))


def test_a_roll_replaces_every_node_and_ends_with_the_tally(stage: Stage) -> None:
    ended = stage.type("roll", "--ami", stage.new_ami, "--yes")
    assert ended.exit_code == 0, ended.output
    assert "on the wanted AMI" in ended.output
    assert all(
        machine.ami == stage.new_ami for machine in map(stage.world.machine, stage.world.terraform.state.values())
    )


def test_a_roll_of_a_fleet_that_is_up_to_date_has_nothing_to_do(stage: Stage) -> None:
    ended = stage.type("roll", "--yes")
    assert ended.exit_code == 0
    assert "Nothing to do" in ended.output
    assert not stage.shelf.ids()


def test_without_yes_the_clusters_name_is_asked_for(stage: Stage) -> None:
    ended = stage.type("roll", "--ami", stage.new_ami, answer="prod\n")
    assert ended.exit_code == 3
    assert "not confirmed. Nothing was touched." in ended.output
    assert not stage.shelf.ids()


def test_a_question_that_nobody_answers_names_the_flag_that_does(stage: Stage) -> None:
    """The end of a pipe: nobody has interrupted anything."""
    ended = stage.type("roll", "--ami", stage.new_ami)
    assert ended.exit_code == 2
    assert "Add --yes. Nothing was touched" in ended.output
    assert not stage.shelf.ids()


def test_a_plan_as_json_has_the_fields_of_the_contract(stage: Stage) -> None:
    ended = stage.type("plan", "--ami", stage.new_ami, "--json")
    plan = json.loads(ended.output)
    assert ended.exit_code == 0
    assert set(plan) == {
        "schema", "cluster", "facts", "target_ami", "strategy", "order", "cordon", "caps", "nodes", "batches",
        "lower_bound", "forecast", "exposure", "blockers", "warnings", "fingerprint",
    }  # fmt: skip
    assert plan["schema"] == "dcosmaint/plan/v1"
    assert sorted(address for batch in plan["batches"] for address in batch["nodes"]) == sorted(
        node["node"] for node in plan["nodes"]
    )
    assert all(batch["lost"].get("kafka-events", 0) <= 1 for batch in plan["batches"])
    assert plan["forecast"]["member_moves"] >= 3


def test_a_plan_touches_nothing(stage: Stage) -> None:
    before = list(stage.world.log)
    stage.type("plan", "--ami", stage.new_ami)
    assert stage.world.log == before
    assert not stage.shelf.ids()


def test_plan_with_exit_code_tells_outdated_nodes_apart(stage: Stage) -> None:
    assert stage.type("plan", "--exit-code", "--ami", stage.new_ami).exit_code == 6
    assert stage.type("plan", "--exit-code").exit_code == 0


def test_the_plan_of_a_service_with_replication_1_is_refused_by_topic(tmp_path: Path) -> None:
    stage = Stage(tmp_path, FRAGILE)
    ended = stage.type("roll", "--ami", stage.new_ami, "--yes")
    assert ended.exit_code == 3
    assert "data-loss: kafka-events/scratch" in ended.output
    assert "--accept data-loss=kafka-events/scratch" in ended.output.replace("\n", "")


def test_a_node_that_does_not_exist_is_named_with_those_that_are_near(stage: Stage) -> None:
    ended = stage.type("drain", "aws_instance.dcos_agent_node[77]", "--yes")
    assert ended.exit_code == 2
    assert "aws_instance.dcos_agent_node[77] is the name of no node" in ended.output
    assert "Did you mean aws_instance.dcos_agent_node[" in ended.output


@pytest.mark.parametrize("command", [("plan",), ("roll", "--yes")])
def test_nodes_that_are_named_and_left_out_at_once_are_a_mistake_and_no_fleet_that_is_up_to_date(
    stage: Stage, command: tuple[str, ...]
) -> None:
    one, same = stage.address(1), stage.world.node(stage.address(1)).private_ip
    ended = stage.type(*command, "--ami", stage.new_ami, "--only", one, "--exclude", same)
    assert ended.exit_code == 2
    assert f"nothing of --only is left after --exclude: {one}" in ended.output
    stage.cluster = replace(stage.cluster, exclude=(one,))
    ended = stage.type(*command, "--ami", stage.new_ami, "--only", one, "--zone", "us-east-1a")
    assert f"nothing of --only is left after policy.exclude and --zone: {one}" in ended.output
    assert not stage.shelf.ids()


def test_every_excluded_name_of_nobody_blocks_beside_all_else(stage: Stage) -> None:
    stage.cluster = replace(stage.cluster, exclude=(stage.address(1), "10.99.0.1", "aws_instance.dcos_agent_node[77]"))
    ended = stage.type("plan", "--ami", stage.new_ami, "--json")
    assert ended.exit_code == 3
    plan = json.loads(ended.stdout)
    first, second = [one for one in plan["blockers"] if one["rule"] == "unknown-node"]
    assert (first["subject"], second["subject"]) == ("10.99.0.1", "aws_instance.dcos_agent_node[77]")
    assert first["message"].startswith("stands in policy.exclude, and is the name of no node. Did you mean 10.")
    assert [node["node"] for node in plan["nodes"] if node["excluded"]] == [stage.address(1)]


def test_an_excluded_name_of_nobody_keeps_no_single_node_from_being_drained(stage: Stage) -> None:
    stage.cluster = replace(stage.cluster, exclude=("10.99.0.1",))
    assert "unknown-node" not in stage.type("drain", stage.address(2), "--yes").output


def test_a_master_is_no_node(stage: Stage) -> None:
    ended = stage.type("drain", "10.0.0.11", "--yes")
    assert ended.exit_code == 2
    assert "10.0.0.11 is a master" in ended.output


@pytest.mark.parametrize(
    "words",
    [
        ("--cap", "kafka-events=0"),
        ("--batch-size", "0"),
        ("--batch-size", "0%"),
        ("--soak", "soon"),
        ("--limit", "0"),
        ("--accept", "last-public"),
        ("--accept", "data-loss"),
        ("--accept", "differs"),
        ("--accept", "differs=role"),
        ("--accept", ""),
        ("--ami", ""),
        ("--cap", "nosuch=2"),
        ("--zone", "nowhere"),
        ("--soak", "99999d"),
    ],
)
def test_values_that_mean_nothing_are_usage_errors(stage: Stage, words: tuple[str, str]) -> None:
    assert stage.type("roll", *words, "--yes").exit_code == 2


def test_an_ami_that_does_not_exist_is_a_blocker(stage: Stage) -> None:
    ended = stage.type("roll", "--ami", "ami-00000000000000000", "--yes")
    assert ended.exit_code == 3
    assert "image: ami-00000000000000000 does not exist" in ended.output


def test_only_limit_and_exclude_choose_nodes(stage: Stage) -> None:
    words = ("roll", "--ami", stage.new_ami, "--yes", "--json")
    ended = stage.type(*words, "--only", stage.address(1), "--only", stage.address(2), "--exclude", stage.address(2))
    assert ended.exit_code == 0, ended.output
    assert [stage.world.node(stage.address(n)).ami == stage.new_ami for n in range(3)] == [False, True, False]
    ended = stage.type(*words, "--limit", "1")
    assert sum(stage.world.node(a).ami == stage.new_ami for a in stage.world.terraform.state) == 2


def test_json_lines_of_a_roll_are_numbered_and_named(stage: Stage) -> None:
    ended = stage.type("roll", "--ami", stage.new_ami, "--only", stage.address(0), "--yes", "--json")
    lines = [json.loads(line) for line in ended.output.splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[0]["event"] == "roll-begin"
    assert lines[-1]["event"] == "roll-done"
    assert {line["roll"] for line in lines} == set(stage.shelf.ids())
    waiting = next(line for line in lines if line["event"] == "waiting")
    assert {"goal", "left", "since", "node", "step"} <= set(waiting)


def test_a_drained_node_stays_empty_over_a_reboot_and_comes_back_by_undrain(stage: Stage) -> None:
    node = stage.address(0)
    machine = stage.world.node(node)
    assert stage.type("drain", machine.private_ip, "--yes").exit_code == 0
    stage.world.systemd.reboot(machine)
    stage.world.advance(stage.world.now + 3600)
    assert machine.state == "running"
    assert not [agent for agent in stage.world.ground.listed if agent.machine is machine]
    ended = stage.type("undrain", machine.private_ip, "--yes")
    assert ended.exit_code == 0, ended.output
    assert [agent.active for agent in stage.world.ground.listed if agent.machine is machine] == [True]


def test_drain_of_a_drained_node_and_undrain_of_one_that_serves_have_nothing_to_do(stage: Stage) -> None:
    node, other = (stage.world.node(stage.address(number)).private_ip for number in (0, 1))
    assert stage.type("drain", node, "--yes").exit_code == 0
    before = list(stage.world.log), stage.shelf.ids()
    again, never = stage.type("drain", node, "--yes"), stage.type("undrain", other, "--yes")
    assert (again.exit_code, never.exit_code) == (0, 0)
    assert f"({node}) is drained already" in again.output
    assert f"`dcosmaint undrain {node}` brings it back" in again.output
    assert f"({other}) is not drained; its agent is active." in never.output
    assert (list(stage.world.log), stage.shelf.ids()) == before


def test_a_drain_that_somebody_has_undone_in_part_is_brought_back_whole(stage: Stage) -> None:
    """He started its agent by hand; that the cordon under its id is our drain's stands in the journal."""
    machine = stage.world.node(stage.address(0))
    assert stage.type("drain", machine.private_ip, "--yes").exit_code == 0
    stage.world.systemd.release_agent(machine, by="operator")
    stage.world.advance(stage.world.now + 600.0)
    stage.world.master.deactivate(machine.agent_id, by="operator")
    ended = stage.type("undrain", machine.private_ip, "--yes")
    assert ended.exit_code == 0, ended.output
    assert "Nothing to do" not in ended.output
    assert not stage.world.ground.agents[machine.agent_id].deactivated


def test_an_agent_that_fell_silent_under_the_cordon_of_a_drain_comes_back_without_it(stage: Stage) -> None:
    """The master has kept the cordon under its id, and lists nobody when the undrain begins."""
    machine = stage.world.node(stage.address(0))

    def hang() -> None:
        if machine.docker:
            stage.world.at(0.1, hang)
        else:
            stage.world.faults.hangs.add(machine.id)

    hang()
    assert stage.type("drain", machine.private_ip, "--yes").exit_code == 4
    stage.world.faults.hangs.clear()
    stage.world.systemd.stop_agent(machine)
    stage.world.advance(stage.world.now + 2000.0)
    assert stage.type("abort", "--hold", "--yes").exit_code == 4
    assert not stage.world.ground.agents[machine.agent_id].listed
    assert stage.type("undrain", machine.private_ip, "--yes").exit_code == 0
    assert not stage.world.ground.agents[machine.agent_id].deactivated


@pytest.mark.parametrize("drained", [False, True], ids=["never drained", "brought back since"])
def test_r8_undrain_lifts_no_cordon_of_somebody_else(stage: Stage, drained: bool) -> None:
    machine = stage.world.node(stage.address(0))
    for command in ("drain", "undrain") if drained else ():
        assert stage.type(command, machine.private_ip, "--yes").exit_code == 0
    stage.world.master.deactivate(machine.agent_id, by="operator")
    before = list(stage.world.log), stage.shelf.ids()
    ended = stage.type("undrain", machine.private_ip, "--yes")
    assert ended.exit_code == 3
    assert f"somebody else cordoned its agent {machine.agent_id}" in ended.output
    assert f"`dcos node reactivate {machine.agent_id}` if that is over. Nothing was touched." in ended.output
    assert (list(stage.world.log), stage.shelf.ids()) == before


def test_undrain_of_an_agent_that_somebody_else_drains_is_refused(stage: Stage) -> None:
    machine = stage.world.node(stage.address(0))
    stage.world.ground.agents[machine.agent_id].drain = Drain()
    ended = stage.type("undrain", machine.private_ip, "--yes")
    assert ended.exit_code == 3
    assert f"somebody else drains its agent {machine.agent_id}" in ended.output


def test_replace_takes_one_node_that_is_not_outdated(stage: Stage) -> None:
    before = stage.world.node(stage.address(2)).id
    assert stage.type("replace", before, "--yes").exit_code == 0
    assert stage.world.node(stage.address(2)).id != before


def test_a_journal_that_can_not_be_read_is_named(stage: Stage) -> None:
    path = stage.shelf.journal("20260101T000000Z-0000")
    path.parent.mkdir(parents=True)
    path.write_text("no line of ours\n")
    ended = stage.type("roll", "--ami", stage.new_ami, "--yes")
    assert ended.exit_code == 3
    assert f"{path}: line 1 of the journal is damaged" in ended.output


def test_a_roll_that_waits_is_not_gone_on_with_while_another_has_nodes_in_flight(stage: Stage) -> None:
    words = ("--ami", stage.new_ami, "--yes")
    assert stage.type("roll", *words, "--confirm", "batch", answer="n\n").exit_code == 4
    (waits,) = stage.shelf.ids()
    stage.world.faults.apply_fails = "no more capacity"
    assert stage.type("roll", *words, "--only", stage.address(3)).exit_code == 4
    (flies,) = {*stage.shelf.ids()} - {waits}
    refused = stage.type("resume", waits, "--yes")
    assert refused.exit_code == 3
    assert f"`dcosmaint resume {flies}` ends it first" in refused.output
    stage.world.faults.apply_fails = ""
    assert stage.type("resume", flies, "--yes").exit_code == 0
    assert stage.type("resume", waits, "--yes").exit_code != 3


def test_a_held_node_stops_the_roll_and_a_resume_ends_it(stage: Stage) -> None:
    stage.world.faults.apply_fails = "no more capacity: InsufficientInstanceCapacity"
    ended = stage.type("roll", "--ami", stage.new_ami, "--yes")
    assert ended.exit_code == 4
    assert "InsufficientInstanceCapacity" in ended.output
    roll_id = stage.shelf.ids()[0]
    assert f"`dcosmaint resume {roll_id}` goes on;" in ended.output
    assert "InsufficientInstanceCapacity" in stage.type("status").output
    assert stage.type("roll", "--ami", stage.new_ami, "--yes").exit_code == 3  # the other roll has a node in flight
    stage.world.faults.apply_fails = ""
    ended = stage.type("resume", "--yes")
    assert ended.exit_code == 0, ended.output
    assert all(stage.world.node(a).ami == stage.new_ami for a in stage.world.terraform.state)
    assert "roll-done" in stage.type("status").output
    assert "Nothing to do" in stage.type("resume", "--yes").output


@pytest.mark.parametrize("lost", ["dcos", "terraform"])
def test_a_login_that_runs_out_in_the_middle_is_the_journals_last_line_and_a_resume_goes_on(
    stage: Stage, lost: str
) -> None:
    def lose() -> None:
        if lost == "dcos":
            stage.world.faults.login_expired = True
        else:
            stage.world.faults.apply_fails = "ExpiredToken: The security token included in the request is expired"

    stage.world.at(60.0, lose)
    ended = stage.type("roll", "--ami", stage.new_ami, "--yes", "--json")
    assert ended.exit_code == 4
    assert "log in anew" in ended.output
    (roll_id,) = stage.shelf.ids()
    last = json.loads(stage.shelf.journal(roll_id).read_text().splitlines()[-1])
    assert (last["event"], "log in anew" in last["why"]) == ("roll-stopped", True)
    events = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    assert events[-1]["event"] == "roll-stopped"
    stage.world.faults.login_expired, stage.world.faults.apply_fails = False, ""
    assert stage.type("resume", "--yes").exit_code == 0


def test_confirm_node_asks_before_each_and_a_no_stops_the_roll(stage: Stage) -> None:
    words = ("roll", "--ami", stage.new_ami, "--yes", "--confirm", "node")
    ended = stage.type(*words, answer="y\nn\n")
    assert ended.exit_code == 4
    assert "the operator said no" in ended.output
    assert sum(stage.world.node(a).ami == stage.new_ami for a in stage.world.terraform.state) == 1


def test_an_input_that_ends_at_the_question_is_a_no(stage: Stage) -> None:
    ended = stage.type("roll", "--ami", stage.new_ami, "--yes", "--confirm", "batch", answer="")
    assert ended.exit_code == 4
    assert "the operator said no" in ended.output


def test_a_resume_without_an_id_leaves_an_older_roll_alone_once_a_newer_one_is_done(stage: Stage) -> None:
    words = ("roll", "--ami", stage.new_ami, "--yes", "--confirm", "node")
    assert stage.type(*words, answer="n\n").exit_code == 4
    assert stage.type("roll", "--ami", stage.new_ami, "--yes").exit_code == 0
    assert "Nothing to do" in stage.type("resume", "--yes").output


def test_bake_prints_the_ami_that_carries_its_roll(stage: Stage) -> None:
    ended = stage.type("bake")
    assert ended.exit_code == 0, ended.output
    assert ended.output.split()[-1] == stage.new_ami


def test_nodes_lists_what_joins(stage: Stage) -> None:
    listed = json.loads(stage.type("nodes", "--json").output)
    assert [node["node"] for node in listed] == sorted(stage.world.terraform.state)
    assert all(node["agent"] == "active" for node in listed)
    assert stage.type("nodes").exit_code == 0


def test_a_cluster_that_can_not_deactivate_is_rolled_in_another_order_and_the_plan_says_why(tmp_path: Path) -> None:
    stage = Stage(tmp_path, Shape(nodes=7, public=2, profile="1.11"))
    plan = json.loads(stage.type("plan", "--ami", stage.new_ami, "--json").output)
    assert (plan["order"], plan["cordon"]) == ("replace-last", {"method": "none", "airtight": False})
    ended = stage.type("roll", "--ami", stage.new_ami, "--yes")
    assert ended.exit_code == 0, ended.output
    assert "order replace-last, cordon none: Mesos 1.5.0 has no DEACTIVATE_AGENT" in ended.output
    assert "breaches                                      0" in ended.output


def test_every_risk_that_a_blocker_offers_may_be_accepted() -> None:
    """The words of the source itself: a blocker must not offer a way out that the command line refuses."""
    source = Path(dcosmaint.__file__).parent
    offered = set()
    for file in source.rglob("*.py"):
        for call in (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)):
            if any(k.arg == "acceptable" and not _never(k.value) for k in call.keywords):
                offered.add(call.args[0].value if isinstance(call.args[0], ast.Constant) else "?")
    assert offered == set(BLOCKERS)


def _never(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


def test_a_wait_in_which_nobody_may_start_says_why(stage: Stage) -> None:
    stage.world.at(600.0, lambda: setattr(stage.world.schedulers["kafka-events"].service, "deploy", "IN_PROGRESS"))
    stage.world.at(3000.0, lambda: setattr(stage.world.schedulers["kafka-events"].service, "deploy", "COMPLETE"))
    ended = stage.type("roll", "--ami", stage.new_ami, "--yes")
    assert ended.exit_code == 0, ended.output
    assert "nobody may start" in ended.output
    assert "kafka-events: deploy plan IN_PROGRESS" in ended.output

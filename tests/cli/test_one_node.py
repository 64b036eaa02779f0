"""drain, undrain and replace: what is shown first, the reason, the deadline, and the risks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dcosmaint.sandbox.world import AppShape, KafkaShape, Shape, TopicShape
from tests.cli.stage import Stage

SHAPE = Shape(
    nodes=6,
    public=0,
    services=(KafkaShape("kafka-events", 3, (TopicShape("clicks", 4, 3), TopicShape("scratch", 2, 1))),),
    resync=(60.0, 120.0),
    apps=(AppShape("/web", 6), AppShape("/cron", 1)),
    balancers=(),
)
SAFE = Shape(nodes=6, public=0, services=(), apps=(AppShape("/web", 6),), balancers=())
GIVEN_UP = ("--accept", "data-loss=kafka-events/scratch")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path, SHAPE)
    stage.world.advance(stage.world.now + 100.0)  # until its apps run
    return stage


def said(output: str) -> str:
    return " ".join(output.split())


def of_broker(stage: Stage, pod: str = "kafka-1") -> str:
    nodes = json.loads(stage.type("nodes", "--json").output)
    return next(str(node["node"]) for node in nodes if f"kafka-events/{pod}" in node["members"])


def of_app(stage: Stage, app: str) -> str:
    nodes = json.loads(stage.type("nodes", "--json").output)
    return next(str(node["node"]) for node in nodes if app in node["apps"])


@pytest.mark.parametrize(
    ("command", "data"), [("drain", "stay on its disk"), ("replace", "are lost with its instance")]
)
def test_what_goes_away_with_a_node_is_shown_before_the_question(stage: Stage, command: str, data: str) -> None:
    shown = said(stage.type(command, of_broker(stage), *GIVEN_UP, answer="no\n").output)
    radius, _, _ = shown.partition("Type the cluster's name")
    assert f"what goes away with {of_broker(stage)}" in radius
    assert "kafka-events/kafka-1 moves: 5 partitions, NO COPY stays in sync elsewhere" in radius
    assert "/web 1 here, 5 elsewhere" in radius
    assert "no other agent could take it" not in radius
    assert f"persistent volumes {data}: 1 of kafka-events" in radius
    assert not stage.shelf.ids()


@pytest.mark.parametrize(
    ("moved", "says"),
    [
        (False, "/cron is DOWN until it runs elsewhere: 1 here, none elsewhere"),
        (True, "/cron 1 here, none elsewhere: started elsewhere before it ends, where there is room"),
    ],
)
def test_what_becomes_of_an_app_of_one_instance_is_said(stage: Stage, moved: bool, says: str) -> None:
    stage.limit(move_apps=moved)
    shown = said(stage.type("drain", of_app(stage, "/cron"), *GIVEN_UP, answer="no\n").output)
    assert says in shown


@pytest.mark.parametrize(
    ("command", "until", "back"),
    [
        ("drain", "until aws_instance.dcos_agent_node[0] is undrained", "it is undrained"),
        ("replace", "while aws_instance.dcos_agent_node[0] is away", "a new node has its place"),
    ],
)
def test_an_app_that_no_other_agent_can_take_is_named_with_its_absence(
    tmp_path: Path, command: str, until: str, back: str
) -> None:
    stage = Stage(tmp_path, replace(SAFE, apps=(AppShape("/agentd", 6, unique=True),)))
    stage.world.advance(stage.world.now + 100.0)
    shown = said(stage.type(command, stage.address(0), answer="no\n").output)
    assert f"/agentd 1 here, 5 elsewhere: no other agent could take it, so it runs with 1 fewer until {back}" in shown
    assert "warning: /agentd: is on every agent that may take it, at most once on each: it runs with" in shown
    assert f"one instance fewer {until}" in shown
    plan = json.loads(stage.type("roll", "--dry-run", "--ami", stage.new_ami, "--json").output)
    assert [warning["subject"] for warning in plan["warnings"] if warning["rule"] == "app-short"] == ["/agentd"]


@pytest.mark.parametrize(
    ("moved", "says"),
    [
        (False, "/pair is DOWN until it runs elsewhere: 2 here, none elsewhere"),
        (True, "/pair 2 here, none elsewhere: each ends while others serve, and starts elsewhere"),
    ],
)
def test_what_becomes_of_an_app_with_all_instances_here_is_said(tmp_path: Path, moved: bool, says: str) -> None:
    stage = Stage(tmp_path, SAFE)
    stage.world.add_app(AppShape("/pair", 2), [stage.world.node(stage.address(0)).agent_id] * 2)
    stage.world.advance(stage.world.now + 100.0)
    stage.limit(move_apps=moved)
    ended = stage.type("drain", stage.address(0), answer="no\n")
    assert says in said(ended.output)
    assert ("BLOCKED: app-down: /pair" in ended.output) is not moved


def test_members_that_go_down_with_their_node_are_told_apart(stage: Stage) -> None:
    stage.limit(order="replace-last", max_tasks_lost=1.0)
    shown = said(stage.type("replace", of_broker(stage), *GIVEN_UP, answer="no\n").output)
    assert "kafka-events/kafka-1 goes down: 5 partitions" in shown


@pytest.mark.parametrize("command", ["drain", "replace"])
def test_a_dry_run_shows_the_plan_and_touches_nothing(stage: Stage, command: str) -> None:
    node, before = of_broker(stage), list(stage.world.log)
    allowed = stage.type(command, node, "--dry-run", *GIVEN_UP)
    assert allowed.exit_code == 0
    assert f"what goes away with {node}" in said(allowed.output)
    assert "Type the cluster's name" not in allowed.output
    blocked = stage.type(command, node, "--dry-run")
    assert blocked.exit_code == 3
    assert "BLOCKED: data-loss: kafka-events/scratch" in said(blocked.output)
    plan = json.loads(stage.type(command, node, "--dry-run", "--json").stdout)
    assert [each["node"] for each in plan["nodes"] if not each["excluded"]] == [node]
    assert (stage.world.log, stage.shelf.ids()) == (before, ())


def test_a_dry_run_of_an_undrain_tells_whether_there_is_anything_to_bring_back(tmp_path: Path) -> None:
    stage = Stage(tmp_path, SAFE)
    idle = stage.type("undrain", stage.address(0), "--dry-run")
    assert (idle.exit_code, idle.output.startswith("Nothing to do: ")) == (0, True)
    assert stage.type("drain", stage.address(0), "--yes").exit_code == 0
    ended = stage.type("undrain", stage.address(0), "--dry-run")
    assert ended.exit_code == 0
    assert "its docker and agent start again" in ended.output
    assert stage.type("drain", stage.address(0), "--dry-run").output.startswith("Nothing to do: ")
    assert len(stage.shelf.ids()) == 1


def test_the_same_is_in_the_plan_for_programs(stage: Stage) -> None:
    nodes = json.loads(stage.type("plan", "--ami", stage.new_ami, "--json").output)["nodes"]
    blast = next(node["blast"] for node in nodes if node["node"] == of_broker(stage))
    assert blast["members"] == [{"member": "kafka-events/kafka-1", "fate": "moves", "partitions": 5, "copies": 0}]
    assert {"app": "/web", "here": 1, "elsewhere": 5, "resident": False, "gap": False, "short": False} in blast["apps"]
    assert blast["volumes"] == {"kafka-events": 1}


def test_each_risk_that_is_taken_is_a_line_of_its_own_before_the_question(stage: Stage) -> None:
    words = ("--accept", "app-down", *GIVEN_UP)
    shown, _, _ = stage.type("drain", of_broker(stage), *words, answer="no\n").output.partition("Type the cluster's")
    risks = said(shown).split("RISK TAKEN: ")[1:]
    assert len(risks) == 2
    assert risks[0].startswith("app-down: all running instances of an app may be away at once; nothing that is known")
    assert risks[1].startswith("data-loss: kafka-events/scratch ")


@pytest.mark.parametrize(
    ("risk", "says"),
    [
        ("data-loss=kafka-eventz", "data-loss=kafka-eventz: data-loss knows none of that name. Did you mean kafka"),
        ("data-loss=kafka-events/scrach", "Did you mean kafka-events/scratch"),
        ("app-down=*", "app-down knows none of that name. There are: /cron, /web"),
        ("under-replicated=kafka-events", "Did you mean kafka-events/clicks"),
        ("broker-idle=kafka-events/kafka-9", "Did you mean kafka-events/kafka-2"),
        ("foreign-window=aws_instance.dcos_agent_node[9]", "Did you mean aws_instance.dcos_agent_node[5]"),
        ("terraform-exposed=aws_instance.dcos_node", "Did you mean aws_instance.dcos_agent_node?"),
    ],
)
@pytest.mark.parametrize("command", ["plan", "roll", "drain", "replace"])
def test_a_risk_of_what_there_is_not_is_a_mistake(stage: Stage, command: str, risk: str, says: str) -> None:
    node = (stage.address(0),) if command in ("drain", "replace") else ()
    refused = stage.type(command, *node, "--accept", risk, *(() if command == "plan" else ("--yes",)))
    assert refused.exit_code == 2
    assert says in said(refused.output)
    assert not stage.shelf.ids()


def test_what_a_new_node_may_differ_in_need_not_be_there(stage: Stage) -> None:
    assert stage.type("plan", "--accept", "differs=attribute:tier").exit_code == 0


def test_an_undrain_takes_nothing_away(tmp_path: Path) -> None:
    stage = Stage(tmp_path, SAFE)
    assert stage.type("drain", stage.address(0), "--yes").exit_code == 0
    ended = stage.type("undrain", stage.address(0), answer="no\n")
    assert "its docker and agent start again and our cordon is lifted: nothing goes away" in said(ended.output)


def test_why_a_node_is_drained_is_told_to_whoever_meets_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path, SAFE)
    words = ("drain", stage.address(0), "--yes", "--reason", "its disk is dying")
    assert stage.type(*words).exit_code == 0
    assert "its disk is dying" in stage.type("status").output
    assert said(stage.type(*words).output).endswith(": its disk is dying.")
    blocked = said(stage.type("roll", "--ami", stage.new_ami, "--yes").output)
    assert f"(left so by drain {stage.shelf.ids()[0]} of " in blocked
    ip = stage.world.node(stage.address(0)).private_ip
    assert f": its disk is dying; `dcosmaint undrain {ip}` brings it back)" in blocked


@pytest.mark.parametrize("command", ["replace", "roll"])
def test_a_drained_node_that_is_to_be_replaced_is_to_be_undrained_and_left_out_of_no_roll_that_there_is_not(
    tmp_path: Path, command: str
) -> None:
    stage = Stage(tmp_path, SAFE)
    whole = json.loads(stage.type("roll", "--ami", stage.new_ami, "--dry-run", "--json").stdout)["forecast"]
    assert stage.type("drain", stage.address(0), "--yes").exit_code == 0
    words = (command, *((stage.address(0),) if command == "replace" else ()), "--ami", stage.new_ami, "--dry-run")
    told = stage.type(*words)
    assert told.exit_code == 3
    ip = stage.world.node(stage.address(0)).private_ip
    assert f"`dcosmaint undrain {ip}` brings it back)" in said(told.output)
    assert "resume --exclude" not in said(told.output)
    assert "STUCK" not in told.output, "its blocker says it"
    assert json.loads(stage.type(*words, "--json").stdout)["forecast"]["seconds"] < 2 * whole["seconds"]
    assert stage.type("undrain", ip, "--yes").exit_code == 0
    assert stage.type(*words).exit_code == 0


def late(stage: Stage, command: str = "replace") -> str:
    """A roll of two nodes whose deadline came after the first; its id."""
    words = ("roll", "--ami", stage.new_ami, "--limit", "2", "--deadline", "2m", "--yes", "--batch-size", "1")
    ended = stage.type(*words, "--soak", "0s")
    assert ended.exit_code == 4, ended.output
    assert "warning: the deadline of this roll has passed" in ended.output
    (roll,) = stage.shelf.ids()
    assert f"`dcosmaint resume {roll} --deadline DURATION` goes on" in ended.output
    return roll


def test_after_its_deadline_a_roll_ends_what_is_in_flight_and_starts_nobody(tmp_path: Path) -> None:
    stage = Stage(tmp_path, SAFE)
    progress = stage.shelf.load(late(stage)).progress
    assert (len(progress.ended), len(progress.flights)) == (1, 0)
    assert "nobody starts after" in stage.type("status").output


def test_a_resume_keeps_a_deadline_that_has_passed_and_one_with_another_goes_on(tmp_path: Path) -> None:
    stage = Stage(tmp_path, SAFE)
    roll = late(stage)
    kept = stage.type("resume", "--yes")
    assert kept.exit_code == 4
    assert "note: its deadline has passed, so no node starts any more" in kept.output
    assert len(stage.shelf.load(roll).progress.ended) == 1
    assert stage.type("resume", "--yes", "--deadline", "2h").exit_code == 0
    assert len(stage.shelf.load(roll).progress.ended) == 2


def test_a_resume_may_bring_a_deadline_nearer_and_never_put_it_off(tmp_path: Path) -> None:
    stage = Stage(tmp_path, SAFE)
    words = ("roll", "--ami", stage.new_ami, "--deadline", "2h", "--yes", "--confirm", "batch")
    assert stage.type(*words, answer="n\n").exit_code == 4
    off = stage.type("resume", "--yes", "--deadline", "3h")
    assert off.exit_code == 2
    assert "--deadline would loosen the roll" in off.output
    stage.type("resume", "--yes", "--deadline", "1m")
    assert stage.shelf.load(stage.shelf.ids()[0]).progress.late


def test_a_deadline_of_nothing_is_a_mistake(stage: Stage) -> None:
    assert stage.type("drain", stage.address(0), "--deadline", "0").exit_code == 2


@pytest.mark.parametrize("command", ["replace", "drain"])
@pytest.mark.parametrize("flag", ["--canary=1", "--soak=1m", "--batch-size=2", "--strategy=window"])
def test_a_single_node_takes_no_flag_that_only_several_have_a_use_for(stage: Stage, command: str, flag: str) -> None:
    ended = stage.type(command, stage.address(0), flag)
    assert ended.exit_code == 2
    assert "No such option" in ended.output
    assert flag.partition("=")[0] not in stage.type(command, "--help").output

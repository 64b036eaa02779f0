"""What doctor and a plan say of nodes that one of our rolls has left without work: whose, and what brings them back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from dcosmaint.cli.cluster import who
from dcosmaint.sandbox.world import KafkaShape, Shape, TopicShape
from dcosmaint.site import Site
from tests.cli.stage import Stage

EVENTS = KafkaShape("kafka-events", 3, (TopicShape("clicks", 4, 3), TopicShape("logins", 3, 2)))
OLD = Shape(nodes=5, public=0, services=(EVENTS,), apps=(), balancers=(), profile="1.11")
TWO_PUBLIC = Shape(nodes=6, public=2, services=(), apps=(), balancers=())
PUBLIC = [f"aws_instance.dcos_public_agent_node[{number}]" for number in (0, 1)]


class Killed(Stage):
    """A machine that dies as it is about to terminate the first instance."""

    @contextmanager
    def _connect(self, work: Path) -> Iterator[Site]:
        with super()._connect(work) as site:

            class Dying:
                def __getattr__(self, name: str) -> Any:
                    if name == "terminate":
                        raise OSError(5, "Input/output error")
                    return getattr(site.acts.ec2, name)

            yield replace(site, acts=replace(site.acts, ec2=cast(Any, Dying())))


@pytest.fixture
def killed(tmp_path: Path) -> Stage:
    """A roll that left the node of a broker in flight: held stopped, with its broker down."""
    stage = Killed(tmp_path, OLD)
    carrier = next(one["node"] for one in json.loads(stage.type("nodes", "--json").output) if one["members"])
    assert stage.type("roll", "--ami", stage.new_ami, "--only", carrier, "--yes").exit_code == 4
    return stage


def said(stage: Stage, *words: str) -> str:
    return " ".join(stage.type(*words).output.split())


def flown(stage: Stage) -> tuple[str, str, str]:
    """Its roll, the address of the node in flight, and its IP."""
    (roll,) = stage.shelf.ids()
    (address,) = stage.shelf.load(roll).progress.flights
    return roll, address, stage.world.node(address).private_ip


def checks(stage: Stage) -> list[dict[str, str]]:
    return list(json.loads(stage.type("doctor", "--json").stdout)["checks"])


def test_a_node_in_flight_is_named_with_the_roll_that_alone_ends_it(killed: Stage) -> None:
    roll, address, ip = flown(killed)
    held = [one for one in checks(killed) if "is held stopped" in one["says"]]
    unlisted = [one for one in checks(killed) if "no one agent is listed" in one["says"]]
    for one in (*held, *unlisted):
        assert address in one["says"]
        assert f"`dcosmaint resume {roll}` goes on with it, `dcosmaint abort {roll}` ends it" in one["remedy"]
        assert "undrain" not in one["remedy"]
    assert len(held) == len(unlisted) == 1
    assert f"`dcosmaint resume {roll}` goes on with it" in said(killed, "plan", "--ami", killed.new_ami)
    for flag in ("--yes", "--dry-run"):
        refused = killed.type("undrain", ip, flag)
        assert refused.exit_code == 3
        assert f"`dcosmaint resume {roll}`" in " ".join(refused.output.split())


def blocked(stage: Stage, *words: str) -> dict[str, set[str]]:
    """The subjects of a plan's blockers, by rule."""
    made = stage.type("plan", "--ami", stage.new_ami, "--json", *words)
    assert made.exit_code == 3
    found: dict[str, set[str]] = {}
    for one in json.loads(made.stdout)["blockers"]:
        found.setdefault(one["rule"], set()).add(one["subject"])
    return found


def test_what_a_roll_in_flight_has_away_comes_back_with_it_and_is_nothing_to_give_up(killed: Stage) -> None:
    """Of the topic logins one copy is left as long as the broker is down."""
    roll, address, _ = flown(killed)
    assert blocked(killed) == {
        "in-flight": {f"roll {roll}"},
        "away": {"kafka-events/kafka-0"},
        "no-agent": {address},
    }
    away = f"is away now, in flight of roll {roll}, and comes back with that: `dcosmaint resume {roll}` unless it runs"
    assert f"away: kafka-events/kafka-0 {away}" in said(killed, "plan", "--ami", killed.new_ami)
    told = [(one["state"], one["says"], one["remedy"]) for one in checks(killed) if one["name"] == "plan"]
    assert told == [("red", f"away: kafka-events/kafka-0: {away}", "")]


def test_a_topic_of_one_copy_is_told_as_such_beside_a_roll_in_flight(tmp_path: Path) -> None:
    fragile = replace(EVENTS, topics=(TopicShape("scratch", 3, 1), TopicShape("logins", 3, 2)))
    stage = Killed(tmp_path, replace(OLD, services=(fragile,)))
    words = ("--accept", "data-loss=kafka-events/scratch", "--limit", "3", "--batch-size", "3", "--canary", "0")
    assert stage.type("roll", "--ami", stage.new_ami, "--yes", *words).exit_code == 4
    found = blocked(stage)
    assert "away" in found
    assert found["data-loss"] == {"kafka-events/scratch"}


def test_a_recovery_that_waits_for_another_member_as_well_is_told(killed: Stage) -> None:
    killed.world.crash("kafka-events", "kafka-1")
    found = blocked(killed)
    assert found["plan-incomplete"] == {"kafka-events"}
    assert found["away"] == {"kafka-events/kafka-0"}


def test_a_drained_node_is_named_with_its_undrain(tmp_path: Path) -> None:
    stage = Stage(tmp_path, replace(OLD, services=()))
    assert stage.type("drain", stage.address(0), "--yes").exit_code == 0
    ip, drain = stage.world.node(stage.address(0)).private_ip, stage.shelf.ids()[0]
    held = [one for one in checks(stage) if "is held stopped" in one["says"]]
    assert [one["remedy"] for one in held] == [
        f"left so by drain {drain} of {who()}; `dcosmaint undrain {ip}` brings it back"
    ]


def test_a_node_that_no_journal_here_tells_of_is_named_with_both(tmp_path: Path) -> None:
    stage = Stage(tmp_path, replace(OLD, services=()))
    assert stage.type("drain", stage.address(0), "--yes").exit_code == 0
    stage.shelf.journal(stage.shelf.ids()[0]).unlink()
    (held,) = [one for one in checks(stage) if "is held stopped" in one["says"]]
    ip = stage.world.node(stage.address(0)).private_ip
    assert held["remedy"].startswith(f"`dcosmaint undrain {ip}` if it was drained, the `dcosmaint resume` of")


@pytest.mark.parametrize("profile", ["1.11", "2.1"])
def test_of_two_public_agents_the_drained_one_is_named_with_its_undrain(tmp_path: Path, profile: str) -> None:
    stage = Stage(tmp_path, replace(TWO_PUBLIC, profile=profile))
    assert stage.type("drain", PUBLIC[0], "--yes").exit_code == 0
    ip = stage.world.node(PUBLIC[0]).private_ip
    also = f"add another one first, or bring {PUBLIC[0]} back (left so by drain {stage.shelf.ids()[0]} of "
    for words in (("doctor",), ("plan", "--ami", stage.new_ami)):
        text = said(stage, *words)
        assert also in text, text
        assert f"`dcosmaint undrain {ip}` brings it back)" in text


def test_a_private_node_that_is_drained_is_no_public_one_to_bring_back(tmp_path: Path) -> None:
    stage = Stage(tmp_path, replace(TWO_PUBLIC, public=1))
    assert stage.type("drain", stage.address(0), "--yes").exit_code == 0
    text = said(stage, "plan", "--ami", stage.new_ami)
    assert "last-public" in text
    assert "or bring" not in text


def test_a_public_agent_that_somebody_else_deactivated_is_named_with_what_lifts_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path, TWO_PUBLIC)
    agent = stage.world.node(PUBLIC[0]).agent_id
    stage.world.master.deactivate(agent)
    assert f"or bring {PUBLIC[0]} back (`dcos node reactivate {agent}` if that is over)" in said(stage, "doctor")

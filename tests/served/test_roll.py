"""Whole rolls over real wires: HTTP, SSH, terraform, packer, moto. Judged by what the World saw."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from dcosmaint.sandbox.monitor import Tally, Yardstick, judge
from dcosmaint.sandbox.world.profiles import PROFILES
from tests.reliability.cycles import Operator
from tests.served.desk import Desk, sit_down

pytestmark = pytest.mark.real

FAST = 150.0  # the sandbox's time: a roll of two hours takes about a minute


def clean(tally: Tally, fleet: int = 12) -> None:
    assert not tally.breaches
    assert tally.on_wanted_ami == tally.fleet == fleet
    assert max(tally.most_lost.values()) <= 1
    bad = (tally.partitions_lost, tally.replaced_twice, tally.undrained, tally.apps_at_zero, tally.cordons_left)
    assert bad == (0, 0, 0, 0, 0)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = sit_down(tmp_path, time_factor=FAST)
    yield desk
    desk.sandbox.stop()


def test_a_roll_with_a_baked_image_is_clean(tmp_path: Path) -> None:
    if shutil.which("packer") is None:
        pytest.skip("packer is not on PATH")
    desk = sit_down(tmp_path, time_factor=FAST, nodes=8)
    try:
        ended = desk.type("roll", "--bake", "--yes")
        assert ended.returncode == 0, ended.stdout
        assert "What the pretend cluster saw" in ended.stdout
        clean(desk.tally, fleet=8)
    finally:
        desk.sandbox.stop()


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES)
def test_every_release_of_dcos_is_rolled(tmp_path: Path, profile: str) -> None:
    """The order is the one that the release asks for; on two of them a drained node comes back as well."""
    desk = sit_down(tmp_path, time_factor=FAST, nodes=8, profile=profile)
    try:
        said = desk.type("plan", "--ami", desk.sandbox.record["amis"]["next"], "--json").stdout
        plan, able = json.loads(said[said.index("{") :]), PROFILES[profile].deactivates
        assert plan["order"] == ("replace-first" if able else "replace-last")
        node = plan["nodes"][0]["node"]
        there_and_back = (("drain", node), ("undrain", node)) if profile in ("1.11", "2.1") else ()
        for words in (*there_and_back, ("roll", "--ami", desk.sandbox.record["amis"]["next"])):
            ended = desk.type(*words, "--yes")
            assert ended.returncode == 0, ended.stdout
        clean(judge(desk.sandbox.log(), {}, yardstick=Yardstick(last=not able, airtight=able)), fleet=8)
    finally:
        desk.sandbox.stop()


@pytest.mark.slow
def test_a_kafka_with_a_broker_on_every_agent_that_can_take_one_is_rolled(tmp_path: Path) -> None:
    """Nobody orders it: a broker waits for the new node in the place of its own."""
    desk = sit_down(tmp_path, time_factor=FAST, nodes=8, profile="1.11", kafka="dedicated")
    ami = desk.sandbox.record["amis"]["next"]
    try:
        said = desk.type("plan", "--ami", ami).stdout
        assert "replace-last" in said
        assert "Mesos 1.5.0 has no DEACTIVATE_AGENT" in " ".join(said.split())
        ended = desk.type("roll", "--ami", ami, "--yes")
        assert ended.returncode == 0, ended.stdout
        clean(judge(desk.sandbox.log(), {}, yardstick=Yardstick(last=True, airtight=False)), fleet=8)
    finally:
        desk.sandbox.stop()


@pytest.mark.slow
def test_a_cluster_that_is_cordoned_by_reservation_is_rolled(tmp_path: Path) -> None:
    """At this pace who follows a node looks four times a minute: brokers do fall back."""
    desk = sit_down(tmp_path, time_factor=FAST, nodes=8, profile="1.13")
    try:
        desk.configure("url: ", "cordon: reserve")
        ended = desk.type("roll", "--ami", desk.sandbox.record["amis"]["next"], "--yes", within=1500)
        assert ended.returncode == 0, ended.stdout
        clean(judge(desk.sandbox.log(), {}, yardstick=Yardstick(airtight=False, leaky=True)), fleet=8)
        assert "set apart or scheduled by a roll" in desk.type("doctor").stdout, "something is left"
    finally:
        desk.sandbox.stop()


@pytest.mark.slow
def test_a_second_roll_over_twelve_nodes_that_were_just_rolled_is_clean(desk: Desk) -> None:
    for ami in ("next", "now"):
        ended = desk.type("roll", "--ami", desk.sandbox.record["amis"][ami], "--yes", "--json")
        assert ended.returncode == 0, ended.stdout
        assert json.loads(ended.stdout.splitlines()[-1])["event"] == "roll-done"
        clean(desk.tally)


@pytest.mark.slow
def test_a_drained_node_keeps_its_instance_and_comes_back(desk: Desk) -> None:
    nodes = json.loads(desk.type("nodes", "--json").stdout)
    node = next(node for node in nodes if node["members"])
    ended = desk.type("drain", node["private_ip"], "--yes")
    assert ended.returncode == 0, ended.stdout
    after = looked_at(desk, node["node"])
    assert after["instance_id"] == node["instance_id"]
    assert (after["instance_state"], after["agent"]) == ("running", "not listed")
    _reboot(desk, node["instance_id"])
    assert looked_at(desk, node["node"])["agent"] == "not listed"
    assert desk.type("undrain", node["private_ip"], "--yes").returncode == 0
    assert looked_at(desk, node["node"])["agent"] == "active"


def looked_at(desk: Desk, address: str) -> dict[str, Any]:
    nodes: list[dict[str, Any]] = json.loads(desk.type("nodes", "--json").stdout.partition("]\n")[0] + "]")
    return next(node for node in nodes if node["node"] == address)


def _reboot(desk: Desk, instance_id: str) -> None:
    """As its owner would, and ten minutes of the cluster's time to come back in."""
    client = boto3.client("ec2", region_name="us-east-1", endpoint_url=desk.sandbox.record["endpoint"])
    client.reboot_instances(InstanceIds=[instance_id])
    client.close()
    desk.skip(600.0)


@pytest.mark.slow
def test_kill_9_at_ten_random_moments_then_resume_ends_as_if_nobody_had_killed_it(desk: Desk) -> None:
    cycles = Operator(desk, seed=1).play(kills=10)
    assert (cycles.kills, cycles.problems) == (10, [])
    assert sum(cycles.met.values()) > 0
    clean(desk.tally)


@pytest.mark.slow
def test_a_roll_on_the_real_provider_is_clean(tmp_path: Path, aws_provider: Path) -> None:
    """Four of eight nodes: each change of an instance takes this provider ten seconds and more."""
    desk = sit_down(tmp_path, time_factor=60.0, nodes=8, provider="real")
    try:
        ended = desk.type("roll", "--ami", desk.sandbox.record["amis"]["next"], "--limit", "4", "--yes", within=1800)
        assert ended.returncode == 0, ended.stdout
        assert not desk.tally.breaches
        assert desk.tally.on_wanted_ami == 4
    finally:
        desk.sandbox.stop()

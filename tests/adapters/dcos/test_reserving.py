"""What is said to a master that sets resources apart, and what its answers mean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.follower import Follower
from dcosmaint.adapters.mesos import Mesos
from dcosmaint.adapters.reserving import Reserving
from dcosmaint.errors import DcosmaintError, Fatal, Retryable
from dcosmaint.model import Apart, Cordon, Resources
from tests.adapters.dcos.canned import Canned, Reply, recorded, text

SLAVES = "GET mesos/master/slaves"
STATE = "GET slave/{}/slave%281%29/state"
MINE = Cordon("reserve", ("r1",))
SAVED = json.loads(recorded("slaves-reserved"))
AGENT: dict[str, Any] = next(slave for slave in SAVED["slaves"] if slave["reserved_resources"])
ID: str = AGENT["id"]


@pytest.fixture
def reserving(router: AdminRouter) -> Iterator[Reserving]:
    with closing(Reserving(router)) as reserving:
        yield reserving


@pytest.fixture
def mesos(router: AdminRouter, reserving: Reserving) -> Mesos:
    return Mesos(router, {"reserve": reserving})


def said(canned: Canned, kind: str) -> Any:
    """The body of the first call of a kind."""
    return json.loads(canned.calls(kind)[0].body)[kind.lower()]


def test_entries_of_a_real_master_are_read_by_their_label(canned: Canned, mesos: Mesos) -> None:
    canned.on(SLAVES, SAVED)
    agent = next(agent for agent in mesos.agents().listed if agent.id == ID)
    assert agent.apart == (Apart("", 0.25, 0.0), Apart("r1", 2.5, 0.0), Apart("r2", 0.5, 0.0))
    assert agent.open == agent.free == Resources(0.75, 2048.0, 10240.0)


def test_all_that_is_free_is_asked_for_in_the_form_that_every_master_knows(canned: Canned, mesos: Mesos) -> None:
    canned.on(SLAVES, SAVED)
    canned.on("RESERVE_RESOURCES", Reply("", 202))
    mesos.cordon(ID, MINE)
    marks = {"role": "dcosmaint", "reservation": {"labels": {"labels": [{"key": "roll", "value": "r1"}]}}}
    assert said(canned, "RESERVE_RESOURCES") == {
        "agent_id": {"value": ID},
        "resources": [
            {"name": "cpus", "type": "SCALAR", "scalar": {"value": 0.75}, **marks},
            {"name": "mem", "type": "SCALAR", "scalar": {"value": 2048.0}, **marks},
        ],
    }


def test_entries_are_given_back_as_they_stand(canned: Canned, mesos: Mesos) -> None:
    """Each with its own principal; one that differs is refused, and then nothing is given back."""
    canned.on(SLAVES, SAVED)
    canned.on("UNRESERVE_RESOURCES", Reply("", 202))
    mesos.uncordon(ID, MINE)
    entries = AGENT["reserved_resources_full"]["dcosmaint"]
    mine = [entry for entry in entries if entry["reservation"].get("labels", {}) == {"labels": [R1]}]
    assert said(canned, "UNRESERVE_RESOURCES") == {"agent_id": {"value": ID}, "resources": mine}
    assert {entry["reservation"].get("principal", "") for entry in mine} == {"", "ops"}


R1 = {"key": "roll", "value": "r1"}


def test_what_the_agent_has_on_its_disk_is_not_lifted(canned: Canned, mesos: Mesos) -> None:
    bare = {**AGENT, "reserved_resources": {}, "reserved_resources_full": {}}
    canned.on(SLAVES, {"slaves": [bare], "recovered_slaves": []})
    canned.on(STATE.format(ID), AGENT, bare)
    assert [mesos.lifted(ID, MINE), mesos.lifted(ID, MINE)] == [False, True]


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (text("No agent found with specified ID", 400), Retryable, "does not know agent"),
        (text("... does not match a reserved resource in the request", 400), Fatal, "does not match"),
        (text("Forbidden", 403), Fatal, "refuses: Forbidden"),
    ],
)
def test_a_cordon_that_fails_says_why(
    canned: Canned, mesos: Mesos, reply: Reply, kind: type[DcosmaintError], says: str
) -> None:
    canned.on(SLAVES, SAVED)
    canned.on("RESERVE_RESOURCES", reply)
    with pytest.raises(kind, match=says):
        mesos.cordon(ID, MINE)


def test_one_who_was_quicker_is_no_failure(canned: Canned, mesos: Mesos) -> None:
    """The next look tells what is left."""
    canned.on(SLAVES, SAVED)
    canned.on("RESERVE_RESOURCES", text("cpus:0.5 does not contain cpus:0.75", 409))
    mesos.cordon(ID, MINE)
    agent = next(agent for agent in mesos.agents().listed if agent.id == ID)
    assert not mesos.cordoned(agent, MINE)


def test_a_follower_that_nobody_asks_for_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process hangs, or does nothing for that node any more."""
    monkeypatch.setattr("dcosmaint.adapters.follower.FORSAKEN", 0.0)
    follower = Follower(lambda: True, "full-S1")
    follower._thread.join(5.0)
    assert not follower.alive()


def test_a_round_that_fails_is_followed_by_another_one() -> None:
    rounds: list[int] = []

    def work() -> bool:
        rounds.append(1)
        raise Retryable("no answer")

    follower = Follower(work, "full-S1")
    with pytest.raises(Retryable):
        follower.round()
    while len(rounds) < 3:
        assert follower.alive()
    follower.end()
    assert not follower.alive()

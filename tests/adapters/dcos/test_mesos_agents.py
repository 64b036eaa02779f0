"""Agents, read as a real master lists them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dcosmaint.adapters.mesos import Mesos
from dcosmaint.errors import Retryable
from dcosmaint.model import Agent, Resources, Volume
from tests.adapters.dcos.canned import Canned, Reply, recorded, text

SLAVES = "GET mesos/master/slaves"


def listed(canned: Canned, mesos: Mesos, recording: str) -> dict[str, Agent]:
    canned.on(SLAVES, recorded(recording))
    return {agent.id[-2:]: agent for agent in mesos.agents().listed}


def test_an_agent_is_read_whole(canned: Canned, mesos: Mesos) -> None:
    agents = listed(canned, mesos, "slaves")
    assert sorted(agents) == ["S0", "S1", "S2"]
    assert agents["S0"] == Agent(
        id="21f4384e-3d22-4418-bd01-6bd60d63cabc-S0",
        hostname="127.0.0.12",
        private_ip="127.0.0.12",
        active=True,
        deactivated=False,
        draining=False,
        registered_at=1795394155.194776,
        public=False,
        attributes={"rack": "1b", "role": "kafka"},
        resources=Resources(4.0, 2048.0, 10240.0),
        free=Resources(2.5, 1856.0, 10240.0),
        open=Resources(2.5, 1856.0, 10240.0),
        version="1.12.0",
    )


def test_the_address_comes_from_the_pid_and_not_from_the_hostname(canned: Canned, mesos: Mesos) -> None:
    agent = listed(canned, mesos, "slaves")["S2"]
    assert (agent.hostname, agent.private_ip) == ("10.0.0.13", "127.0.0.13")


@pytest.mark.parametrize("state", ["slaves", "slaves-draining"])
def test_both_generations_of_the_masters_api_name_the_same_agents(canned: Canned, mesos: Mesos, state: str) -> None:
    both = {"slaves": "agents", "slaves-draining": "agents-draining"}
    v1 = json.loads(recorded(both[state]))["get_agents"]["agents"]
    said = {a["agent_info"]["id"]["value"][-2:]: (a["active"], a.get("deactivated", False)) for a in v1}
    assert {key: (a.active, a.deactivated) for key, a in listed(canned, mesos, state).items()} == said


@pytest.mark.trap("an inactive agent may be disconnected, cordoned or draining")
@pytest.mark.parametrize(
    ("recording", "state"),
    [
        ("slaves", (True, False, False)),
        ("slaves-disconnected", (False, False, False)),
        ("slaves-deactivated", (False, True, False)),
        ("slaves-draining", (False, True, True)),
        ("slaves-drained", (False, True, True)),
    ],
)
def test_the_ways_of_being_inactive_are_told_apart(
    canned: Canned, mesos: Mesos, recording: str, state: tuple[bool, bool, bool]
) -> None:
    """`active: false` covers disconnected, deactivated and draining agents."""
    seen = {(a.active, a.deactivated, a.draining) for a in listed(canned, mesos, recording).values()}
    assert state in seen


@pytest.mark.trap("an agent that is not listed may be anything but gone")
def test_recovered_agents_are_told_apart_from_absent_ones(canned: Canned, mesos: Mesos) -> None:
    """After a failover every agent is missing for a while."""
    canned.on(SLAVES, recorded("slaves-recovered"))
    agents = mesos.agents()
    assert agents.listed == ()
    assert [agent[-2:] for agent in agents.recovered] == ["S0", "S1", "S2"]


def test_no_agent_at_all_proves_nothing(canned: Canned, mesos: Mesos) -> None:
    """A user without the permission to view agents gets empty lists instead of a refusal."""
    canned.on(SLAVES, recorded("slaves-none"))
    with pytest.raises(Retryable, match="no agent at all"):
        mesos.agents()


def test_the_clock_is_the_masters(canned: Canned, mesos: Mesos) -> None:
    """Times of registration are compared on it, since an address can come back."""
    canned.on(SLAVES, Reply(recorded("slaves"), headers={"Date": "Mon, 23 Nov 2026 00:36:53 GMT"}))
    assert mesos.agents().at == 1795394213.0
    canned.on(SLAVES, Reply(recorded("slaves"), headers={"Date": "soon"}))
    with pytest.raises(Retryable, match="Date"):
        mesos.agents()


def test_a_starting_master_is_asked_again(canned: Canned, mesos: Mesos) -> None:
    canned.on(SLAVES, text("404 Not Found.", 404))
    canned.on("GET_TASKS", text("404 Not Found.", 404))
    with pytest.raises(Retryable, match="master is starting"):
        mesos.agents()
    with pytest.raises(Retryable, match="master is starting"):
        mesos.tasks()


def an_agent(**fields: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(recorded("slaves"))["slaves"][0]
    return {name: value for name, value in (body | fields).items() if value is not None}


def read(canned: Canned, mesos: Mesos, **fields: Any) -> Agent:
    canned.on(SLAVES, {"slaves": [an_agent(**fields)], "recovered_slaves": []})
    return mesos.agents().listed[0]


def test_an_agent_is_public_by_its_reserved_resources(canned: Canned, mesos: Mesos) -> None:
    """The attribute can be lost; the reservation can't, not even when somebody refined it."""
    assert read(canned, mesos, reserved_resources={"slave_public": {"cpus": 4.0}}).public
    assert read(canned, mesos, reserved_resources={"slave_public/web": {"cpus": 4.0}}).public
    assert not read(canned, mesos, attributes={"public_ip": "true"}).public


def test_what_marathon_reserves_in_its_role_makes_no_agent_public(canned: Canned, mesos: Mesos) -> None:
    """Its role on DC/OS is slave_public, also for the data of an app on a private agent."""
    sums = {"slave_public": {"disk": 10.0}}
    dynamic = [{"type": "DYNAMIC", "role": "slave_public"}]
    for marks, public in (
        ({"role": "slave_public", "reservation": {}, "reservations": dynamic}, False),
        ({"role": "slave_public", "reservation": {"principal": "dcos_marathon"}}, False),
        ({"role": "slave_public"}, True),
        ({"reservations": [{"type": "STATIC", "role": "slave_public"}, *dynamic]}, True),
    ):
        full = {"slave_public": [a_disk({"id": "v1"}, **marks)]}
        assert read(canned, mesos, reserved_resources=sums, reserved_resources_full=full).public is public, marks


def test_the_zone_is_the_fault_domains_or_else_an_attribute(canned: Canned, mesos: Mesos) -> None:
    domain = {"fault_domain": {"region": {"name": "aws/us-east-1"}, "zone": {"name": "aws/us-east-1a"}}}
    assert read(canned, mesos, domain=domain, attributes={"zone": "x"}).zone == "aws/us-east-1a"
    assert read(canned, mesos, attributes={"zone": "us-east-1b"}).zone == "us-east-1b"
    assert read(canned, mesos).zone == ""


def test_the_last_registration_counts(canned: Canned, mesos: Mesos) -> None:
    """An agent that came back under its id is as new as its re-registration."""
    assert read(canned, mesos, registered_time=5.0, reregistered_time=9.5).registered_at == 9.5


def a_disk(persistence: dict[str, str] | None = None, **marks: Any) -> dict[str, Any]:
    disk = {"volume": {"mode": "RW", "container_path": "data"}} | ({"persistence": persistence} if persistence else {})
    return {"name": "disk", "type": "SCALAR", "scalar": {"value": 10.0}, "disk": disk} | marks


def test_volumes_are_read_in_each_form_of_a_reservation(canned: Canned, mesos: Mesos) -> None:
    """What is reserved without a `persistence` holds no data."""
    refined = [
        {"type": "STATIC", "role": "slave_public"},
        {"type": "DYNAMIC", "role": "slave_public/db", "principal": "b"},
    ]
    agent = read(
        canned,
        mesos,
        reserved_resources_full={
            "slave_public/db": [a_disk({"id": "v2", "principal": "x"}, reservations=refined)],
            "kafka-role": [
                {"name": "cpus", "type": "SCALAR", "scalar": {"value": 1.0}, "role": "kafka-role"},
                a_disk({"id": "v1"}, role="kafka-role", reservation={"principal": "a"}),
                a_disk(role="kafka-role", reservation={"principal": "a"}),
            ],
            "slave_public": [a_disk({"id": "v3", "principal": "c"}, role="slave_public")],
            "old": [a_disk({"id": "v4"}, role="old")],
        },
    )
    assert agent.volumes == (
        Volume("v1", "kafka-role", "a"),
        Volume("v2", "slave_public/db", "b"),
        Volume("v3", "slave_public", "c"),
        Volume("v4", "old", ""),
    )


def test_a_master_that_does_not_tell_its_reservations_proves_no_absence_of_data(canned: Canned, mesos: Mesos) -> None:
    with pytest.raises(Retryable, match="reserved_resources_full"):
        read(canned, mesos, reserved_resources_full=None)


def test_an_old_master_without_the_newer_fields_is_read(canned: Canned, mesos: Mesos) -> None:
    agent = read(canned, mesos, deactivated=None, unreserved_resources_full=None, used_resources_full=None)
    assert (agent.deactivated, agent.free) == (False, Resources(3.5, 1984.0, 10240.0))


def test_reserved_and_lent_resources_are_not_taken_from_what_is_free(canned: Canned, mesos: Mesos) -> None:
    def cpus(value: float, **fields: Any) -> dict[str, Any]:
        return {"name": "cpus", "type": "SCALAR", "scalar": {"value": value}, **fields}

    used = [
        cpus(0.1, role="*"),
        cpus(1.0, role="kafka-role"),
        cpus(1.0, reservations=[{"role": "x"}]),
        cpus(1.0, role="*", revocable={}),
    ]
    assert read(canned, mesos, used_resources_full=used).free.cpus == 3.9


@pytest.mark.parametrize("field", ["id", "pid", "active", "registered_time", "resources", "reserved_resources"])
def test_a_missing_field_is_named_and_never_guessed(canned: Canned, mesos: Mesos, field: str) -> None:
    with pytest.raises(Retryable, match=field):
        read(canned, mesos, **{field: None})

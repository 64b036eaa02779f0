"""What the master says, read as a real one says it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.mesos import Mesos
from dcosmaint.errors import DcosmaintError, Fatal, NodeFailed, Retryable
from dcosmaint.model import Agent, Resources
from tests.adapters.dcos.canned import Canned, Reply, page, recorded, text

SLAVES = "GET mesos/master/slaves"


@pytest.fixture
def mesos(canned: Canned, router: AdminRouter) -> Mesos:
    canned.on("GET_FRAMEWORKS", recorded("frameworks"))
    return Mesos(router)


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


@pytest.mark.parametrize(
    ("recording", "active", "deactivated", "draining"),
    [
        ("slaves", True, False, False),
        ("slaves-disconnected", False, False, False),
        ("slaves-deactivated", False, True, False),
        ("slaves-draining", False, True, True),
        ("slaves-drained", False, True, True),
    ],
)
def test_the_ways_of_being_inactive_are_told_apart(
    canned: Canned, mesos: Mesos, recording: str, active: bool, deactivated: bool, draining: bool
) -> None:
    """Trap 16: `active: false` covers disconnected, deactivated and draining agents."""
    seen = {(a.active, a.deactivated, a.draining) for a in listed(canned, mesos, recording).values()}
    assert (active, deactivated, draining) in seen


def test_recovered_agents_are_told_apart_from_absent_ones(canned: Canned, mesos: Mesos) -> None:
    """Trap 15: after a failover every agent is missing for a while."""
    canned.on(SLAVES, recorded("slaves-recovered"))
    agents = mesos.agents()
    assert agents.listed == ()
    assert [agent[-2:] for agent in agents.recovered] == ["S0", "S1", "S2"]


def test_no_agent_at_all_proves_nothing(canned: Canned, mesos: Mesos) -> None:
    """Trap 15; and a user without the permission to view agents gets empty lists instead of a refusal."""
    canned.on(SLAVES, recorded("slaves-none"))
    with pytest.raises(Retryable, match="no agent at all"):
        mesos.agents()


def test_the_clock_is_the_masters(canned: Canned, mesos: Mesos) -> None:
    """Trap 26: times of registration are compared on it, since an address can come back."""
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


def test_the_zone_is_the_fault_domains_or_else_an_attribute(canned: Canned, mesos: Mesos) -> None:
    domain = {"fault_domain": {"region": {"name": "aws/us-east-1"}, "zone": {"name": "aws/us-east-1a"}}}
    assert read(canned, mesos, domain=domain, attributes={"zone": "x"}).zone == "aws/us-east-1a"
    assert read(canned, mesos, attributes={"zone": "us-east-1b"}).zone == "us-east-1b"
    assert read(canned, mesos).zone == ""


def test_the_last_registration_counts(canned: Canned, mesos: Mesos) -> None:
    """Trap 26."""
    assert read(canned, mesos, registered_time=5.0, reregistered_time=9.5).registered_at == 9.5


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


def test_live_tasks_are_named_with_their_frameworks(canned: Canned, mesos: Mesos) -> None:
    """Trap 14: GET_TASKS has no limit of 100."""
    canned.on("GET_TASKS", recorded("tasks"))
    found = mesos.tasks()
    assert [task.id for task in found] == sorted(task.id for task in found)
    assert {task.framework for task in found} == {"kafka", "mesos-execute instance"}
    assert {task.running for task in found} == {True}
    assert canned.calls("GET_TASKS")[0].headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("recording", ["tasks-phantom", "tasks-unreachable"])
def test_tasks_of_agents_that_are_gone_do_not_live(canned: Canned, mesos: Mesos, recording: str) -> None:
    """Trap 17: an id that came back has its dead tasks listed as running under `completed_tasks`."""
    canned.on("GET_TASKS", recorded(recording))
    assert mesos.tasks() == ()


def a_task(state: str, framework: str = "f1") -> dict[str, Any]:
    ids = {"task_id": {"value": state}, "agent_id": {"value": "S1"}, "framework_id": {"value": framework}}
    return {"name": "web", "state": state, **ids}


def test_an_ended_task_that_waits_for_its_framework_does_not_live(canned: Canned, mesos: Mesos) -> None:
    states = ["TASK_STAGING", "TASK_RUNNING", "TASK_KILLED", "TASK_FINISHED", "TASK_KILLING"]
    canned.on("GET_TASKS", {"get_tasks": {"tasks": [a_task(state) for state in states]}})
    assert [(t.id, t.running) for t in mesos.tasks()] == [
        ("TASK_KILLING", False),
        ("TASK_RUNNING", True),
        ("TASK_STAGING", False),
    ]


def test_a_framework_is_named_without_outer_slashes_and_an_orphan_by_its_id(canned: Canned, mesos: Mesos) -> None:
    """Trap 20."""
    infos = [{"framework_info": {"id": {"value": "f1"}, "name": "/prod/kafka"}}]
    canned.on("GET_FRAMEWORKS", {"get_frameworks": {"frameworks": infos}})
    canned.on("GET_TASKS", {"get_tasks": {"tasks": [a_task("TASK_RUNNING"), a_task("TASK_STAGING", "f2")]}})
    assert [task.framework for task in mesos.tasks()] == ["prod/kafka", "f2"]


def facts(canned: Canned, version: str = "1.12.0") -> None:
    canned.on("GET_VERSION", {"get_version": {"version_info": {"version": version}}})
    canned.on("GET dcos-metadata/dcos-version.json", {"version": "2.1.0", "dcos-variant": "open"})
    canned.on(
        "GET mesos_dns/v1/hosts/master.mesos", [{"host": "master.mesos.", "ip": ip} for ip in ("10.0.0.6", "10.0.0.5")]
    )


def test_the_cluster_says_what_it_is(canned: Canned, mesos: Mesos) -> None:
    facts(canned)
    canned.on("GET_VERSION", recorded("version"))
    found = mesos.facts()
    assert (found.dcos_version, found.mesos_version, found.airtight_cordon) == ("2.1.0", "1.12.0", True)
    assert found.masters == ("10.0.0.5", "10.0.0.6")


@pytest.mark.parametrize(
    ("version", "airtight"), [("1.5.2", False), ("1.8.1", False), ("1.9.0", True), ("1.11.0-rc1", True)]
)
def test_a_cordon_is_airtight_from_mesos_1_9_on(canned: Canned, mesos: Mesos, version: str, airtight: bool) -> None:
    facts(canned, version)
    assert mesos.facts().airtight_cordon is airtight


def test_no_master_and_no_version_prove_nothing(canned: Canned, mesos: Mesos) -> None:
    facts(canned)
    canned.on("GET mesos_dns/v1/hosts/master.mesos", [{"host": "master.mesos.", "ip": ""}])
    with pytest.raises(Retryable, match="knows no master"):
        mesos.facts()
    facts(canned, "trunk")
    with pytest.raises(Retryable, match="'trunk'"):
        mesos.facts()


def test_the_flags_of_an_agent_are_its_own(canned: Canned, mesos: Mesos) -> None:
    canned.on("GET slave/S1/slave%281%29/flags", recorded("agent-flags"))
    assert mesos.flags("S1")["cgroups_enable_cfs"] == "false"


def test_an_agent_that_admin_router_does_not_know_yet_is_asked_again(canned: Canned, mesos: Mesos) -> None:
    """Trap 21: its cache is up to half a minute old."""
    canned.on("GET slave/S9/slave%281%29/flags", text("404 Not Found: agent `S9` unknown.", 404))
    with pytest.raises(Retryable, match="no route"):
        mesos.flags("S9")


def test_a_cordon_deactivates_the_agent_and_its_end_reactivates_it(canned: Canned, mesos: Mesos) -> None:
    canned.on("DEACTIVATE_AGENT", Reply("", kind=""))
    canned.on("REACTIVATE_AGENT", Reply("", kind=""))
    mesos.cordon("S1")
    mesos.uncordon("S1")
    assert [json.loads(request.body) for request in canned.asked] == [
        {"type": "DEACTIVATE_AGENT", "deactivate_agent": {"agent_id": {"value": "S1"}}},
        {"type": "REACTIVATE_AGENT", "reactivate_agent": {"agent_id": {"value": "S1"}}},
    ]


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (text("Unknown agent", 400), Retryable, "does not know it"),
        (text("Failed to convert JSON into Call protobuf", 400), Fatal, r"from 1\.9 on"),
        (Reply("", 501), Fatal, r"from 1\.9 on"),
        (text("Forbidden", 403), Fatal, "refuses: Forbidden"),
        (page(502), Retryable, "502"),
    ],
)
def test_a_cordon_that_fails_says_why(
    canned: Canned, mesos: Mesos, reply: Reply, kind: type[DcosmaintError], says: str
) -> None:
    canned.on("DEACTIVATE_AGENT", reply)
    with pytest.raises(kind, match=says):
        mesos.cordon("S1")


def test_an_agent_that_is_not_cordoned_needs_no_uncordon(canned: Canned, mesos: Mesos) -> None:
    canned.on("REACTIVATE_AGENT", text("Agent is not deactivated", 400))
    mesos.uncordon("S1")
    assert len(canned.calls("REACTIVATE_AGENT")) == 1


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (text("Agent is still in the DRAINING state", 400), NodeFailed, "drained by somebody else"),
        (text("Agent removed while processing the call", 409), Retryable, "not registered"),
        (text("Nonsense", 400), Fatal, "400 Nonsense"),
    ],
)
def test_an_uncordon_that_fails_says_why(
    canned: Canned, mesos: Mesos, reply: Reply, kind: type[DcosmaintError], says: str
) -> None:
    canned.on("REACTIVATE_AGENT", reply)
    with pytest.raises(kind, match=says):
        mesos.uncordon("S1")

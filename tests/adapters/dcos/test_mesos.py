"""Tasks, facts and cordons, as a real master knows them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dcosmaint.adapters.mesos import Mesos
from dcosmaint.errors import DcosmaintError, Fatal, Forbidden, LoginLost, NodeFailed, Retryable
from dcosmaint.model import DEACTIVATE, DEACTIVATION, Framework
from tests.adapters.dcos.canned import Canned, Reply, page, recorded, text


@pytest.mark.trap("the master's list of tasks ends after a hundred")
def test_live_tasks_are_named_with_their_frameworks(canned: Canned, mesos: Mesos) -> None:
    """GET_TASKS has no limit of 100."""
    canned.on("GET_TASKS", recorded("tasks"))
    found = mesos.tasks()
    assert [task.id for task in found] == sorted(task.id for task in found)
    assert {task.framework for task in found} == {"kafka", "mesos-execute instance"}
    assert {task.running for task in found} == {True}
    assert canned.calls("GET_TASKS")[0].headers["Content-Type"] == "application/json"


@pytest.mark.trap("the master's summary counts tasks that have ended")
@pytest.mark.parametrize("recording", ["tasks-phantom", "tasks-unreachable"])
def test_tasks_of_agents_that_are_gone_do_not_live(canned: Canned, mesos: Mesos, recording: str) -> None:
    """An id that came back has its dead tasks listed as running under `completed_tasks`."""
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


@pytest.mark.trap("the name of a service is written in several ways")
def test_a_framework_is_named_without_outer_slashes_and_an_orphan_by_its_id(canned: Canned, mesos: Mesos) -> None:
    """Some frameworks are called `/prod/kafka`, and others `prod/kafka`."""
    infos = [{"framework_info": {"id": {"value": "f1"}, "name": "/prod/kafka"}}]
    canned.on("GET_FRAMEWORKS", {"get_frameworks": {"frameworks": infos}})
    canned.on("GET_TASKS", {"get_tasks": {"tasks": [a_task("TASK_RUNNING"), a_task("TASK_STAGING", "f2")]}})
    assert [task.framework for task in mesos.tasks()] == ["prod/kafka", "f2"]


def test_frameworks_are_told_with_their_roles_and_those_that_ended_with_them(canned: Canned, mesos: Mesos) -> None:
    """Before Mesos had several roles for one framework it had one, in another field."""
    canned.on("GET_FRAMEWORKS", recorded("frameworks"))
    assert Framework("kafka", ("*",)) in mesos.frameworks()
    infos: list[dict[str, Any]] = [
        {"name": "/prod/kafka", "roles": ["b", "a"], "principal": "p"},
        {"name": "old", "role": "old-role"},
        {"name": "bare"},
        {"name": "bare"},
    ]
    framed = [{"framework_info": {"id": {"value": f"f{n}"}, **info}} for n, info in enumerate(infos)]
    canned.on("GET_FRAMEWORKS", {"get_frameworks": {"frameworks": framed[:1], "completed_frameworks": framed[1:]}})
    assert mesos.frameworks() == (
        Framework("bare", ("*",)),
        Framework("old", ("old-role",)),
        Framework("prod/kafka", ("a", "b"), "p"),
    )


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
    assert (found.dcos_version, found.variant, found.mesos_version) == ("2.1.0", "open", "1.12.0")
    assert found.masters == ("10.0.0.5", "10.0.0.6")


MODE = "GET dcos-metadata/bootstrap-config.json"


@pytest.mark.parametrize(
    ("variant", "reply", "mode"),
    [
        ("enterprise", Reply({"security": "strict", "ssl_enabled": True}), "strict"),
        ("enterprise", Reply({"security": "permissive"}), "permissive"),
        ("enterprise", page(403), ""),  # our user lacks dcos:adminrouter:ops:metadata
        ("enterprise", Reply({"security": "a new one"}), ""),
        ("enterprise", Reply({}), ""),
        ("", Reply({"security": "disabled"}), "disabled"),  # before 1.12 a cluster does not say what it is
        ("", page(404), ""),
    ],
)
def test_the_security_mode_is_what_enterprise_tells_and_else_unknown(
    canned: Canned, mesos: Mesos, variant: str, reply: Reply, mode: str
) -> None:
    facts(canned)
    canned.on("GET dcos-metadata/dcos-version.json", {"version": "1.11.12", "dcos-variant": variant})
    canned.on(MODE, reply)
    assert mesos.facts().security == mode


def test_open_dcos_is_not_asked_for_a_security_mode(canned: Canned, mesos: Mesos) -> None:
    facts(canned)
    assert (mesos.facts().security, canned.calls(MODE)) == ("", [])


@pytest.mark.parametrize(
    ("reply", "version"), [(Reply({"name": "marathon", "version": "1.8.227"}), "1.8.227"), (page(403), "")]
)
def test_the_version_of_marathon_is_told_where_one_may_see_it(
    canned: Canned, mesos: Mesos, reply: Reply, version: str
) -> None:
    facts(canned)
    canned.on("GET marathon/v2/info", reply)
    assert mesos.facts().marathon_version == version


def test_a_login_that_has_run_out_is_not_taken_for_a_cluster_that_tells_nothing(canned: Canned, mesos: Mesos) -> None:
    facts(canned)
    canned.on("GET marathon/v2/info", page(401))
    with pytest.raises(LoginLost):
        mesos.facts()


@pytest.mark.parametrize(
    ("version", "can"), [("1.5.2", False), ("1.8.1", False), ("1.9.0", True), ("1.11.0-rc1", True), ("trunk", False)]
)
def test_mesos_deactivates_agents_from_1_9_on(canned: Canned, mesos: Mesos, version: str, can: bool) -> None:
    facts(canned, version)
    assert mesos.facts().can(DEACTIVATE) is can


def test_no_master_proves_nothing(canned: Canned, mesos: Mesos) -> None:
    facts(canned)
    canned.on("GET mesos_dns/v1/hosts/master.mesos", [{"host": "master.mesos.", "ip": ""}])
    with pytest.raises(Retryable, match="knows no master"):
        mesos.facts()


def test_the_flags_of_an_agent_are_its_own(canned: Canned, mesos: Mesos) -> None:
    canned.on("GET slave/S1/slave%281%29/flags", recorded("agent-flags"))
    assert mesos.flags("S1")["cgroups_enable_cfs"] == "false"


@pytest.mark.trap("Admin Router's routes lag behind")
def test_an_agent_that_admin_router_does_not_know_yet_is_asked_again(canned: Canned, mesos: Mesos) -> None:
    """Its cache is up to half a minute old."""
    canned.on("GET slave/S9/slave%281%29/flags", text("404 Not Found: agent `S9` unknown.", 404))
    with pytest.raises(Retryable, match="no route"):
        mesos.flags("S9")


def test_a_cordon_deactivates_the_agent_and_its_end_reactivates_it(canned: Canned, mesos: Mesos) -> None:
    canned.on("DEACTIVATE_AGENT", Reply("", kind=""))
    canned.on("REACTIVATE_AGENT", Reply("", kind=""))
    mesos.cordon("S1", DEACTIVATION)
    mesos.uncordon("S1", DEACTIVATION)
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
        mesos.cordon("S1", DEACTIVATION)


def test_an_agent_that_is_not_cordoned_needs_no_uncordon(canned: Canned, mesos: Mesos) -> None:
    canned.on("REACTIVATE_AGENT", text("Agent is not deactivated", 400))
    mesos.uncordon("S1", DEACTIVATION)
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
        mesos.uncordon("S1", DEACTIVATION)


@pytest.mark.parametrize("reply", [Reply("", kind=""), text("Agent 'S1' not found", 404)])
def test_an_agent_is_marked_gone_also_where_it_is_gone_already(canned: Canned, mesos: Mesos, reply: Reply) -> None:
    canned.on("MARK_AGENT_GONE", reply)
    mesos.mark_gone("S1")
    assert [json.loads(request.body) for request in canned.asked] == [
        {"type": "MARK_AGENT_GONE", "mark_agent_gone": {"agent_id": {"value": "S1"}}},
    ]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (text("Agents have not re-registered yet", 503), Retryable),
        (text("Forbidden", 403), Forbidden),
        (text("Failed to convert JSON into Call protobuf", 400), Fatal),
    ],
)
def test_a_mark_that_fails_says_why(canned: Canned, mesos: Mesos, reply: Reply, kind: type[DcosmaintError]) -> None:
    canned.on("MARK_AGENT_GONE", reply)
    with pytest.raises(kind):
        mesos.mark_gone("S1")

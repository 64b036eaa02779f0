"""Hand-made logs of what must never be done: the monitor barks at each, for its own reason, and at nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dcosmaint.sandbox.monitor import Ordered, Tally, Yardstick, judge
from tests.sandbox.drill import drilled

SERVICE = "kafka-events"


def node(number: int, **facts: Any) -> dict[str, Any]:
    """What a line says of node `number`, drained and idle unless it says otherwise."""
    here = {"instance": f"i-{number}", "address": f"agent[{number}]", "agent": f"S{number}", "public": False}
    true = {"listed": False, "offers": False, "pods": [], "lost": {}, "process": False, "recovering": 0.0}
    return {**here, **true, **facts}


def said(what: str, by: str = "tool", **facts: Any) -> dict[str, Any]:
    return {"by": by, "what": what, **facts}


def replaced(pod: str = "kafka-1", **facts: Any) -> dict[str, Any]:
    task = {"service": SERVICE, "pod": pod, "task": f"{pod}__1", "agent": "S1", "offers": False}
    topics = {"copies": {"clicks-0": 2, "clicks-1": 2}, "replicas": {"clicks-0": 3, "clicks-1": 3}, "unread": 0.0}
    return said("replace", **{**task, **topics, "recovering": False, "lost": {}, **facts})


def left(number: int, **facts: Any) -> list[dict[str, Any]]:
    """A node whose agent is told to leave, and does."""
    told = node(number, listed=True, **facts)
    return [said("signal-agent", **told), said("agent-gone", "mesos", **told, how="unregistered")]


def given_up(state: str = "terminated", **facts: Any) -> dict[str, Any]:
    return said("agent-gone", **{**node(1, stays={}), **facts}, how="marked gone", state=state)


def heard(
    *lines: dict[str, Any],
    caps: dict[str, int] | None = None,
    targets: tuple[str, ...] = (),
    yardstick: Yardstick | None = None,
    earlier: tuple[Ordered, ...] = (),
) -> Tally:
    """A line is a second after the one before it unless it says otherwise."""
    nodes = [{"instance": f"i-{n}", "address": f"agent[{n}]", "agent": f"S{n}", "ami": "ami-1"} for n in range(3)]
    first = said("cluster", "time", nodes=nodes, services={SERVICE: ["kafka-0", "kafka-1", "kafka-2"]}, apps={})
    log = [json.dumps({"at": float(at), **line}) for at, line in enumerate([first, *lines])]
    return judge(log, caps or {}, targets, yardstick, earlier)


def back(number: int, *, old: bool = False, **facts: Any) -> dict[str, Any]:
    return said("agent-registered", "mesos", **node(number), old=old, ami="ami-2", **facts)


APPLY: dict[str, Any] = {"addresses": ["agent[1]"]}
BAD: dict[str, tuple[list[dict[str, Any]], str]] = {
    "over the cap": (
        [replaced("kafka-1", lost={SERVICE: ["kafka-0"]})],
        "kafka-events had 2 brokers lost (kafka-0, kafka-1), its cap is 1",
    ),
    "sent twice": ([replaced(), replaced()], "kafka-events/kafka-1 was replaced twice: kafka-1__1"),
    "while recovering": (
        [replaced(recovering=True, lost={SERVICE: ["kafka-1"]})],
        "kafka-events/kafka-1 was replaced while it recovered",
    ),
    "the only copy": (
        [replaced(copies={"clicks-0": 0, "clicks-1": 2})],
        "kafka-events/kafka-1 was replaced with 0 other in-sync copies of clicks-0, and it needs 2",
    ),
    "too few copies": (
        [replaced(copies={"clicks-0": 1, "clicks-1": 2})],
        "kafka-events/kafka-1 was replaced with 1 other in-sync copy of clicks-0, and it needs 2",
    ),
    "topics unread": ([replaced(unread=60.0)], "kafka-events/kafka-1 was replaced while topics could not be read"),
    "terminated before its brokers were in sync": (
        [replaced(), *left(1), said("terminate", **node(1))],
        "i-1 (agent[1]) was terminated before kafka-events/kafka-1 was in sync elsewhere",
    ),
    "terminated after a failover": (
        [*left(1), said("terminate", **node(1, recovering=30.0))],
        "i-1 (agent[1]) was terminated while agents had not re-registered after a failover",
    ),
    "told to leave while it takes offers": (
        left(1, offers=True),
        "the agent of agent[1] was told to leave while it took offers",
    ),
    "somebody else's cordon lifted": (
        [said("deactivate", "operator", **node(1)), said("reactivate", **node(1))],
        "somebody else's cordon of agent[1] was lifted",
    ),
    "data lost": (
        [replaced(), said("partition-wiped", "sdk", service=SERVICE, pod="kafka-1", partition="clicks-0")],
        "kafka-events lost clicks-0 for good",
    ),
    "left with a reservation": (
        [
            said("reserve", **node(1), rolls=["r1"]),
            said("signal-agent", **node(1, offers=False), apart=["r1"]),
        ],
        "the agent of agent[1] was told to leave with what was set apart there",
    ),
    "terminated while listed": (
        [*left(1), said("terminate", **node(1, listed=True))],
        "i-1 (agent[1]) was terminated while Mesos listed its agent",
    ),
    "terminated with a pod": (
        [*left(1), said("terminate", **node(1, pods=[f"{SERVICE}/kafka-1"]))],
        "i-1 (agent[1]) was terminated with kafka-events/kafka-1 on it",
    ),
    "emptied under its agent": (
        [*left(1), said("empty-work-dir", **node(1, process=True))],
        "the work dir of agent[1] was emptied under its agent",
    ),
    "emptied with a pod": (
        [*left(1), said("empty-work-dir", **node(1, pods=[f"{SERVICE}/kafka-1"]))],
        "i-1 (agent[1]) was emptied with kafka-events/kafka-1 on it",
    ),
    "emptied undrained": ([said("empty-work-dir", **node(1))], "i-1 (agent[1]) was emptied before it was drained"),
    "marked gone while it may come back": (
        [given_up(state="running")],
        "the agent of i-1 (agent[1]) was marked gone, and its instance is running",
    ),
    "marked gone with the only copy": (
        [given_up(pods=[f"{SERVICE}/kafka-1"], stays={SERVICE: {"clicks-0": [0, 3]}})],
        "the agent of i-1 (agent[1]) was marked gone with 0 other in-sync copies of clicks-0, and it needs 2",
    ),
    "terminated undrained": ([said("terminate", **node(1))], "i-1 (agent[1]) was terminated before it was drained"),
    "stopped with a pod": (
        left(1, pods=[f"{SERVICE}/kafka-1"]),
        "agent[1] was stopped (signal-agent) with kafka-events/kafka-1 on it",
    ),
    "a plan that destroys": (
        [said("apply", **APPLY, changes=[["agent[1]", ["create"], "ami-2"], ["vpc", ["delete"], ""]])],
        "the applied plan would delete vpc",
    ),
    "a plan that replaces": (
        [said("apply", **APPLY, changes=[["agent[1]", ["delete", "create"], "ami-2"]])],
        "the applied plan would delete and create agent[1]",
    ),
    "a plan for the attachment of another node": (
        [said("apply", **APPLY, changes=[["aws_volume_attachment.dcos_agent_node[2]", ["create"], ""]])],
        "the applied plan would create aws_volume_attachment.dcos_agent_node[2]",
    ),
    "two public nodes": (
        [*left(1, public=True), *left(2, public=True)],
        "public node agent[2] went down while agent[1] was down",
    ),
    "a black hole": (
        [said("stop-docker", **node(1, listed=True, offers=True))],
        "docker of agent[1] was stopped under an agent that takes offers",
    ),
    "an app at zero": (
        [said("app-zero", "marathon", app="/web", instances=2, why="lost", scheduler=False)],
        "/web had none of its 2 instances running: lost",
    ),
    "a cordon left": (
        [said("deactivate", **node(1, listed=True))],
        "at the end: agent[1] is still cordoned (agent S1)",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_it_barks_at_a_bad_log_and_at_nothing_else_in_it(name: str) -> None:
    lines, breach = BAD[name]
    breaches = heard(*lines).breaches
    assert [says.partition(" s: ")[2] or says for says in breaches] == [breach]


def test_it_barks_at_an_instance_that_is_no_target() -> None:
    tally = heard(*left(1), said("terminate", **node(1)), targets=("i-2",))
    assert tally.breaches == ("3 s: i-1 (agent[1]) was terminated and is no target",)


def test_it_barks_at_an_agent_that_is_given_up_and_no_target() -> None:
    tally = heard(given_up(), targets=("i-2",))
    assert tally.breaches == ("1 s: the agent of i-1 (agent[1]) was marked gone and is no target",)
    assert heard(given_up()).breaches == ()


def test_it_barks_at_two_members_of_one_service_on_an_agent_that_is_given_up_whatever_the_cap() -> None:
    tally = heard(given_up(pods=[f"{SERVICE}/kafka-0", f"{SERVICE}/kafka-1"]), caps={SERVICE: 2})
    assert tally.breaches == ("1 s: kafka-events was made replace kafka-0, kafka-1 at once",)


def test_a_wider_cap_lets_two_go() -> None:
    assert not heard(replaced("kafka-1", lost={SERVICE: ["kafka-0"]}), caps={SERVICE: 2}).breaches


def test_what_an_operator_does_is_not_held_against_us() -> None:
    deeds = ["terminate", "signal-agent", "stop-docker", "deactivate"]
    foreign = [said(what, "operator", **node(1, listed=True, offers=True)) for what in deeds]
    assert not heard(*foreign).breaches


def test_a_cordon_ends_with_its_agent_or_by_hand() -> None:
    lifted = heard(said("deactivate", **node(1)), said("reactivate", **node(1)))
    gone = heard(said("deactivate", **node(1)), *left(1))
    assert (lifted.cordons_left, gone.cordons_left) == (0, 0)


def test_an_agent_that_comes_back_has_to_be_drained_again() -> None:
    tally = heard(*left(1), back(1, old=True), said("terminate", **node(1), at=60.0))
    assert (tally.comebacks, tally.undrained) == (1, 1)


def test_an_agent_that_was_released_is_no_comeback() -> None:
    assert heard(*left(1), said("release", **node(1)), back(1, old=True)).comebacks == 0


CANARY = Yardstick(ami="ami-2", canary=1, soak=60.0)


def test_it_barks_at_a_node_that_begins_beside_the_canary_or_too_soon_after_it() -> None:
    beside = heard(*left(1), *left(2), yardstick=CANARY)
    soon = heard(*left(1), back(1, at=10.0), *left(2, at=50.0), yardstick=CANARY)
    later = heard(*left(1), back(1, at=10.0), *left(2, at=80.0), replaced(agent="S0", at=81.0), yardstick=CANARY)
    assert beside.breaches == ("3 s: agent[2] began while the canary agent[1] was not whole",)
    assert soon.breaches == ("50 s: agent[2] began 40 s after a canary was back, and its soak is 60 s",)
    assert later.breaches == ()


def test_a_canary_that_somebody_else_terminated_is_one_as_soon_as_it_is_back() -> None:
    assert heard(back(1, at=10.0), *left(2, at=80.0), replaced(agent="S0", at=81.0), yardstick=CANARY).breaches == ()


def test_it_barks_at_a_plan_with_another_ami() -> None:
    tally = heard(said("apply", **APPLY, changes=[["agent[1]", ["create"], "ami-1"]]), yardstick=CANARY)
    assert tally.breaches == ("1 s: the applied plan would create agent[1] of ami-1, not of ami-2",)


def test_fewer_copies_will_do_where_the_operator_said_so() -> None:
    few = replaced(copies={"clicks-0": 1, "clicks-1": 1})
    assert not heard(few, yardstick=Yardstick(min_isr={SERVICE: 1})).breaches


@pytest.mark.parametrize(("later", "breaches"), [(5.0, 0), (60.0, 1)])
def test_what_others_did_is_held_against_us_once_it_can_be_known(later: float, breaches: int) -> None:
    """Between a look and the act that follows it anything may happen."""
    crash = said("lost", "sdk", service=SERVICE, pod="kafka-0", agent="S0", why="the broker crashed", lost={})
    lifted = said("reactivate", "operator", **node(1))
    again = [*left(1), back(1, old=True), said("terminate", **node(1, listed=True), at=3.0 + later)]
    assert len(heard(crash, replaced(lost={SERVICE: ["kafka-0"]}, at=1.0 + later)).breaches) == breaches
    assert len(heard(lifted, *left(1, offers=True, at=1.0 + later)).breaches) == breaches
    assert len(heard(*again).breaches) == 2 * breaches  # listed, and not drained any more


LAST = Yardstick(last=True, airtight=False)
HERE: dict[str, Any] = {"pods": [f"{SERVICE}/kafka-1"], "offers": True}


def whole(left: int) -> dict[str, Any]:
    """A node with kafka-1 on it, and so many in-sync copies of a partition of three elsewhere."""
    return {**HERE, "stays": {SERVICE: {"clicks-0": [left, 3]}}}


def test_a_node_may_go_down_with_its_brokers_where_they_are_replaced_after_and_data_is_whole_without_them() -> None:
    careful = [*left(1, **whole(2)), said("terminate", **node(1, **whole(2)))]
    assert heard(*careful, yardstick=LAST).breaches == ()
    careless = heard(*careful).breaches
    assert any("was told to leave while it took offers" in says for says in careless)
    assert sum("kafka-events/kafka-1 on it" in says for says in careless) == 2  # stopped, and terminated


def test_it_barks_at_a_node_that_takes_too_many_copies_down_with_it() -> None:
    tally = heard(*left(1, **whole(1)), said("terminate", **node(1, **whole(0)), at=60.0), yardstick=LAST)
    assert tally.breaches == (
        "1 s: agent[1] was stopped (signal-agent) with 1 other in-sync copy of clicks-0, and it needs 2",
        "60 s: i-1 (agent[1]) was terminated with 0 other in-sync copies of clicks-0, and it needs 2",
    )


def test_it_barks_at_a_node_that_goes_down_while_another_broker_is_lost() -> None:
    tally = heard(*left(1, **whole(2), lost={SERVICE: ["kafka-0"]}), yardstick=LAST)
    assert tally.breaches == ("1 s: kafka-events had 2 brokers lost (kafka-0, kafka-1), its cap is 1",)


LEAKY = Yardstick(airtight=False, leaky=True)
PLACED: dict[str, Any] = {"service": SERVICE, "pod": "kafka-1", "from": "S1"}


@pytest.mark.parametrize(
    ("placed", "breaches"),
    [
        ([], 2),  # it was never moved: stopped, and terminated
        ([said("placed", "sdk", **PLACED, agent="S2", empty=True)], 2),  # the log has it elsewhere
        ([said("placed", "sdk", **PLACED, agent="S1", empty=True)], 1),
        ([said("placed", "sdk", **PLACED, agent="S1", empty=empty) for empty in (True, False)], 1),  # and crashed there
        ([said("placed", "sdk", **{**PLACED, "from": f"S{n}"}, agent="S1", empty=n == 1) for n in (1, 0)], 1),  # new id
    ],
)
def test_a_node_may_stop_with_a_broker_that_fell_back_to_it_and_not_end_with_it(
    placed: list[dict[str, Any]], breaches: int
) -> None:
    down = [{**line, "at": 100.0} for line in left(1, **whole(2))]
    lines = [replaced(), *placed, *down, said("terminate", **node(1, **whole(2)), at=200.0)]
    careless = [says for says in heard(*lines, yardstick=LEAKY).breaches if "with kafka-events/kafka-1 on it" in says]
    assert len(careless) == breaches


def test_docker_is_never_stopped_under_an_agent_that_takes_offers() -> None:
    (says,) = heard(said("stop-docker", **node(1, listed=True, offers=True)), yardstick=LAST).breaches
    assert says == "1 s: docker of agent[1] was stopped under an agent that takes offers"


@pytest.mark.parametrize(("stopped", "breaches"), [(10.0, 0), (60.0, 0), (100.0, 1)])
def test_what_a_silent_agent_takes_is_held_against_us_where_we_took_the_rest_later(
    stopped: float, breaches: int
) -> None:
    silent, gone = 50.0, 350.0
    tally = heard(
        said("signal-agent", **node(1, apps=["/web"]), at=stopped),
        said("agent-gone", "mesos", **node(2), how="unreachable", silent=silent, at=gone),
        said("app-zero", "marathon", app="/web", instances=2, why="health check timed out", scheduler=False, at=gone),
    )
    assert (len(tally.breaches), tally.apps_at_zero) == (breaches, 1)


@pytest.mark.parametrize(("stopped", "breaches"), [(4005.0, 0), (4050.0, 1)])
def test_what_happened_while_our_machine_slept_is_known_soon_after_it_woke(stopped: float, breaches: int) -> None:
    lines = (
        back(1, old=True, at=300.0),
        said("fault", "time", name="asleep", whom="3900 s", at=4000.0),
        said("stop-docker", **node(1, listed=True, offers=True), at=stopped),
    )
    assert len(heard(*lines).breaches) == breaches


def test_our_own_replace_counts_at_once() -> None:
    assert len(heard(replaced("kafka-0"), replaced("kafka-1", lost={SERVICE: ["kafka-0"]})).breaches) == 1


def test_a_crash_right_after_a_replace_takes_data_that_nobody_could_save() -> None:
    crash = said("lost", "sdk", service=SERVICE, pod="kafka-0", agent="S0", why="the broker crashed", lost={})
    wiped = said("partition-wiped", "sdk", service=SERVICE, pod="kafka-1", partition="clicks-0")
    tally = heard(replaced(), crash, wiped)
    assert (tally.partitions_lost, tally.breaches) == (1, ())


def test_an_agent_that_was_lost_while_we_held_it_is_drained() -> None:
    lost = said("agent-gone", "mesos", **node(1), how="unreachable")
    assert not heard(said("hold", **node(1)), lost, said("terminate", **node(1))).breaches
    assert heard(said("hold", **node(1)), lost, said("terminate", **node(1, process=True))).undrained == 1
    assert heard(lost, said("terminate", **node(1))).undrained == 1


def test_a_second_public_node_may_go_when_the_first_is_back() -> None:
    new = said("agent-registered", "mesos", **node(1, public=True), old=False, ami="ami-2")
    assert not heard(*left(1, public=True), new, *left(2, public=True)).breaches


def test_it_is_silent_about_a_careful_replacement_and_counts_it() -> None:
    world = drilled()
    tally = judge(world.log, {})
    assert tally.breaches == ()
    assert (tally.replaced, tally.on_wanted_ami, tally.fleet, tally.applies) == (1, 1, 12, 1)
    assert tally.most_lost == {"kafka-events": 1, "prod/kafka-orders": 1, "kafka-legacy": 0}
    assert "nodes replaced" in tally.table()[0]


def test_it_shows_its_breaches_under_its_figures() -> None:
    table = heard(*BAD["sent twice"][0]).table()
    assert table[-1] == "  2 s: kafka-events/kafka-1 was replaced twice: kafka-1__1"
    assert any(row.split() == ["brokers", "replaced", "twice", "1"] for row in table)


APART = {SERVICE: [["kafka-0", "kafka-"]], "hdfs": [["journal-", "name-"]]}


@pytest.mark.parametrize(
    ("service", "pod", "lost", "breaches"),
    [
        (SERVICE, "kafka-2", ["kafka-0"], 1),
        (SERVICE, "kafka-0", ["kafka-2"], 1),
        (SERVICE, "kafka-2", ["kafka-1"], 0),
        ("hdfs", "name-1", ["journal-0"], 1),
        ("hdfs", "name-1", ["name-0"], 0),
    ],
)
def test_it_barks_at_two_that_may_never_be_lost_together(
    service: str, pod: str, lost: list[str], breaches: int
) -> None:
    cluster = said("cluster", "time", nodes=[], services={}, apps={}, apart=APART)
    tally = heard(cluster, replaced(pod, service=service, lost={service: lost}), caps={service: 3})
    assert len(tally.breaches) == breaches


def test_members_that_are_their_operators_may_go_down_with_their_node_but_not_beyond_the_cap() -> None:
    stopped = said("stop-docker", **node(1, pods=[f"{SERVICE}/kafka-1"]))
    ignored = Yardstick(ignored=frozenset({SERVICE}))
    assert len(heard(stopped).breaches) == 1
    assert heard(stopped, yardstick=ignored).breaches == ()
    beyond = {**stopped, "lost": {SERVICE: ["kafka-0"]}}
    assert heard(beyond, yardstick=ignored).breaches[0].endswith("2 brokers lost (kafka-0, kafka-1), its cap is 1")


def test_each_roll_of_several_is_judged_by_what_it_was_to_keep() -> None:
    stopped = [said("stop-docker", **node(number, **{**whole(2), "offers": False})) for number in (1, 2)]
    (breach,) = heard(*stopped, earlier=(Ordered(0.0, {}, Yardstick()), Ordered(1.0, {}, LAST))).breaches
    assert breach.startswith("2 s: ")


def test_a_service_without_a_cap_of_its_own_has_the_one_of_all() -> None:
    two = replaced(lost={SERVICE: ["kafka-0"]})
    assert len(heard(two).breaches) == 1
    assert heard(two, yardstick=Yardstick(cap=2)).breaches == ()
    assert len(heard(two, caps={SERVICE: 1}, yardstick=Yardstick(cap=2)).breaches) == 1

"""What a plan refuses by name: each with its own word, all at once, and nothing that was accepted (R13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from dcosmaint.model import (
    BY_NAME,
    App,
    ClusterFacts,
    Finding,
    Inventory,
    Manner,
    Node,
    Policy,
    Resources,
    Service,
    Window,
    Work,
)
from dcosmaint.model.windows import window
from dcosmaint.planner.rules import blockers, taken, warnings
from tests.builders import (
    GROUP,
    NOON,
    a_node,
    a_partition,
    a_pod,
    a_policy,
    a_roll,
    a_service,
    a_store,
    an_agent,
    an_app,
    an_instance,
    an_inventory,
    data_of,
    registered,
)

FIRST = f"{GROUP}[0]"
EVENTS = "kafka-events"


def cluster(
    node: Node | None = None, service: Service | None = None, app: App | None = None, **facts: Any
) -> Inventory:
    """Six nodes, three brokers on the first three; what is named is not as it should be."""
    nodes = [node or a_node(0), *(a_node(number) for number in range(1, 6))]
    return an_inventory(nodes, [service or a_service()], [app] if app else [], **facts)


def on_agent(**changes: Any) -> Inventory:
    return cluster(a_node(agent=an_agent(**changes)))


def on_instance(**changes: Any) -> Inventory:
    return cluster(a_node(instance=an_instance(**changes)))


def in_service(**changes: Any) -> Inventory:
    return cluster(service=a_service(**changes))


def behind(pod: str) -> Service:
    """A Cassandra whose only member is at work on the node of its own number, and not in sync."""
    store = a_store(on={pod: int(pod.rpartition("-")[2])})
    return replace(store, pods=tuple(replace(one, out_of_sync="streams 4 of 9 ranges") for one in store.pods))


def surveyed(rule: str, subject: str, *, acceptable: bool = False) -> Inventory:
    return cluster(blockers=(Finding(rule, subject, "what the survey says: mend it", acceptable),))


def public(*active: bool) -> Inventory:
    """A cluster whose first nodes are public agents."""
    entries = [a_node(n, agent=an_agent(n, public=True, active=serves)) for n, serves in enumerate(active)]
    return an_inventory([*entries, *(a_node(number) for number in range(len(active), 6))])


def full() -> Inventory:
    """No agent but those of the service itself, and one without room."""
    return an_inventory(
        [a_node(0), a_node(1), a_node(2), a_node(3, agent=an_agent(3, free=Resources(0.1)))], [a_service()]
    )


REFUSED: dict[str, list[tuple[str, Inventory]]] = {
    "resident-tasks": [
        ("/store", cluster(app=an_app("/store", [0], resident=True))),
        ("/store", cluster(app=an_app("/store", [5], instances=2, resident=True))),  # the other may be anywhere
    ],
    "resident-data": [
        (FIRST, cluster(a_node(data=(data_of("cassandra"),)))),
        (FIRST, cluster(a_node(data=(data_of(),)))),
        (FIRST, cluster(a_node(data=(data_of(EVENTS, "marathon"),)))),  # it may be either's
    ],
    "service-unsupported": [
        ("nifi", cluster(service=a_store("nifi"))),
        ("dse", cluster(service=a_store("dse", {"dse-0": 0}))),
        ("hdfs", cluster(service=a_store("hdfs", {"data-0": 0, "router-0": 1}))),
    ],
    "no-proof": [
        ("cassandra", cluster(service=a_store(asked=False))),
        ("hdfs", cluster(service=a_store("hdfs", {"journal-0": 0}, asked=False))),
    ],
    "not-in-sync": [("cassandra/node-0", cluster(service=behind("node-0")))],
    "service-trouble": [
        (EVENTS, in_service(trouble=f"kafka-1 is {state}"))
        for state in ("PAUSED", "PAUSING", "DECOMMISSIONING", "DECOMMISSIONED")
    ],
    "plan-incomplete": [
        (EVENTS, in_service(deploy="IN_PROGRESS")),
        (EVENTS, in_service(deploy="ERROR")),
        (EVENTS, in_service(recovery="PENDING")),
        (EVENTS, in_service(recovery="UNKNOWN")),
    ],
    "unknown-framework": [(FIRST, cluster(a_node(frameworks={"spark": 1})))],
    "last-public": [(FIRST, public(True)), (FIRST, public(True, False))],
    "last-target": [(FIRST, on_instance(balancers=(registered(0, others=0),)))],
    "scaling-group": [(FIRST, on_instance(scaling_group="agents"))],
    "protected": [(FIRST, on_instance(protected=True))],
    "instance-state": [(FIRST, on_instance(state="stopped"))],
    "topics-unreadable": [
        (EVENTS, in_service(partitions=None)),
        (EVENTS, in_service(partitions=None, unread="broker-1:9093: Authentication failed")),
    ],
    "partition-offline": [
        (f"{EVENTS}/events", in_service(partitions=(a_partition(isr=()),))),
        (f"{EVENTS}/events", in_service(partitions=(replace(a_partition(), leader=""),))),
    ],
    "broker-idle": [(f"{EVENTS}/kafka-0", in_service(partitions=(a_partition(isr=(1, 2)),)))],
    "data-loss": [(f"{EVENTS}/events", in_service(partitions=tuple(a_partition(n, isr=(n,)) for n in range(3))))],
    "recovered-agents": [("agent-77", surveyed("recovered-agents", "agent-77"))],
    "bastion": [(FIRST, surveyed("bastion", FIRST))],
    "unjoined": [
        (FIRST, surveyed("unjoined", FIRST)),
        (f"{GROUP}[99]", surveyed("unjoined", f"{GROUP}[99]")),  # an address that is no node: EC2 does not know it
    ],
    "foreign-cordon": [
        (FIRST, on_agent(active=False, deactivated=True)),
        (FIRST, on_agent(active=False, draining=True)),
    ],
    "foreign-window": [
        (FIRST, cluster(windows=(Window("10.0.0.10", "10.0.0.10", int(NOON) * 10**9, 5400 * 10**9),))),
        (FIRST, cluster(windows=(Window("10.0.0.10", "10.0.0.10", int(NOON) * 10**9),))),
        (FIRST, cluster(windows=(window("another-roll", "agent-0", "10.0.0.10", "10.0.0.10", NOON),))),
        (
            FIRST,
            cluster(
                windows=(Window("10.0.0.10", "10.0.0.10", int(NOON) * 10**9),),
                facts=ClusterFacts("1.11.12", "1.9.0", marathon_version="1.6.567"),
            ),
        ),
    ],
    "inactive-agent": [(FIRST, on_agent(active=False))],
    "no-agent": [(FIRST, cluster(a_node(agent=None)))],
    "no-deactivate": [("Mesos 1.5.3", cluster(facts=ClusterFacts("1.11.12", "1.5.3")))],
    "terraform-exposed": [(GROUP, surveyed("terraform-exposed", GROUP, acceptable=True))],
    "app-down": [("/web", cluster(app=an_app("/web", [0, 0], pinned=True)))],
    "no-place": [(f"{EVENTS}/kafka-0", full())],
}
EACH = [pytest.param(rule, *case, id=f"{rule}-{n}") for rule, cases in REFUSED.items() for n, case in enumerate(cases)]
ACCEPTABLE = {
    "broker-idle",
    "foreign-window",
    "data-loss",
    "terraform-exposed",
    "app-down",
    "service-unsupported",
    "no-proof",
}


def found(inventory: Inventory, policy: Policy | None = None, **changes: Any) -> tuple[Finding, ...]:
    return blockers(a_roll(inventory, policy or a_policy(), **changes), inventory)


def rules(findings: Sequence[Finding]) -> set[str]:
    return {finding.rule for finding in findings}


def test_a_healthy_cluster_has_no_blockers() -> None:
    assert found(cluster()) == ()


@pytest.mark.parametrize(("rule", "subject", "inventory"), EACH)
def test_it_is_refused_by_its_own_name_with_its_subject(rule: str, subject: str, inventory: Inventory) -> None:
    assert subject in {finding.subject for finding in found(inventory) if finding.rule == rule}


@pytest.mark.parametrize(("rule", "subject", "inventory"), EACH)
def test_a_refusal_says_what_and_what_now(rule: str, subject: str, inventory: Inventory) -> None:
    """R13: a sentence behind the subject, whose last part is what its reader can do."""
    for finding in found(inventory):
        assert len(finding.message.split()) > 4, finding
        assert ":" in finding.message, finding
        assert not finding.message.endswith("."), finding


@pytest.mark.parametrize(("rule", "subject", "inventory"), EACH)
def test_only_a_risk_that_may_be_taken_can_be_accepted(rule: str, subject: str, inventory: Inventory) -> None:
    by_name = a_policy(accepted=(f"{rule}={subject}",))
    assert (rule in rules(found(inventory, by_name))) == (rule not in ACCEPTABLE)
    assert {f.acceptable for f in found(inventory) if f.rule == rule} == {rule in ACCEPTABLE}


@pytest.mark.trap("what runs on an agent that has left waits for it for ever")
def test_an_app_with_data_on_its_node_is_refused_whatever_is_accepted() -> None:
    """Its tasks would wait for the old agent, whose node does not come back."""
    (_, inventory), *_ = REFUSED["resident-tasks"]
    policy = a_policy(accepted=("resident-tasks", "resident-tasks=/store"))
    assert rules(found(inventory, policy)) == {"resident-tasks"}


@pytest.mark.parametrize("rule", sorted(ACCEPTABLE))
def test_a_risk_is_taken_for_its_subject_only(rule: str) -> None:
    ((_, inventory), *_) = REFUSED[rule]
    assert rule in rules(found(inventory, a_policy(accepted=(f"{rule}=something-else",))))


@pytest.mark.parametrize("rule", sorted(ACCEPTABLE))
def test_a_rule_may_be_accepted_as_a_whole_but_for_data(rule: str) -> None:
    ((_, inventory), *_) = REFUSED[rule]
    assert (rule not in rules(found(inventory, a_policy(accepted=(rule,))))) == (rule not in BY_NAME)


def test_data_of_a_whole_service_may_be_given_up_by_its_name() -> None:
    ((_, inventory), *_) = REFUSED["data-loss"]
    assert found(inventory, a_policy(accepted=(f"data-loss={EVENTS}",))) == ()


def test_everything_comes_at_once() -> None:
    """R13: an operator who mends one thing is not sent back for the next."""
    topic = (a_partition(isr=(0,)), a_partition(1, isr=(), topic="dead"))
    broken = a_service(partitions=topic, deploy="ERROR", trouble="kafka-1 is PAUSED")
    blind = a_service("kafka-blind", [4], partitions=None)
    other = a_store("nifi", {"nifi-0": 4}, asked=False)
    late = a_store(on={"node-0": 4}, pods=behind("node-4").pods)
    nodes = [
        a_node(
            0,
            instance=an_instance(
                0, state="stopping", scaling_group="agents", balancers=(registered(0, others=0),), protected=True
            ),
            agent=an_agent(0, active=False, deactivated=True),
            frameworks={"spark": 1},
            data=(data_of("cassandra-old"),),
        ),
        a_node(1, agent=an_agent(1, active=False)),
        a_node(2, agent=None),
        a_node(3, agent=an_agent(3, public=True)),
        a_node(4),
    ]
    rest = ("recovered-agents", "agent-77"), ("bastion", FIRST), ("unjoined", FIRST), ("terraform-exposed", GROUP)
    inventory = an_inventory(
        nodes,
        [broken, blind, other, late],
        [an_app("/web", [0, 0], pinned=True), an_app("/store", [0], resident=True)],
        facts=ClusterFacts("1.11.12", "1.5.3"),
        blockers=tuple(Finding(rule, subject, "…", acceptable=rule in ACCEPTABLE) for rule, subject in rest),
        windows=(Window("10.0.0.10", "10.0.0.10", int(NOON) * 10**9),),
    )
    assert rules(found(inventory)) == set(REFUSED)


def test_the_same_trouble_of_a_service_is_told_once_and_not_for_each_of_its_nodes() -> None:
    assert len(found(cluster(service=a_store("nifi")))) == 1


def test_data_is_named_with_its_role_its_volumes_and_whose_it_is() -> None:
    (finding,) = found(cluster(a_node(data=(data_of("cassandra"), data_of("cassandra", number=1)))))
    assert finding.message == (
        "is where cassandra keeps data, in persistent volumes of role cassandra-role, which no other node has"
        " (cassandra-volume-0, cassandra-volume-1): move it and destroy the volumes, or exclude the node"
    )


def test_what_brokers_keep_or_left_behind_is_in_nobodys_way() -> None:
    """A replaced broker's old volume holds nothing that its topics have nowhere else: R14 saw to that."""
    assert found(cluster(a_node(data=(data_of(EVENTS),)))) == ()
    assert found(cluster(a_node(5, data=(data_of(EVENTS),)))) == ()


def test_a_service_with_members_on_the_node_is_told_of_once() -> None:
    inventory = an_inventory([a_node(4, data=(data_of("nifi"),)), a_node(5)], [a_store("nifi", {"nifi-0": 4})])
    assert rules(found(inventory)) == {"service-unsupported"}


def test_what_is_no_target_stands_in_nobodys_way() -> None:
    inventory = on_instance(scaling_group="agents")
    assert found(inventory, targets=("i-1", "i-2")) == ()
    assert found(REFUSED["no-deactivate"][0][1], targets=()) == ()


def test_an_unjoined_address_of_another_node_stands_in_nobodys_way() -> None:
    assert found(surveyed("unjoined", FIRST), targets=("i-1",)) == ()


def test_two_agents_at_one_address_are_counted_in_the_refusal() -> None:
    twins = (an_agent(0, id="agent-old"), an_agent(0, id="agent-new"))
    inventory = cluster(a_node(agent=None))
    (finding,) = found(replace(inventory, agents=(*inventory.agents, *twins)))
    assert finding.message.startswith("Mesos lists 2 agents at 10.0.0.10 instead of one")


@pytest.mark.parametrize(("work", "rules_found"), [(Work.ROLL, set()), (Work.DRAIN, {"no-place"})])
def test_drained_nodes_stay_away_so_that_all_their_members_need_places(work: Work, rules_found: set[str]) -> None:
    """Each one of two finds the last free agent; both at once don't."""
    inventory = an_inventory(4, [a_service()])
    assert rules(found(inventory, work=work, targets=("i-0", "i-1"))) == rules_found


def test_a_drained_node_whose_members_were_to_be_taken_by_the_next_one_leaves_them_without_a_place() -> None:
    """Nobody carries anything on the last of three, and each of the others could have gone there."""
    inventory = an_inventory(5, [a_service(on=(0, 1, 2))])
    assert found(inventory, work=Work.DRAIN, targets=("i-0", "i-3")) == ()
    short = found(inventory, work=Work.DRAIN, targets=("i-0", "i-3", "i-4"))
    assert [(finding.rule, finding.subject) for finding in short] == [("no-place", f"{EVENTS}/kafka-0")]


@pytest.mark.parametrize("work", [Work.DRAIN, Work.UNDRAIN])
def test_an_exposed_terraform_is_no_reason_not_to_drain(work: Work) -> None:
    """No AMI changes there, so no plain apply replaces anything."""
    assert found(surveyed("terraform-exposed", GROUP, acceptable=True), work=work, targets=("i-0",)) == ()


def test_termination_protection_is_no_reason_not_to_drain() -> None:
    assert found(on_instance(protected=True), work=Work.DRAIN, targets=("i-0",)) == ()


@pytest.mark.parametrize(
    "rule", ["last-target", "scaling-group", "foreign-cordon", "resident-tasks", "resident-data", "data-loss"]
)
def test_what_a_drain_takes_away_is_refused_as_well(rule: str) -> None:
    ((_, inventory), *_) = REFUSED[rule]
    assert rule in rules(found(inventory, work=Work.DRAIN))


@pytest.mark.parametrize(("rule", "subject", "inventory"), EACH)
def test_bringing_a_node_back_is_never_refused(rule: str, subject: str, inventory: Inventory) -> None:
    assert found(inventory, work=Work.UNDRAIN) == ()


def test_a_member_that_no_agent_could_take_is_refused_before_anything_is_touched() -> None:
    """R6: with an agent that has room and no member of the service it passes."""
    assert rules(found(full())) == {"no-place"}
    roomy = an_inventory(4, [a_service()])
    assert found(roomy) == ()


@pytest.mark.parametrize(("work", "helps"), [(Work.ROLL, True), (Work.REPLACE, True), (Work.DRAIN, False)])
def test_another_order_is_named_where_it_gives_a_member_its_place(work: Work, helps: bool) -> None:
    """After a drain no new node stands there."""
    (place,) = found(full(), work=work, targets=("i-0",))
    assert ("set policy.order to auto or replace-last" in place.message) is helps


def test_another_order_is_not_named_where_it_would_be_refused_as_well() -> None:
    """Two members of one service would go down with their node at once."""
    crowded = an_inventory(2, [a_service(on=(0, 0, 1))])
    said = found(crowded, targets=("i-0",))
    assert rules(said) >= {"no-place"}
    assert not any("policy.order" in each.message for each in said)


def test_a_public_a_draining_or_a_cordoned_agent_takes_no_member() -> None:
    """R6."""
    for changes in ({"public": True}, {"draining": True}, {"active": False}, {"active": False, "deactivated": True}):
        spare = a_node(3, agent=an_agent(3, **changes))
        inventory = an_inventory([a_node(0), a_node(1), a_node(2), spare], [a_service()])
        assert "no-place" in rules(found(inventory, targets=("i-0",))), changes


def test_a_member_that_is_down_leaves_no_room_for_another_of_its_service() -> None:
    """R6: its reservation stays where it is."""
    down = a_service(pods=(a_pod(0), a_pod(1, running=False), a_pod(2)))
    assert "no-place" in rules(found(an_inventory(3, [down]), targets=("i-0",)))


def test_a_topic_with_too_few_copies_in_sync_now_is_refused_though_it_had_enough() -> None:
    """R14: the baseline says what there should be."""
    service = a_service(partitions=(a_partition(isr=(0, 2)),))
    roll = a_roll(cluster(), baseline={EVENTS: (a_partition(isr=(0, 1, 2)),)})
    findings = blockers(roll, cluster(service=service))
    assert {(f.rule, f.subject) for f in findings} == {("data-loss", f"{EVENTS}/events")}
    assert "events-0 would keep 1 in-sync copy (kafka-2), and needs 2" in findings[0].message


def test_a_refusal_of_a_plan_says_in_which_state_it_is() -> None:
    (finding,) = found(in_service(deploy="ERROR"))
    assert finding.message == "deploy plan ERROR, recovery plan COMPLETE: let it end first"


def test_findings_are_in_the_order_of_the_nodes() -> None:
    nodes = [a_node(n, instance=an_instance(n, scaling_group="agents")) for n in range(6)]
    findings = found(an_inventory(nodes, at=NOON))
    assert [finding.subject for finding in findings] == [node.address for node in nodes]


def test_what_is_said_of_a_service_that_is_not_there_is_told() -> None:
    """A name that is misspelt would leave its namesake to the defaults, and nobody would know."""
    policy = a_policy(moves={"casandra": "refuse", "cassandra": "auto"}, caps={"es": 2}, min_isr={"es": 1})
    told = warnings(a_roll(cluster(), policy), cluster(service=a_store()))
    assert [(finding.rule, finding.subject) for finding in told] == [
        ("unknown-service", "casandra"),
        ("unknown-service", "es"),
    ]
    assert told[0].message.endswith("no service is called so: there are cassandra")


def test_what_is_said_of_a_framework_that_is_not_there_or_is_a_service_is_told() -> None:
    policy = a_policy(frameworks={"metronom": "wait", "cassandra": "ignore", "metronome": "wait"})
    inventory = replace(cluster(service=a_store()), frameworks=("cassandra", "marathon", "metronome"))
    told = warnings(a_roll(inventory, policy), inventory)
    assert [(finding.rule, finding.subject) for finding in told] == [
        ("unknown-framework", "cassandra"),
        ("unknown-framework", "metronom"),
    ]
    assert told[0].message.endswith("say it by services.cassandra.replace")
    assert told[1].message.endswith("Mesos knows no framework of that name: there are marathon, metronome")


def test_tasks_that_go_down_with_their_node_are_told_loudly() -> None:
    inventory = replace(cluster(a_node(frameworks={"spark": 2, "metronome": 1})), frameworks=("metronome", "spark"))
    policy = a_policy(frameworks={"spark": "ignore", "metronome": "wait"})
    (told,) = warnings(a_roll(inventory, policy), inventory)
    assert (told.rule, told.subject) == ("framework-ignored", "spark")
    assert told.message == f"2 tasks of it GO DOWN with {FIRST}, since policy.frameworks.spark is ignore"
    assert "unknown-framework" not in rules(blockers(a_roll(inventory, policy), inventory))


def test_data_that_a_moved_member_left_behind_is_in_nobodys_way_once_its_service_may_be_moved() -> None:
    nodes = [a_node(4), a_node(5, data=(data_of("nifi"),)), a_node(6)]
    inventory = an_inventory(nodes, [a_store("nifi", {"nifi-0": 4})])
    assert "resident-data" in rules(found(inventory))
    assert found(inventory, a_policy(moves={"nifi": "auto"})) == ()


def test_of_two_services_that_go_down_with_one_node_each_is_told_of_its_own_member() -> None:
    events = a_service(on=[0, 1, 2], partitions=tuple(a_partition(n, isr=(n,)) for n in range(3)))
    inventory = an_inventory(5, [events, a_service("kafka-orders", [3, 0, 4])])
    roll = replace(a_roll(inventory), targets=("i-0",), manner=Manner(order="replace-last"))
    (refused,) = blockers(roll, inventory)
    assert (refused.rule, "without kafka-0, whose volume" in refused.message) == ("data-loss", True)


def test_two_that_need_each_other_and_would_go_down_with_one_node_are_refused_before_anything_is_touched() -> None:
    """Where members move first, one of them follows the other; where they go down with their node, both go at once."""
    hdfs = a_store("hdfs", {"journal-0": 0, "name-0": 0, "data-0": 1})
    inventory, caps = an_inventory(6, [hdfs]), {"hdfs": 3}
    assert found(inventory, a_policy(caps=caps)) == ()
    for refused in (
        found(inventory, a_policy(caps=caps, moves={"hdfs": "ignore"})),
        found(inventory, a_policy(caps=caps), manner=Manner(order="replace-last")),
    ):
        assert [(one.rule, one.subject) for one in refused] == [("together", FIRST)]
        assert "journal-0 and name-0 may not be lost or held together, and go down with the node" in refused[0].message


@pytest.mark.parametrize("accepted", [(), (f"data-loss={EVENTS}",), (f"data-loss={EVENTS}/events",)])
def test_copies_of_a_partition_that_would_go_down_with_one_node_are_nobodys_to_give_up(
    accepted: tuple[str, ...],
) -> None:
    """Moving one of them first saves the data; where members move first, that happens anyway."""
    pair = a_service(on=[0, 0, 1], partitions=(a_partition(isr=(0, 1)),))
    inventory, policy = an_inventory(6, [pair]), a_policy(caps={EVENTS: 2}, accepted=("broker-idle", *accepted))
    assert found(inventory, policy) == ()
    for refused in (
        found(inventory, replace(policy, moves={EVENTS: "ignore"})),
        found(inventory, policy, manner=Manner(order="replace-last")),
    ):
        assert [(one.rule, one.subject, one.risk) for one in refused] == [("data-loss", f"{EVENTS}/events", "")]
        assert refused[0].message == (
            "events-0 would keep 0 in-sync copies (none), and needs 1: kafka-0 and kafka-1 may not be away together,"
            f" and all of them go down with {FIRST}: move all but one of them to other nodes first"
        )


def test_a_loss_that_is_accepted_is_not_taken_by_brokers_that_go_one_after_the_other() -> None:
    service = a_service(on=[0, 1, 2], partitions=(a_partition(isr=(0, 1)), a_partition(1, isr=(1, 2))))
    inventory, policy = an_inventory(6, [service]), a_policy(caps={EVENTS: 3}, accepted=(f"data-loss={EVENTS}",))
    assert taken(a_roll(inventory, policy), inventory) == ()


def test_a_window_that_this_roll_has_written_itself_stands_in_nobodys_way() -> None:
    mine = window("r1", "agent-0", "10.0.0.10", "10.0.0.10", NOON)
    elsewhere = Window("10.0.0.10", "10.9.9.9", int(NOON) * 10**9)  # Mesos matches name and address
    inventory = cluster(windows=(mine, elsewhere))
    roll = replace(a_roll(inventory), id="r1")
    assert blockers(roll, inventory) == ()


def test_a_window_of_somebody_else_that_keeps_nothing_off_its_machine_is_no_cordon_by_anybodys_word() -> None:
    """Where it is to be one. Other cordons stand beside it, and its risk may be taken."""
    accepted = a_policy(accepted=("foreign-window",))
    for start, blocks in ((NOON - 60, False), (NOON + 60, True)):
        inventory = cluster(windows=(Window("10.0.0.10", "10.0.0.10", int(start) * 10**9),))
        assert found(inventory, accepted) == ()
        refused = found(inventory, accepted, manner=Manner("maintenance", "replace-last"))
        assert [(one.rule, one.acceptable) for one in refused] == [("foreign-window", False)] * blocks


@pytest.mark.parametrize(
    ("cordon", "says"),
    [("reserve", "ten times a second"), ("maintenance", "this is Marathon 1.9.109), no SDK")],
)
def test_a_cordon_that_is_best_effort_is_told_as_that(cordon: Any, says: str) -> None:
    inventory = cluster()
    roll = replace(a_roll(inventory), manner=Manner(cordon))
    (told,) = warnings(roll, inventory)
    assert (told.rule, told.subject) == ("best-effort", f"cordon {cordon}")
    assert says in told.message
    assert warnings(replace(roll, manner=Manner()), inventory) == ()


def test_a_broker_falls_back_only_where_members_move_first() -> None:
    inventory = cluster()
    for manner, falls in ((Manner("reserve"), True), (Manner("reserve", "replace-last"), False)):
        (told,) = warnings(replace(a_roll(inventory), manner=manner), inventory)
        assert ("is replaced once more when its node is down" in told.message) is falls


@pytest.mark.parametrize(
    ("mesos", "public", "says"),
    [
        ("1.2.3", True, f"keeps nobody off public agents ({FIRST}): what they have reserved can't be set apart"),
        ("1.4.0", True, ""),
        ("1.2.3", False, ""),
    ],
)
def test_that_nothing_of_a_public_agent_can_be_set_apart_is_told(mesos: str, public: bool, says: str) -> None:
    inventory = cluster(a_node(0, agent=an_agent(0, public=public)), facts=ClusterFacts("1.9.11", mesos))
    (told,) = warnings(replace(a_roll(inventory), manner=Manner("reserve")), inventory)
    assert ("public agents" in told.message, says in told.message) == (bool(says), True)


@pytest.mark.parametrize(
    ("marathon", "says"),
    [("1.6.567", "and this is Marathon 1.6.567"), ("", "Marathon of a version that nobody told"), ("1.8.227", "")],
)
def test_a_window_that_an_old_marathon_does_not_heed_is_told_as_that_when_a_node_comes_back(
    marathon: str, says: str
) -> None:
    facts = ClusterFacts("1.11.12", "1.5.3", marathon_version=marathon)
    inventory = cluster(windows=(Window("10.0.0.10", "10.0.0.10", int(NOON) * 10**9),), facts=facts)
    (told,) = warnings(a_roll(inventory, work=Work.UNDRAIN), inventory)
    assert told.rule == "kept-off"
    assert ("the first that heeds windows" in told.message, says in told.message) == (bool(says), True)

"""R5: which saved plans may be applied."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcosmaint.guard import judge, makes_companions
from dcosmaint.model import Change

NODE = "aws_instance.dcos_agent_node[3]"
OTHER = "aws_instance.dcos_agent_node[4]"
DISK = "aws_ebs_volume.data[3]"
WANTED = {NODE: "ami-new"}


def a_change(address: str = NODE, *actions: str, **changes: Any) -> Change:
    fields = {"type": address.partition(".")[0], "ami": "ami-new" if "aws_instance" in address else "", **changes}
    return Change(address, actions=actions or ("create",), **fields)


def test_a_plan_that_creates_just_what_is_wanted_passes() -> None:
    assert judge([a_change(NODE), a_change(OTHER)], {**WANTED, OTHER: "ami-new"}, (), {}) == ()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ([], f"{NODE} would not be created"),
        ([a_change(NODE, ami="ami-0ld")], f"{NODE} would be of AMI ami-0ld, not ami-new"),
        ([a_change(NODE, ami="")], f"{NODE} would be of AMI (unknown), not ami-new"),
        ([a_change(NODE, "update")], f"{NODE} would be changed (update) instead of created"),
        ([a_change(NODE, "delete", "create")], f"{NODE} would be changed (delete then create) instead of created"),
        ([a_change(NODE), a_change(OTHER)], f"{OTHER} is none of our business and would be changed (create)"),
        ([a_change(NODE), a_change(OTHER, "delete", "create")], f"{OTHER} is none of our business"),
        ([a_change(NODE), a_change("aws_security_group.agents", "update")], "aws_security_group.agents is none of"),
        ([a_change(NODE), a_change(DISK)], f"{DISK} is none of our business"),
    ],
)
def test_anything_else_is_refused_by_its_address(changes: list[Change], says: str) -> None:
    assert any(reason.startswith(says) for reason in judge(changes, WANTED, (), {}))


@pytest.mark.parametrize(
    ("address", "actions", "passes"),
    [
        (DISK, ("create",), True),
        (DISK, ("delete", "create"), True),
        (DISK, ("delete",), False),
        (DISK, ("update",), False),
        ("aws_ebs_volume.others[3]", ("delete", "create"), False),
        ("aws_ebs_volume.data[4]", ("create",), False),
        ("aws_ebs_volume.data", ("create",), False),
        ("aws_eip.node[3]", ("create",), False),
    ],
)
def test_r5_a_companion_goes_with_its_very_node_and_is_never_only_destroyed(
    address: str, actions: tuple[str, ...], passes: bool
) -> None:
    reasons = judge([a_change(NODE), a_change(address, *actions)], WANTED, [DISK], {})
    assert (reasons == ()) == passes
    assert all(address in reason for reason in reasons)


@pytest.mark.parametrize(
    ("instances", "present", "passes"),
    [
        ((), {}, True),  # known only after the apply
        (("i-other",), {}, False),
        (("i-new",), {NODE: "i-new"}, True),
        (("i-new", "i-other"), {NODE: "i-new"}, False),
    ],
)
def test_r5_a_companion_is_made_for_no_instance_but_those_of_its_nodes(
    instances: tuple[str, ...], present: dict[str, str], passes: bool
) -> None:
    made = a_change("aws_volume_attachment.it[3]", instances=instances)
    changes, wanted = ([made], {}) if present else ([a_change(NODE), made], WANTED)
    reasons = judge(changes, wanted, [made.address], present)
    assert (reasons == ()) == passes
    assert all("would go with i-other, which is none of our business" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (a_change(NODE, "update"), f"{NODE} is there, with i-new, and would be changed (update)"),
        (a_change(NODE, "delete", "create", replaces=True), "`terraform untaint` it where it is tainted"),
        (a_change(OTHER), f"{OTHER} is none of our business"),
        (a_change("aws_eip.node[3]"), "aws_eip.node[3] is none of our business"),
        (a_change(DISK, "delete"), f"{DISK} is none of our business"),
    ],
)
def test_r5_a_plan_for_what_goes_with_a_node_that_is_there_makes_that_and_nothing_else(
    change: Change, says: str
) -> None:
    reasons = judge(
        [a_change("aws_volume_attachment.it[3]"), change], {}, ["aws_volume_attachment.it[3]"], {NODE: "i-new"}
    )
    assert len(reasons) == 1
    assert says in reasons[0]


def test_a_companion_that_is_only_changed_or_destroyed_is_not_one_to_be_made() -> None:
    assert makes_companions([a_change(DISK)], [DISK])
    assert makes_companions([a_change(DISK, "delete", "create")], [DISK])
    assert not makes_companions([a_change(DISK, "update"), a_change(DISK, "delete"), a_change(OTHER)], [DISK])


def test_every_reason_is_told_at_once() -> None:
    reasons = judge([a_change(NODE, "update"), a_change(OTHER, "delete")], WANTED, (), {})
    assert len(reasons) == 3


ACTIONS = st.sampled_from([("create",), ("update",), ("delete",), ("delete", "create"), ("create", "delete")])
ADDRESSES = st.sampled_from([f"aws_instance.dcos_agent_node[{n}]" for n in range(4)] + ["aws_vpc.main"])
PLANS = st.dictionaries(ADDRESSES, st.tuples(ACTIONS, st.sampled_from(["ami-new", "ami-0ld", ""])))


@given(PLANS, st.sets(st.sampled_from(range(4)), min_size=1))
def test_without_companions_one_plan_alone_passes(plan: dict[str, Any], nodes: set[int]) -> None:
    wanted = {f"aws_instance.dcos_agent_node[{n}]": "ami-new" for n in nodes}
    changes = [Change(address, "aws_instance", actions, ami) for address, (actions, ami) in plan.items()]
    the_one = dict.fromkeys(wanted, (("create",), "ami-new"))
    assert (judge(changes, wanted, (), {}) == ()) == (plan == the_one)

"""Answers of `terraform state pull` and of `show -json` for a plan, cut down to what is read of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dcosmaint.adapters.terraform_plan import changes, configuration
from dcosmaint.adapters.terraform_state import belongs, instances, tainted
from dcosmaint.errors import Fatal, Retryable
from dcosmaint.model import Change, Placed

NODE = "aws_instance.node"


def an_instance(instance: str = "i-1", private_ip: str = "10.0.0.1", **fields: object) -> dict[str, Any]:
    return {"schema_version": 1, "attributes": {"id": instance, "private_ip": private_ip, "ami": "ami-1"}, **fields}


def a_resource(name: str, *instances: dict[str, Any], mode: str = "managed", **fields: object) -> dict[str, Any]:
    kind, _, own = name.partition(".")
    return {"mode": mode, "type": kind, "name": own, "instances": instances or (an_instance(),), **fields}


def a_state(*resources: dict[str, Any], version: int = 4) -> str:
    return json.dumps({"version": version, "serial": 1, "lineage": "one", "outputs": {}, "resources": resources})


def test_instances_of_the_groups_are_found_by_count_key_and_module_and_sorted() -> None:
    state = a_state(
        a_resource(NODE, an_instance("i-2", "10.0.0.2", index_key="b.c[0]"), an_instance(index_key=0)),
        a_resource("aws_instance.master"),
        a_resource(NODE, mode="data"),
        a_resource(NODE, an_instance("i-3", "10.0.0.3", index_key=1), module="module.a[0]"),
    )
    group = "module.a.aws_instance.node"
    assert instances(state, [NODE, group]) == (
        Placed(f'{NODE}["b.c[0]"]', NODE, "i-2", "10.0.0.2"),
        Placed(f"{NODE}[0]", NODE, "i-1", "10.0.0.1"),
        Placed("module.a[0].aws_instance.node[1]", group, "i-3", "10.0.0.3"),
    )


def test_an_instance_without_a_key_stands_at_the_address_of_its_resource() -> None:
    (placed,) = instances(a_state(a_resource(NODE)), [NODE])
    assert placed.address == NODE


def test_an_instance_that_was_replaced_and_not_yet_destroyed_is_not_the_one_in_place() -> None:
    state = a_state(a_resource(NODE, an_instance("i-1", deposed="aabbccdd"), an_instance("i-2")))
    assert [placed.instance_id for placed in instances(state, [NODE])] == ["i-2"]


@pytest.mark.parametrize(
    ("address", "group", "is_one"),
    [
        (NODE, NODE, True),
        (f"{NODE}[11]", NODE, True),
        (f"{NODE}_two[0]", NODE, False),
        (f"module.a.{NODE}", NODE, False),
        (f'module.a["x.y"].{NODE}[0]', f"module.a.{NODE}", True),
        (f'module.a["x"].{NODE}[0]', f'module.a["x"].{NODE}', True),
        (f'module.a["y"].{NODE}[0]', f'module.a["x"].{NODE}', False),
        (f'{NODE}["a\\"]b"]', NODE, True),
    ],
)
def test_an_address_belongs_to_a_group_by_its_parts(address: str, group: str, is_one: bool) -> None:
    assert belongs(address, group) is is_one


@pytest.mark.parametrize(
    "state",
    [
        a_state(),
        a_state(a_resource("aws_instance.master")),
        a_state(a_resource(NODE, an_instance(private_ip=""))),
        a_state(a_resource(NODE, {"schema_version": 1})),
        '{"version": 4}',
        '{"version": 4, "resources": null}',
        '{"version": 4, "resources": [7]}',
        '{"version": 4, "resources": [{"mode": "managed"}]}',
        "<html>",
        "",
        "[]",
    ],
)
def test_a_state_that_proves_nothing_is_asked_again(state: str) -> None:
    with pytest.raises(Retryable):
        instances(state, [NODE])


def test_a_state_of_another_version_is_not_guessed_at() -> None:
    with pytest.raises(Fatal, match="is of version 5, and only version 4 is understood"):
        instances(a_state(a_resource(NODE), version=5), [NODE])


def test_what_a_state_holds_is_never_quoted() -> None:
    with pytest.raises(Retryable) as caught:
        instances('{"version": 4, "resources": ["hunter2"]}', [NODE])
    assert "hunter2" not in str(caught.value)


def test_tainted_instances_are_named() -> None:
    cut_short = an_instance(index_key=0, status="tainted")
    state = a_state(a_resource(NODE, cut_short, an_instance(index_key=1)), a_resource("a.b", cut_short))
    assert tainted(state, [NODE]) == (f"{NODE}[0]",)


def a_change(address: str, *actions: str, **fields: Any) -> dict[str, Any]:
    change = {"actions": list(actions), "after": fields.pop("after", {"ami": "ami-2"})}
    return {"address": address, "type": "aws_instance", "change": change, **fields}


def a_plan(*found: dict[str, Any], errored: bool = False) -> str:
    return json.dumps({"format_version": "1.2", "resource_changes": list(found), "errored": errored})


def test_all_that_a_plan_would_change_is_read_and_nothing_else() -> None:
    plan = a_plan(
        a_change("a.new", "create"),
        a_change("a.same", "no-op"),
        a_change("data.a.b", "read"),
        a_change("a.other", "delete", "create"),
        a_change("a.before", "create", "delete"),
        a_change("a.gone", "delete", after=None),
        a_change("a.later", "create", after={}, after_unknown={"ami": True}),
        a_change("a.kept", "forget"),
    )
    assert changes(plan) == (
        Change("a.new", "aws_instance", ("create",), "ami-2"),
        Change("a.other", "aws_instance", ("delete", "create"), "ami-2", replaces=True),
        Change("a.before", "aws_instance", ("create", "delete"), "ami-2", replaces=True),
        Change("a.gone", "aws_instance", ("delete",)),
        Change("a.later", "aws_instance", ("create",)),
        Change("a.kept", "aws_instance", ("forget",), "ami-2"),
    )


def test_the_end_of_an_object_that_shares_an_address_is_told_from_the_one_in_place() -> None:
    (change,) = changes(a_plan(a_change("a.b", "delete", after=None, deposed="aabbccdd")))
    assert change.address == "a.b (deposed aabbccdd)"


@pytest.mark.parametrize(
    "answer", [a_plan(errored=True), "<html>", "{}", "[]", json.dumps({"errored": False, "resource_changes": [{}]})]
)
def test_a_plan_that_is_not_whole_is_never_applied(answer: str) -> None:
    with pytest.raises(Fatal, match="Nothing was applied"):
        changes(answer)


def test_instances_that_something_would_go_with_are_read_wherever_they_are_named() -> None:
    after = {"instance_id": "i-0a1b2c3d4e5f", "id": "vai-123", "targets": [{"id": "i-00000001"}], "port": 80, "n": None}
    (change,) = changes(a_plan(a_change("aws_volume_attachment.a", "create", after=after)))
    assert change.instances == ("i-00000001", "i-0a1b2c3d4e5f")


@pytest.mark.parametrize("answer", ["<html>", "[]", "{}", '{"configuration": []}'])
def test_a_plan_that_tells_nothing_of_its_code_ties_nothing(answer: str) -> None:
    assert configuration(answer) == {}
    assert configuration('{"configuration": {"root_module": {}}}') == {"root_module": {}}

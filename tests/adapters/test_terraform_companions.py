"""R5: which resources in a stored state go with a node, and which only look like it."""

from __future__ import annotations

from typing import Any

import pytest

from dcosmaint.adapters.terraform_companions import companions
from dcosmaint.adapters.terraform_configuration import tied
from tests.adapters.test_terraform_json import a_resource, a_state, an_instance

HANGING = "aws_volume_attachment"
INTERFACE = "aws_network_interface"
A, B = "aws_instance.a", "aws_instance.b"


def hanging(key: Any = None, on: str = "", **attributes: object) -> dict[str, Any]:
    """An instance of a resource that is none of EC2's: with the key `key`, and that depends on `on`."""
    fields: dict[str, Any] = {} if key is None else {"index_key": key}
    return {"attributes": attributes, "dependencies": [on] if on else [], **fields}


def a_node(instance: str, key: Any = None, **fields: Any) -> dict[str, Any]:
    return {**an_instance(instance, **fields), **({} if key is None else {"index_key": key})}


TWO_GROUPS = (a_resource(A, a_node("i-a0", 0), a_node("i-a1", 1)), a_resource(B, a_node("i-b0", 0)))


@pytest.mark.parametrize(
    ("companion", "goes"),
    [
        (hanging(0, A, instance_id="i-a0"), True),
        (hanging(0, A), True),
        (hanging(0, B, instance_id="i-b0"), False),  # of the same key, and of another group
        (hanging(0, B), False),
        (hanging(0, A, instance_id="i-b0"), False),  # b depends on a: so does whatever hangs on b
        (hanging(0, "", target_id="i-a0"), True),
        (hanging(0), False),  # nothing ties it to any node
        (hanging(0, A, instance_id="i-a1"), False),
        (hanging(0, A, instance_id="i-before"), True),  # of an instance that the state has lost
        (hanging(1, B, instance_id="i-b0"), False),
        (hanging(None, A), False),
    ],
)
def test_r5_a_companion_is_tied_to_the_very_node_and_has_its_key(companion: dict[str, Any], goes: bool) -> None:
    state = a_state(*TWO_GROUPS, a_resource(f"{HANGING}.it", companion))
    assert companions(state, [f"{A}[0]"], [HANGING], {}) == ((f"{HANGING}.it[0]",) if goes else ())


def test_each_node_has_its_own_and_no_type_that_is_not_named_goes_with_any() -> None:
    attached = [hanging(0, A, instance_id="i-a0"), hanging(1, A, instance_id="i-a1")]
    state = a_state(*TWO_GROUPS, a_resource(f"{HANGING}.it", *attached), a_resource("aws_eip.it", hanging(0, A)))
    assert companions(state, [f"{A}[1]", f"{A}[0]"], [HANGING], {}) == (f"{HANGING}.it[0]", f"{HANGING}.it[1]")
    assert companions(state, [f"{B}[0]"], [HANGING], {}) == ()


def test_what_a_node_depends_on_goes_with_it_too() -> None:
    """An interface of its own: it comes first, so it names no instance."""
    state = a_state(
        a_resource(A, a_node("i-a0", "x", dependencies=[f"{INTERFACE}.a"])),
        a_resource(f"{INTERFACE}.a", hanging("x")),
        a_resource(f"{INTERFACE}.master", hanging("x")),
    )
    assert companions(state, [f'{A}["x"]'], [INTERFACE], {}) == (f'{INTERFACE}.a["x"]',)


@pytest.mark.parametrize(
    ("module", "other", "goes"),
    [
        ('module.agents["a"]', 'module.agents["a"]', True),
        ('module.agents["a"]', 'module.agents["b"]', False),
        ("module.a", "module.a", True),
        ("module.a", "module.b", False),
    ],
)
def test_keys_of_modules_count_as_those_of_instances_do(module: str, other: str, goes: bool) -> None:
    depends = f"{module.partition('[')[0]}.{A}"
    state = a_state(
        a_resource(A, a_node("i-a0"), module=module),
        a_resource(f"{HANGING}.it", hanging(None, depends), module=other),
    )
    assert companions(state, [f"{module}.{A}"], [HANGING], {}) == ((f"{other}.{HANGING}.it",) if goes else ())


# ---- what the state has lost


@pytest.mark.parametrize("there", [True, False], ids=["with its node", "alone"])
def test_a_companion_that_the_state_has_lost_is_known_by_those_of_the_siblings(there: bool) -> None:
    """An apply that failed has taken both out of the state; one that was killed later has put the node back."""
    nodes = [a_node("i-a1", 1), *([a_node("i-a0", 0)] if there else [])]
    state = a_state(a_resource(A, *nodes), a_resource(f"{HANGING}.it", hanging(1, A, instance_id="i-a1")))
    assert companions(state, [f"{A}[0]"], [HANGING], {}) == (f"{HANGING}.it[0]",)
    assert companions(state, [f"{A}[0]"], ["aws_eip"], {}) == ()


def test_keys_are_put_where_those_of_the_sibling_stand() -> None:
    nodes = [a_resource(A, a_node("i-b0"), module=f'module.m["{key}"]') for key in "ab"]
    state = a_state(*nodes, a_resource(f"{HANGING}.it", hanging("b", f"module.m.{A}")))
    assert companions(state, [f'module.m["a"].{A}'], [HANGING], {}) == (f'{HANGING}.it["a"]',)


def test_r5_what_the_state_has_of_another_node_is_not_taken_for_what_is_lost() -> None:
    """a[1] has one at its key, and so has b[0]: that of a[0] would be where b[0] has its own."""
    attached = [hanging(1, A, instance_id="i-a1"), hanging(0, B, instance_id="i-b0")]
    state = a_state(*TWO_GROUPS, a_resource(f"{HANGING}.it", *attached))
    assert companions(state, [f"{A}[0]"], [HANGING], CODE) == ()


def test_a_node_that_the_state_has_lost_depends_on_what_its_siblings_depend_on() -> None:
    state = a_state(
        a_resource(A, a_node("i-a1", "y", dependencies=[f"{INTERFACE}.a"])),
        a_resource(f"{INTERFACE}.a", hanging("x"), hanging("y")),
    )
    assert companions(state, [f'{A}["x"]'], [INTERFACE], {}) == (f'{INTERFACE}.a["x"]',)


def coded(address: str, *references: str, mode: str = "managed", **fields: Any) -> dict[str, Any]:
    """A resource as the configuration of a plan has it."""
    expressions = {"instance_id": {"references": [*references, "each.key"]}, "device_name": {"constant_value": "f"}}
    return {"address": address, "mode": mode, "type": address.partition(".")[0], "expressions": expressions, **fields}


CODE = {"root_module": {"resources": [coded(A), coded(B), coded(f"{HANGING}.it", A)]}}


def test_where_all_have_lost_it_the_code_tells() -> None:
    state = a_state(*TWO_GROUPS)
    assert companions(state, [f"{A}[0]"], [HANGING], CODE) == (f"{HANGING}.it[0]",)
    assert companions(state, [f"{B}[0]"], [HANGING], CODE) == ()
    inside = {"root_module": {"module_calls": {"m": {"module": CODE["root_module"]}}}}
    state = a_state(a_resource(A, a_node("i-a0", "a.b"), module='module.m["x"]'))
    assert companions(state, [f'module.m["x"].{A}["a.b"]'], [HANGING], inside) == (
        f'module.m["x"].{HANGING}.it["a.b"]',
    )
    assert companions(state, [f'module.n["x"].{A}["a.b"]'], [HANGING], inside) == ()


@pytest.mark.parametrize(
    ("resource", "is_tied"),
    [
        (coded(f"{HANGING}.it", f"{A}[0].id"), True),
        (coded(f"{HANGING}.it", for_each_expression={"references": [A]}), True),
        (coded(f"{HANGING}.it", expressions={"target": [{"id": {"references": [f"{A}.id", A]}}]}), True),
        (coded(f"{HANGING}.it", "local.ids"), False),  # whatever that is
        (coded(f"{HANGING}.it", f"{A}_two"), False),
        (coded(f"data.{HANGING}.it", A, mode="data", type=HANGING), False),
        (coded("aws_eip.it", A), False),
    ],
)
def test_code_ties_what_it_names_itself(resource: dict[str, Any], is_tied: bool) -> None:
    found = tied({"root_module": {"resources": [coded(A), resource]}}, A, [HANGING])
    assert found == ((resource["address"],) if is_tied else ())


def test_code_of_a_node_names_what_it_depends_on() -> None:
    code = {
        "root_module": {"resources": [coded(A, f"{INTERFACE}.it"), coded(f"{INTERFACE}.it"), coded(f"{INTERFACE}.b")]}
    }
    assert tied(code, A, [INTERFACE]) == (f"{INTERFACE}.it",)
    assert tied({}, A, [INTERFACE]) == ()

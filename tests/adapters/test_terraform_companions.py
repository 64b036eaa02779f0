"""R5: which resources in a stored state go with a node, and which only look like it."""

from __future__ import annotations

from typing import Any

import pytest

from dcosmaint.adapters.terraform_companions import companions
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
        (hanging(1, A, instance_id="i-a1"), False),
        (hanging(None, A), False),
    ],
)
def test_r5_a_companion_is_tied_to_the_very_node_and_has_its_key(companion: dict[str, Any], goes: bool) -> None:
    state = a_state(*TWO_GROUPS, a_resource(f"{HANGING}.it", companion))
    assert companions(state, [f"{A}[0]"], [HANGING]) == ((f"{HANGING}.it[0]",) if goes else ())


def test_each_node_has_its_own_and_no_type_that_is_not_named_goes_with_any() -> None:
    attached = [hanging(0, A, instance_id="i-a0"), hanging(1, A, instance_id="i-a1")]
    state = a_state(*TWO_GROUPS, a_resource(f"{HANGING}.it", *attached), a_resource("aws_eip.it", hanging(0, A)))
    assert companions(state, [f"{A}[1]", f"{A}[0]"], [HANGING]) == (f"{HANGING}.it[0]", f"{HANGING}.it[1]")
    assert companions(state, [f"{A}[2]"], [HANGING]) == ()


def test_what_a_node_depends_on_goes_with_it_too() -> None:
    """An interface of its own: it comes first, so it names no instance."""
    state = a_state(
        a_resource(A, a_node("i-a0", "x", dependencies=[f"{INTERFACE}.a"])),
        a_resource(f"{INTERFACE}.a", hanging("x")),
        a_resource(f"{INTERFACE}.master", hanging("x")),
    )
    assert companions(state, [f'{A}["x"]'], [INTERFACE]) == (f'{INTERFACE}.a["x"]',)


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
    assert companions(state, [f"{module}.{A}"], [HANGING]) == ((f"{other}.{HANGING}.it",) if goes else ())

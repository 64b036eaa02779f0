"""What `terraform show -json` says of a saved plan: everything that it would change."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from dcosmaint.errors import Fatal
from dcosmaint.model import Change

HARMLESS = (["no-op"], ["read"])
INSTANCE_ID = re.compile(r"i-[0-9a-f]{8,}")


def changes(answer: str) -> tuple[Change, ...]:
    """Raises `Fatal` for a plan that Terraform itself did not finish, or that can't be read whole."""
    try:
        plan = json.loads(answer)
        if not plan["format_version"] or plan.get("errored"):  # older versions end such a plan with a code, and no mark
            raise Fatal("The saved plan is marked as errored. Nothing was applied.")
        found = plan.get("resource_changes", [])
        return tuple(_change(each) for each in found if each["change"]["actions"] not in HARMLESS)
    except (json.JSONDecodeError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise Fatal(f"The saved plan can't be read ({error!r}). Nothing was applied.") from error


def configuration(answer: str) -> Mapping[str, Any]:
    """The code that the plan was made from. {} for an answer that can't be read: `changes` says that."""
    try:
        plan = json.loads(answer)
    except (json.JSONDecodeError, RecursionError):
        return {}
    found = plan.get("configuration") if isinstance(plan, dict) else None
    return found if isinstance(found, dict) else {}


def _change(each: Mapping[str, Any]) -> Change:
    actions = tuple(each["change"]["actions"])
    # An object that an earlier apply replaced and failed to destroy shares its address with the one in place.
    deposed = f" (deposed {each['deposed']})" if each.get("deposed") else ""
    return Change(
        address=each["address"] + deposed,
        type=each["type"],
        actions=actions,
        ami=_ami(each["change"]),
        replaces={"create", "delete"} <= set(actions),
        instances=tuple(sorted(set(_instances(each["change"].get("after"))))),
    )


def _ami(change: Mapping[str, Any]) -> str:
    """The AMI afterwards; "" where it is known only after the apply, or where there is none."""
    after = change.get("after") or {}
    ami = after.get("ami")
    return ami if isinstance(ami, str) else ""


def _instances(value: object) -> Iterator[str]:
    """Ids of EC2 instances, however deep. Of one that is still to be created none is known."""
    if isinstance(value, str) and INSTANCE_ID.fullmatch(value):
        yield value
    elif isinstance(value, (list, dict)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _instances(inner)

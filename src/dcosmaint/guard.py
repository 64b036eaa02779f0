"""R5: what a saved Terraform plan may do. Pure: it judges what `show -json` said of the file that will be applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dcosmaint.model import Change


def judge(
    changes: Sequence[Change], wanted: Mapping[str, str], companions: Sequence[str], present: Mapping[str, str]
) -> tuple[str, ...]:
    """Every reason not to apply this plan; () means that it creates exactly `wanted` (address → AMI).

    Companions are addresses of what goes with these very nodes, and may be created or replaced, for no instance that is
    there already but those of `present` (address → instance id), which stay as they are. Nothing else that is created,
    destroyed, replaced or updated passes.
    """
    return tuple([*_missing(changes, wanted), *_unwanted(changes, wanted, companions, present)])


def makes_companions(changes: Sequence[Change], companions: Sequence[str]) -> bool:
    """Whether something that goes with a node is not there as the code has it."""
    return any(_made(change, companions) for change in changes)


def _missing(changes: Sequence[Change], wanted: Mapping[str, str]) -> Iterator[str]:
    created = {change.address for change in changes if change.actions == ("create",)}
    for address in sorted(wanted.keys() - created):
        yield f"{address} would not be created"


def _unwanted(
    changes: Sequence[Change], wanted: Mapping[str, str], companions: Sequence[str], present: Mapping[str, str]
) -> Iterator[str]:
    for change in changes:
        does = " then ".join(change.actions)
        if change.address in wanted:
            if change.actions == ("create",) and change.ami != wanted[change.address]:
                yield f"{change.address} would be of AMI {change.ami or '(unknown)'}, not {wanted[change.address]}"
            elif change.actions != ("create",):
                yield f"{change.address} would be changed ({does}) instead of created"
        elif change.address in present:
            rest = ": see why, and `terraform untaint` it where it is tainted" if change.replaces else ""
            yield f"{change.address} is there, with {present[change.address]}, and would be changed ({does}){rest}"
        elif not _made(change, companions):
            yield f"{change.address} is none of our business and would be changed ({does})"
        elif others := sorted(set(change.instances) - set(present.values())):
            yield f"{change.address} would go with {', '.join(others)}, which is none of our business ({does})"


def _made(change: Change, companions: Sequence[str]) -> bool:
    return change.address in companions and "create" in change.actions

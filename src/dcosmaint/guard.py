"""R5: what a saved Terraform plan may do. Pure: it judges what `show -json` said of the file that will be applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dcosmaint.model import Change


def judge(changes: Sequence[Change], wanted: Mapping[str, str], companions: Sequence[str]) -> tuple[str, ...]:
    """Every reason not to apply this plan; () means that it creates exactly `wanted` (address → AMI).

    Companions are addresses of what goes with these very nodes, and may be created or replaced. Nothing else that is
    created, destroyed, replaced or updated passes.
    """
    return tuple([*_missing(changes, wanted), *_unwanted(changes, wanted, companions)])


def _missing(changes: Sequence[Change], wanted: Mapping[str, str]) -> Iterator[str]:
    created = {change.address for change in changes if change.actions == ("create",)}
    for address in sorted(wanted.keys() - created):
        yield f"{address} would not be created"


def _unwanted(changes: Sequence[Change], wanted: Mapping[str, str], companions: Sequence[str]) -> Iterator[str]:
    for change in changes:
        does = " then ".join(change.actions)
        if change.address in wanted:
            if change.actions == ("create",) and change.ami != wanted[change.address]:
                yield f"{change.address} would be of AMI {change.ami or '(unknown)'}, not {wanted[change.address]}"
            elif change.actions != ("create",):
                yield f"{change.address} would be changed ({does}) instead of created"
        elif not (change.address in companions and "create" in change.actions):
            yield f"{change.address} is none of our business and would be changed ({does})"

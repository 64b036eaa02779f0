"""What the end of a roll leaves in Terraform, for whoever applies next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dcosmaint.model import Roll, counted
from dcosmaint.site import Site


def exposed(site: Site) -> Iterator[str]:
    """R15, at every stop: what any plain apply of anybody would still replace, whether the roll was to do it or not."""
    named = site.terraform.images()
    for group in site.terraform.exposed():
        if old := _others(site, group, named.get(group)):
            yield f"terraform-exposed: a plain `terraform apply` would now replace {', '.join(old)}"


def still_named(roll: Roll, site: Site, files: Mapping[str, str]) -> Iterator[str]:
    """After an abort: the AMI that the roll had put in, for a group with nodes of another. `files` are by group."""
    named = site.terraform.images()
    for group, before in roll.edited.items():
        now = named.get(group, before)
        old = _others(site, group, now) if now != before else []
        if old:
            yield (
                f"{files.get(group, 'Terraform')} names {now} for {group}, as roll {roll.id} wanted it, and"
                f" {counted(len(old), 'node has', 'nodes have')} another: {', '.join(old)}. It named {before} before:"
                f" write that there again (before its end, `abort --revert` does), or let `dcosmaint roll` go on"
            )


def _others(site: Site, group: str, ami: str | None) -> list[str]:
    """Addresses of the group whose instance is of another AMI."""
    placed = [placed for placed in site.terraform.placed() if placed.group == group]
    amis = {instance.id: instance.ami for instance in site.ec2.instances([each.instance_id for each in placed])}
    return [each.address for each in placed if amis.get(each.instance_id, ami) != ami]

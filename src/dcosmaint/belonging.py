"""Whether the nodes of a roll are those of the cluster that a configuration leads to now.

The name of a cluster is only a name: the same one may lead to other masters, or to another account, since a roll began.
"""

from __future__ import annotations

from dcosmaint.errors import Refused
from dcosmaint.model import Progress, Roll, counted
from dcosmaint.site import Site

TERMINATE = "terminate-instance"


def check(roll: Roll, progress: Progress, site: Site) -> None:
    """Raises `Refused` where neither EC2 nor Terraform's state knows any instance that the roll has still to do with.

    That somebody else has terminated all of them looks the same, once EC2 has forgotten them: unknown is not gone (R2).
    """
    due = _due(roll, progress)
    if not due or site.ec2.instances(due) or any(placed.instance_id in due for placed in site.terraform.placed()):
        return
    count = counted(len(due), "instance")
    raise Refused(
        f"of the {count} that roll {roll.id} has still to do with, neither EC2 nor Terraform's state knows any"
        f" ({', '.join(due[:3])}{', …' if len(due) > 3 else ''}). So it is a roll of another cluster, account or region"
        f" than the one that the configuration calls {roll.cluster} now, or somebody else has terminated all of them"
        " more than an hour ago. Nothing was touched. In the first case correct the configuration; in the second"
        f" `dcosmaint abort --hold {roll.id}` ends the roll and leaves its nodes as they are, or"
        f" `dcosmaint resume {roll.id} --exclude INSTANCE` goes on without those that are not in flight"
    )


def _due(roll: Roll, progress: Progress) -> list[str]:
    """Targets that are there unless somebody else took them away, those in flight first: none that the roll has
    terminated itself.
    """
    over = {ended.instance_id for ended in progress.ended}
    for flight in progress.flights.values():
        if flight.gone or "ec2.terminate" in flight.acted or TERMINATE in flight.passed:
            over.add(flight.node.instance.id)
    flying = {flight.node.instance.id for flight in progress.flights.values()}
    return sorted((target for target in roll.targets if target not in over), key=lambda target: target not in flying)

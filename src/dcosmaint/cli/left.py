"""What a process leaves behind: the state of every touched node, and the command that goes on. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dcosmaint.journal import Journal
from dcosmaint.model import Flight


def left(journal: Journal) -> Iterator[str]:
    for address, flight in journal.progress.flights.items():
        done = ", ".join(flight.done) or "nothing"
        yield f"{address} ({flight.node.instance.id}): {flight.stopped or 'in flight'}; done: {done}"
        if journal.progress.over == "roll-aborted":
            yield f"  {by_hand(flight)}"
    if journal.progress.over != "roll-aborted":
        yield f"`{resume(journal)}` goes on; `dcosmaint abort {journal.roll.id}` ends it."


def resume(journal: Journal) -> str:
    """The command that goes on. Once the deadline has come, it needs another one to start anybody."""
    anew = " --deadline DURATION" if journal.progress.late else ""
    return f"dcosmaint resume {journal.roll.id}{anew}"


def by_hand(flight: Flight) -> str:
    """How a node that an abort left in flight is brought to an end without its roll."""
    if "apply-terraform" in flight.done:
        says = "its new instance is there, and nobody waits for it any more: `dcosmaint nodes` shows it"
        return says + _outside(flight)
    if flight.gone or "ec2.terminate" in flight.acted:
        return f"its instance is gone: `terraform apply -target='{flight.node.address}'` makes a new one"
    if "stop-agent" in flight.done or flight.stopping:
        return f"it is stopped, or was about to be: `dcosmaint undrain {flight.node.private_ip}` brings it back"
    away = ", ".join(map(str, flight.holds))
    still = f", once {away} is in sync" if away else ""
    return f"it is cordoned: `dcosmaint undrain {flight.node.private_ip}` lifts that{still}"


def _outside(flight: Flight) -> str:
    """Load balancers that the node's old instance was behind, and its new one perhaps not."""
    names = ", ".join(each.balancer.name for each in flight.balancers)
    return f". Register it with {names}" if names and "join-balancers" not in flight.done else ""

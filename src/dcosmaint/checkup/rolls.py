"""Who works on the cluster now, and what rolls have left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from dcosmaint.checkup.check import Check, Remark, ok, red, warning
from dcosmaint.checkup.dcos import ROUTER
from dcosmaint.journal import Journal
from dcosmaint.model import Agent, Apart, Progress, Roll, Window, counted
from dcosmaint.ports import MesosReads
from dcosmaint.rolls import in_flight, unfinished
from dcosmaint.shelf import Shelf


def of_rolls(mesos: MesosReads, shelf: Shelf, holder: Callable[[], str]) -> tuple[Check, ...]:
    return (
        Check("lock", partial(_lock, holder), "a roll could not take the lock: see to what keeps it from being read"),
        Check("rolls", partial(_rolls, shelf, holder), "keep that journal, and look at the line that it names", "lock"),
        Check("cordons", partial(_cordons, mesos, shelf), "see to what is red above", needs=ROUTER),
    )


def _lock(holder: Callable[[], str]) -> Iterator[Remark]:
    if who := holder():
        remedy = (
            "`dcosmaint status` shows how far that is; of a process that is dead, `dcosmaint resume` of that roll takes"
            " the lock over, and `dcosmaint unlock` takes it away"
        )
        yield warning(f"the cluster is being maintained by {who}", remedy)
    else:
        yield ok("nobody holds the lock of this cluster")


def _rolls(shelf: Shelf, holder: Callable[[], str]) -> Iterator[Remark]:
    left = shelf.newest(in_flight)
    newest = shelf.newest(lambda roll, progress: True)
    if left and left.roll.id in holder():
        yield ok(f"{_named(left)} is under way: {_done(left)}")
    elif left:
        flights = ", ".join(left.progress.flights) or "cordons"
        yield red(f"{_named(left)} left {flights} in flight: {_done(left)}", f"`dcosmaint resume {left.roll.id}`")
    elif newest and unfinished(newest.roll, newest.progress):
        yield warning(
            f"{_named(newest)} was not ended, and left nothing in flight: {_done(newest)}",
            f"`dcosmaint resume {newest.roll.id}` goes on with it; another roll may begin as well",
        )
    else:
        yield ok("no roll is unfinished")


def _named(journal: Journal) -> str:
    return f"{journal.roll.work} {journal.roll.id} of {journal.roll.by or 'somebody'}"


def _done(journal: Journal) -> str:
    return f"{len(journal.progress.ended)} of {counted(len(journal.roll.targets), 'node')} done"


def _cordons(mesos: MesosReads, shelf: Shelf) -> Iterator[Remark]:
    agents = mesos.agents().listed
    shut = [agent for agent in agents if agent.deactivated or agent.draining]
    owner = _ours(shelf)
    for agent in shut:
        yield _cordon(agent, owner)
    apart = [(agent, each) for agent in agents for each in agent.apart]
    for agent, each in apart:
        yield _apart(agent, each, owner, shelf)
    left = [window for window in mesos.windows() if window.ours]
    for window in left:
        yield _window(window, agents, owner, shelf)
    if not shut and not apart and not left:
        yield ok("no agent is deactivated, draining, set apart or scheduled by a roll")


def _ours(shelf: Shelf) -> dict[str, str]:
    """Agent id → the roll that took it out of use and has not given it back."""
    journal = shelf.newest(in_flight)
    if journal is None:
        return {}
    flights = (flight.node.agent_id for flight in journal.progress.flights.values())
    return dict.fromkeys((*flights, *journal.progress.steered), journal.roll.id)


def _cordon(agent: Agent, owner: dict[str, str]) -> Remark:
    state = "draining" if agent.draining else "deactivated"
    who = f"agent {agent.id} at {agent.private_ip} is {state}"
    if roll := owner.get(agent.id):
        return warning(f"{who} by roll {roll}", f"that roll gives it back: `dcosmaint resume {roll}` unless it runs")
    return red(f"{who}, by no roll that is known here", f"`dcos node reactivate {agent.id}` if that is over")


def _apart(agent: Agent, each: Apart, owner: dict[str, str], shelf: Shelf) -> Remark:
    """What a roll has reserved, so that nobody else is offered it. A roll that is over has forgotten it."""
    amount = f"{each.cpus:g} cpus and {each.mem:g} MiB"
    who = f"{amount} of agent {agent.id} at {agent.private_ip} are set apart by"
    if owner.get(agent.id) == each.roll:
        return warning(
            f"{who} roll {each.roll}", f"that roll gives it back: `dcosmaint resume {each.roll}` unless it runs"
        )
    known = each.roll in shelf.ids()
    if known and unfinished(*_of(shelf.load(each.roll))):
        return red(f"{who} roll {each.roll}, which has left it", f"`dcosmaint resume {each.roll}`, or abort it")
    if known:
        return red(f"{who} roll {each.roll}, which is over", f"`dcosmaint undrain {agent.private_ip}` gives it back")
    whose = f"roll {each.roll}, which is not known here" if each.roll else "somebody, without a roll's name"
    return red(f"{who} {whose}", "its operator's `dcosmaint resume` or `abort`; by hand as docs/operating.md says")


def _of(journal: Journal) -> tuple[Roll, Progress]:
    return journal.roll, journal.progress


def _window(window: Window, agents: Sequence[Agent], owner: dict[str, str], shelf: Shelf) -> Remark:
    """One of ours in the maintenance schedule. Who looks at it takes nothing there, whichever agent is there by now."""
    who = f"machine {window.private_ip} is in a maintenance window of"
    rolls = [roll for roll in shelf.ids() if window.of(roll)]
    here = next((agent for agent in agents if window.about(agent.id)), None)
    if not rolls:
        by_hand = "its operator's `dcosmaint resume` or `abort`; by hand as docs/operating.md says"
        return red(f"{who} a roll that is not known here", by_hand)
    if here and owner.get(here.id) == rolls[0]:
        back = f"that roll takes it out: `dcosmaint resume {rolls[0]}` unless it runs"
        return warning(f"{who} roll {rolls[0]}", back)
    if unfinished(*_of(shelf.load(rolls[0]))):
        return red(f"{who} roll {rolls[0]}, which has left it", f"`dcosmaint resume {rolls[0]}`, or abort it")
    return red(f"{who} roll {rolls[0]}, which is over", f"`dcosmaint undrain {window.private_ip}` takes it out")

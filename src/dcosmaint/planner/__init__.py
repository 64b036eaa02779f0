"""Which nodes may start now? Asked anew whenever something changed; no list of batches is ever stored.

A replaced member lands on some other node, perhaps one whose turn is still to come, so every answer starts from a fresh
survey and from what the journal says is held. Every policy is a limit: one function in an ordered tuple (`limits.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dcosmaint.model import Admission, Inventory, Node, Progress, Refusal, Roll, Verdict, Waits, Work, natural
from dcosmaint.planner import frameworks
from dcosmaint.planner.case import Case, Limit, no
from dcosmaint.planner.limits import OURS, of_all, of_each
from dcosmaint.planner.line import RULES
from dcosmaint.planner.steering import steady, steer

__all__ = ["Case", "admit", "fewer"]


def admit(roll: Roll, inventory: Inventory, progress: Progress) -> Admission:
    """Who starts now, who may not and why, and whether it is worth waiting."""
    case, refusals = Case(roll, inventory, progress), []
    waiting = _todo(roll, progress)
    nodes = sorted((node for node in inventory.nodes if node.instance.id in waiting), key=_turn)
    nobody = _refused(of_all(roll), case, nodes[0]) if nodes else None
    for node in nodes:
        refusal = replace(nobody, node=node.address) if nobody else _refused(of_each(roll), case, node)
        if refusal:
            refusals.append(refusal)
        else:
            case = case.choose(node)
    refusals += _unseen(waiting, inventory)
    verdict, settled = _verdict(case, waiting, refusals), _settled(case, refusals)
    if verdict is Verdict.STUCK:
        refusals = [frameworks.given_up(roll, refusal) for refusal in refusals]
    return Admission(case.chosen, steer(case), tuple(refusals), verdict, settled)


def _refused(limits: Sequence[Limit], case: Case, node: Node) -> Refusal | None:
    return next((refusal for limit in limits if (refusal := limit(case, node))), None)


def fewer(answer: Admission, start: Sequence[Node], case: Case) -> Admission:
    """The same answer for some of its nodes: fewer members look for a place, so fewer nodes are steered."""
    return replace(answer, start=tuple(start), cordon=steer(replace(case, chosen=tuple(start))))


def _todo(roll: Roll, progress: Progress) -> frozenset[str]:
    """Done is what the journal ended, never what a survey happened not to see."""
    begun = {flight.node.instance.id for flight in progress.flights.values()}
    return frozenset(roll.targets) - begun - {ended.instance_id for ended in progress.ended}


def _turn(node: Node) -> tuple[int, list[tuple[int, str]]]:
    """Nodes without members first: they are the fresh places that members move to, so that work moves once (R8)."""
    return len(node.members), natural(node.address)


def _unseen(waiting: frozenset[str], inventory: Inventory) -> list[Refusal]:
    unseen = waiting - {node.instance.id for node in inventory.nodes}
    says = "is a target and no survey sees it: if somebody else has replaced it, `dcosmaint resume --exclude {}`"
    return [no("unseen", instance, f"{instance} {says.format(instance)}") for instance in sorted(unseen)]


def _verdict(case: Case, waiting: frozenset[str], refusals: Sequence[Refusal]) -> Verdict:
    if case.roll.work is Work.BAKE:
        return _bake_verdict(case.progress)
    if case.chosen:
        return Verdict.GO
    if not waiting and not case.progress.flights:
        return Verdict.DONE
    if len(case.progress.flights) > len(case.progress.stopped):
        return Verdict.WAIT
    hopeless = bool(case.progress.paused) or all(refusal.final for refusal in refusals)
    stalled = case.inventory.at - case.progress.at > _patience(case.roll.policy.waits, refusals)
    stalled = stalled and not any(refusal.until for refusal in refusals)  # a soak may be longer than that
    return Verdict.STUCK if hopeless or stalled else Verdict.WAIT


def _patience(waits: Waits, refusals: Sequence[Refusal]) -> float:
    """Seconds without a line after which it is not worth waiting: those of whoever may take longest."""
    rules = {refusal.rule for refusal in refusals}
    if rules & {*RULES}:  # nobody starts for these, whatever else there is
        return waits.register
    return max((waits.tasks if rule == frameworks.WAITED else waits.stalled for rule in rules), default=waits.stalled)


def _settled(case: Case, refusals: Sequence[Refusal]) -> bool:
    """Whatever becomes of the cluster, the answer stands until a line of the journal or a moment that is known."""
    goes_on = bool(case.flying or case.chosen) or any(refusal.until for refusal in refusals)
    return goes_on and steady(case) and all(refusal.rule in OURS for refusal in refusals)


def _bake_verdict(progress: Progress) -> Verdict:
    """No node is waited for: what happens once a roll is all there is."""
    if "bake-image" in progress.prepared:
        return Verdict.DONE
    return Verdict.STUCK if progress.paused else Verdict.WAIT

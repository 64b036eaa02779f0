"""May a master be told that an agent never comes back? SDK schedulers then replace what ran there, all of it at once.

What is counted (R1, R14) is asked beside this, where the slots are. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dcosmaint.model import Flight, Pod, Roll, Service


def refusal(roll: Roll, flight: Flight, services: Iterable[Service]) -> str:
    """Why it may not, or "". The instance is terminated, by EC2's own word."""
    instance = flight.node.instance
    if not flight.gone or instance.id not in roll.targets:
        return f"{instance.id} is not one that somebody else has terminated in this roll"
    if flight.node.work_dir_outlives:
        return f"its work dir may be on {', '.join(instance.outlived_by)}, and no agent is taken back under such an id"
    return next(filter(None, (_by_itself(roll, flight, service) for service in services)), "")


def _by_itself(roll: Roll, flight: Flight, service: Service) -> str:
    """Why its scheduler may not replace by itself what it has there. Before the SDK none does."""
    here = [pod for pod in service.pods if pod.agent_id in flight.agent_ids]
    astray = [pod for pod in service.pods if not pod.agent_id]
    if service.api == "brokers" or not (here or astray):
        return ""
    return (
        f"nobody says where {astray[0].member} is" if astray else _several(service, here) or _ours(roll, flight, here)
    )


def _several(service: Service, here: Sequence[Pod]) -> str:
    """Why more than one member of it would be away, or nobody knows how many."""
    moving = [pod for pod in service.pods if pod.marked and pod not in here]
    if len(here) > 1:
        return f"{service.name} has {len(here)} members there, and would replace them at once"
    if service.trouble or service.deploy != "COMPLETE":
        return f"{service.name} is not well: {service.trouble or f'deploy plan {service.deploy}'}"
    return f"{moving[0].member} of the same service looks for a place" if moving else ""


def _ours(roll: Roll, flight: Flight, here: Sequence[Pod]) -> str:
    """Why nobody else may replace the one that is there: its operator does so, or we have, perhaps (R4)."""
    for pod in here:
        if roll.policy.ignores(pod.member.service):
            return f"{pod.member} is its operator's to replace"
        if pod.member in flight.asked and not pod.marked:
            return f"nobody knows yet what became of the replace of {pod.member}"
    return ""

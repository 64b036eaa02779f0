"""Where else Marathon could start an instance of an app, and what becomes of apps whose node goes away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from dcosmaint.model import Agent, App, Finding, Inventory, Node, Roll, Work, counted


def takes(agent: Agent, app: App) -> bool:
    """Whether another instance of the app could be started there now."""
    fits = agent.public or agent.free.covers(app.needs)  # all that a public agent has is reserved, for those that fit
    return _serves(agent, app) and fits and not _has(agent, app)


def places(app: App, agents: Iterable[Agent], node: Node) -> tuple[Agent, ...]:
    """Agents other than the node's own that could take an instance of it."""
    return tuple(agent for agent in agents if agent.id != node.agent_id and takes(agent, app))


def moved(roll: Roll, app: App) -> bool:
    """Whether `move-apps` has to do with it: what keeps data, and what a constraint pins, goes down with its node."""
    return roll.moves_apps and not (app.resident or app.pinned)


def moves_out(roll: Roll, app: App, agents: Iterable[Agent]) -> bool:
    """Whether all that runs of it, on one node, leaves it for these agents, one by one and each while others serve."""
    if not moved(roll, app) or len(app.on) < 2 or len({*app.on}) > 1:
        return False
    return sum(_seats(agent, app) for agent in agents if agent.id != app.on[0]) >= len(app.on)


def runs_short(app: App, agents: Iterable[Agent], node: Node) -> bool:
    """Whether what of it serves on the node can serve nowhere else while that is away."""
    return app.id in node.apps and not places(app, agents, node)


def short(roll: Roll, inventory: Inventory, targets: Sequence[Node]) -> Iterator[Finding]:
    """Apps that lack an instance while a node is away. One that keeps data there is refused anyway."""
    for app in inventory.apps:
        on = [node for node in targets if runs_short(app, inventory.agents, node)]
        if on and not app.resident:
            where = on[0].address if len(on) == 1 else f"each of {counted(len(on), 'target')}"
            says = _everywhere(roll, where) if _spread(app, inventory, on) else _no_room(where)
            yield Finding("app-short", app.id, says)


def gathering(roll: Roll, inventory: Inventory, targets: Sequence[Node]) -> Iterator[Finding]:
    """Apps on two nodes that nothing moves: those of the first may go to the other, whose turn would not come then."""
    for app in inventory.apps:
        homes = [agent.id for agent in inventory.agents if _serves(agent, app)]
        on = [node.address for node in targets if node.agent_id in homes and node.agent_id in app.on]
        if len(homes) == len(on) == 2 and not (app.unique or app.resident or moved(roll, app)):
            says = (
                f"runs on {' and '.join(on)} alone: once one of them is emptied, all of it may be on the other, whose"
                f" turn does not come then (app-down): give it UNIQUE hostname, or --accept app-down={app.id}"
            )
            if not roll.policy.accepts("app-down", app.id):
                yield Finding("app-gathers", app.id, says)


def _everywhere(roll: Roll, where: str) -> str:
    until = f"until {where} is undrained" if roll.work is Work.DRAIN else f"while {where} is away"
    return f"is on every agent that may take it, at most once on each: it runs with one instance fewer {until}"


def _no_room(where: str) -> str:
    """Nobody goes on from there: R2, somebody may have promised that it runs."""
    return f"no other agent has room for what runs of it on {where}: that node stops, waits for room and is held"


def _spread(app: App, inventory: Inventory, on: Sequence[Node]) -> bool:
    """Whether it is its constraint that keeps it from all other agents, and not their room."""
    home = {node.agent_id for node in on}
    others = (agent for agent in inventory.agents if _serves(agent, app) and agent.id not in home)
    return app.unique and all(_has(agent, app) for agent in others)


def _serves(agent: Agent, app: App) -> bool:
    return agent.active and not agent.deactivated and not agent.draining and agent.public == app.public


def _seats(agent: Agent, app: App) -> int:
    """How many more of its instances the agent could take, as far as that matters."""
    if app.unique or agent.public:
        return takes(agent, app) * (1 if app.unique else app.instances)
    room, seats = agent.free, 0
    while seats < app.instances and takes(replace(agent, free=room), app):
        room, seats = room - app.needs, seats + 1
    return seats


def _has(agent: Agent, app: App) -> bool:
    """Whether it has the only instance that it may have."""
    return app.unique and agent.id in app.instance_ids

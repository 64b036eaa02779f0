"""People who read why a roll stopped, and do what it says, word for word."""

from __future__ import annotations

import re

from dcosmaint.model import Terms
from dcosmaint.sandbox.world import World


def left_out(said: str) -> Terms:
    """The targets that whoever resumes is told to leave out."""
    return Terms(excluded=tuple(dict.fromkeys(re.findall(r"resume --exclude (i-\w+)", said))))


def empty(world: World, said: str) -> None:
    """The work dirs that an instance of the wrong AMI has left its identity in."""
    for instance in re.findall(r"empty /var/lib/mesos/slave on (i-\w+)", said):
        world.machine(instance).emptied = True


def spread(world: World, said: str) -> None:
    """The apps that are said to have all of their instances where nodes are emptied."""
    named = re.findall(r"(/[\w/-]+)(?:: has all that runs of it| is on nodes in flight: spread it)", said)
    for app_id in dict.fromkeys(named):
        if world.ground.apps[app_id].running > 1:
            world.respread(app_id)

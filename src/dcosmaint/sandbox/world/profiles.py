"""Releases of DC/OS as far as a pretend cluster tells them apart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """Versions that the cluster names, and what its parts can't do or do otherwise."""

    dcos: str
    mesos: str
    marathon: str
    deactivates: bool = False  # DEACTIVATE_AGENT, REACTIVATE_AGENT and DRAIN_AGENT: Mesos 1.9
    marks_gone: bool = True  # MARK_AGENT_GONE: Mesos 1.5
    forgets: bool = False  # an agent that leaves removes meta/slaves/latest, and has a new id after: up to Mesos 1.4
    dies_of_nothing: bool = False  # a reservation of 0 ends the master: Mesos 1.6
    mindful: bool = False  # Marathon takes no offers of a machine in a maintenance window: Marathon 1.7
    refines: bool = True  # a reservation may be cut out of another one: Mesos 1.4
    variant: bool = True  # dcos-version.json says open or enterprise: DC/OS 1.12
    socket: bool = False  # the agent's unit has a socket unit beside it: DC/OS 2.1


PROFILES = {
    "1.9": Profile("1.9.11", "1.2.3", "1.4.11", marks_gone=False, forgets=True, refines=False, variant=False),
    "1.11": Profile("1.11.12", "1.5.0", "1.6.567", variant=False),
    "1.13": Profile("1.13.9", "1.8.1", "1.8.227", mindful=True, dies_of_nothing=True),
    "2.0": Profile("2.0.4", "1.9.1", "1.9.109", deactivates=True, mindful=True, dies_of_nothing=True),
    "2.1": Profile("2.1.1", "1.10.0", "1.10.6", deactivates=True, mindful=True, dies_of_nothing=True, socket=True),
    "2.2": Profile("2.2.4", "1.11.0", "1.11.24", deactivates=True, mindful=True, dies_of_nothing=True, socket=True),
}

"""What load balancers a drained instance was taken out of: read from the journals, for the undrain that joins them.

AWS does not remember it, and an instance that is out looks like one that never was behind anything.
"""

from __future__ import annotations

from collections.abc import Mapping

from dcosmaint.model import Progress, Registration, Roll, Work
from dcosmaint.rolls import Shelf

Registrations = tuple[Registration, ...]


def drained_from(shelf: Shelf, roll: Roll) -> Mapping[str, Registrations]:
    """By instance id, for the targets of an undrain; those that no journal here tells of are left out."""
    targets = roll.targets if roll.work is Work.UNDRAIN else ()
    return {target: found for target in targets if (found := _newest(shelf, target))}


def _newest(shelf: Shelf, instance: str) -> Registrations:
    journal = shelf.newest(lambda roll, progress: _told(roll, progress, instance) is not None)
    return (_told(journal.roll, journal.progress, instance) or ()) if journal else ()


def _told(roll: Roll, progress: Progress, instance: str) -> Registrations | None:
    """What a roll took it out of, () where the roll brought it back, None where it tells nothing."""
    flights = [flight for flight in progress.flights.values() if flight.node.instance.id == instance]
    if flights:
        return flights[0].balancers or None
    ended = [ended for ended in progress.ended if ended.instance_id == instance]
    if not ended:
        return None
    return () if roll.work is Work.UNDRAIN else ended[0].balancers or None

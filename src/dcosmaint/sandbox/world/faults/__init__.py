"""What can go wrong in a pretend cluster: the state of it here, each fault by its name in `table`."""

from dcosmaint.sandbox.world.faults.state import Faults, Rejected

__all__ = ["Faults", "Rejected"]

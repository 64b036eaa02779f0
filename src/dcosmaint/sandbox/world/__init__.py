"""One pretend cluster. Standard library only; it knows nothing of the tool that is pointed at it."""

from dcosmaint.sandbox.world.build import build
from dcosmaint.sandbox.world.faults import Faults, Rejected
from dcosmaint.sandbox.world.shape import (
    AppShape,
    BalancerShape,
    JobsShape,
    KafkaShape,
    NodeShape,
    Shape,
    Size,
    StoreShape,
    TopicShape,
)
from dcosmaint.sandbox.world.world import World

__all__ = [
    "AppShape",
    "BalancerShape",
    "Faults",
    "JobsShape",
    "KafkaShape",
    "NodeShape",
    "Rejected",
    "Shape",
    "Size",
    "StoreShape",
    "TopicShape",
    "World",
    "build",
]

"""What befalls calls on their way. A port, or a route, takes the names from `Faults.wire`, oldest first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from dcosmaint.sandbox.world.faults.fault import Fault

if TYPE_CHECKING:
    from dcosmaint.sandbox.world.world import World

DCOS = ("mesos", "services", "marathon", "health")
SSH = ("units",)
AWS = ("ec2",)
ALL = (*DCOS, *SSH, *AWS, "terraform")


@dataclass(frozen=True)
class Wire:
    """What befalls one call."""

    says: str = ""  # what the caller learns instead of the answer; "": the answer comes
    arrives: bool = False  # whether an act has its effect all the same
    seconds: float = 0.0  # what the call takes beside its usual time


WIRE = {
    "http-500": Wire("answers 500: internal error"),
    "http-502": Wire("answers 502: bad gateway", arrives=True),
    "http-503": Wire("answers 503: no leader"),
    "time-out": Wire("did not answer in time", seconds=30.0),
    "reset": Wire("closed the connection", arrives=True),
    "truncated": Wire("sent half an answer", arrives=True),
    "not-json": Wire("sent a page instead of JSON"),
    "unauthorized": Wire("answers 401: the token was renewed, and the call is to be made again"),
    "slow": Wire(seconds=6.0),
    "act-lost": Wire("did not answer in time"),
    "act-unheard": Wire("did not answer in time", arrives=True),
    "throttled": Wire("answers RequestLimitExceeded", seconds=2.0),
    "ssh-dropped": Wire("was cut off in mid command", arrives=True, seconds=3.0),
    "ssh-refused": Wire("refuses connections"),
}


ACTS = tuple(f"{port} acts" for port in ("mesos", "services", "units", "ec2"))
"""Keys of `Faults.wire` for those calls of a port alone that change something."""


def _befall(ports: tuple[str, ...], name: str, most: int, world: World, random: Random) -> str:
    port = random.choice(ports)
    world.faults.wire.setdefault(port, []).extend([name] * random.randint(1, most))
    return port


def _calls(name: str, does: str, ports: tuple[str, ...] = DCOS, *, rate: float = 0.12, most: int = 4) -> Fault:
    return Fault(name, does, rate, partial(_befall, ports, name, most))


WIRES = (
    _calls("http-500", "1 to 4 calls of DC/OS are answered with 500, and do nothing"),
    _calls("http-502", "1 to 4 calls of DC/OS are answered with 502, after they had their effect"),
    _calls("http-503", "1 to 8 calls of DC/OS are answered with 503, and do nothing", most=8),
    _calls("time-out", "1 to 4 calls are not answered for half a minute, and do nothing", ALL),
    _calls("reset", "1 to 4 calls have their effect, and the connection breaks before the answer", ALL),
    _calls("truncated", "1 to 4 answers end in the middle, after the call had its effect"),
    _calls("not-json", "1 to 4 answers of DC/OS are a page of a proxy"),
    _calls("unauthorized", "1 or 2 calls are answered with 401 in the middle of a roll", most=2),
    _calls("slow", "1 to 8 answers take six seconds more", ALL, most=8),
    _calls("throttled", "EC2 answers RequestLimitExceeded, up to ten times in a row", AWS, most=10),
    _calls("act-lost", "a call that should change something is lost on its way", ACTS, rate=0.3, most=1),
    _calls("act-unheard", "a call changes something, and its answer is lost", ACTS, rate=0.3, most=1),
    _calls("ssh-dropped", "SSH drops in mid command: it was carried out, and nobody says so", SSH, rate=0.2, most=3),
    _calls("ssh-refused", "a node's sshd takes no connection, 1 to 6 times", SSH, most=6),
)

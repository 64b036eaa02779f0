"""Sockets that reach this machine only."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any


class NoSocketLeavesThisMachine(AssertionError):
    """Its name is the message. No OSError, so that no code under test takes it for a network that is down."""


def guarded_connect(real: Callable[..., Any]) -> Callable[..., Any]:
    def connect(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            self.close()  # whoever opened it closes it for an OSError only
            raise NoSocketLeavesThisMachine(address)
        return real(self, address)

    return connect


def guarded_getaddrinfo(real: Callable[..., Any]) -> Callable[..., Any]:
    """A name that only a name server knows would leave the machine before any connect."""

    def getaddrinfo(host: Any, *args: Any, **named: Any) -> Any:
        if host and not _is_loopback(host) and not _is_address(host):
            raise NoSocketLeavesThisMachine(host)
        return real(host, *args, **named)

    return getaddrinfo


def _is_loopback(host: str | bytes) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if _is_address(name):
        return ipaddress.ip_address(name).is_loopback or ipaddress.ip_address(name).is_unspecified
    return name in ("localhost", socket.gethostname())


def _is_address(host: str | bytes) -> bool:
    try:
        ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host)
    except ValueError:
        return False
    return True

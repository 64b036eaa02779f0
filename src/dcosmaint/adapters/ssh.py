"""Scripts on nodes over SSH: each connection is opened for one script, through any bastions, and closed behind it.

A peer that died says nothing, and keepalives don't notice: paramiko sends them and counts no missing reply. So every
read has its share of our own deadline. A script that we stopped listening to may still run: nobody may conclude from
its silence that it did not.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise

import paramiko

from dcosmaint.adapters.host_keys import HostKeys, Peer
from dcosmaint.adapters.known_hosts import name_of
from dcosmaint.adapters.shell import Answer
from dcosmaint.adapters.ssh_config import Hop, split
from dcosmaint.adapters.ssh_errors import translated
from dcosmaint.adapters.ssh_exec import execute
from dcosmaint.adapters.ssh_proxy import proxied
from dcosmaint.adapters.ssh_route import Routes, SshSettings
from dcosmaint.errors import Retryable, Usage
from dcosmaint.model import Instance

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # or its threads write tracebacks to our stderr

Wire = socket.socket | paramiko.Channel


@dataclass(frozen=True)
class Ssh:
    """`Shell` over SSH."""

    settings: SshSettings
    keys: HostKeys

    def run(self, instance: Instance, script: str, deadline: float) -> Answer:
        hops = self._hops(instance)
        target = hops[-1]
        peer = Peer(instance.id, name_of(target.host, target.port), target.known_hosts)
        with (
            translated(_who(instance)),
            self._wire(hops) as wire,
            self._connected(target, peer, wire) as transport,
        ):
            try:
                return execute(transport, script, deadline)
            except Retryable as error:
                raise Retryable(f"{_who(instance)}: {error}") from error

    def first_contact(self, instance: Instance) -> paramiko.PKey:
        """The host key that an instance shows, on its word alone."""
        with (
            translated(_who(instance)),
            self._wire(self._hops(instance)) as wire,
            closing(paramiko.Transport(wire)) as transport,
        ):
            transport.start_client(timeout=self.settings.connect)
            return transport.get_remote_server_key()

    def bastions(self, private_ip: str) -> tuple[str, ...]:
        """The hosts that a connection to this address goes through, first hop first, and words that may be hosts.

        Where ssh_config can't be used, those of the configuration alone: the connection itself will say what is wrong.
        """
        try:
            return Routes(self.settings).bastions(private_ip)
        except Usage:
            return tuple(split(hop)[1] for hop in self.settings.bastions)

    def _hops(self, instance: Instance) -> tuple[Hop, ...]:
        return Routes(self.settings).to(instance.private_ip)

    @contextmanager
    def _wire(self, hops: Sequence[Hop]) -> Iterator[Wire]:
        """A stream to the last hop's port: a socket, a command's, or a channel through the bastion before it."""
        with ExitStack() as stack:
            first = hops[0]
            opened = proxied(first.proxy_command) if first.proxy_command else self._socket(first)
            wire: Wire = stack.enter_context(opened)
            for hop, beyond in pairwise(hops):
                name = name_of(hop.host, hop.port)
                with translated(f"bastion {name}"):
                    peer = Peer(name, name, hop.known_hosts)
                    transport = stack.enter_context(self._connected(hop, peer, wire))
                    wire = stack.enter_context(closing(self._channel(transport, beyond)))
            yield wire

    @contextmanager
    def _socket(self, hop: Hop) -> Iterator[socket.socket]:
        with translated(name_of(hop.host, hop.port)):
            opened = socket.create_connection((hop.host, hop.port), self.settings.connect)
        with closing(opened):
            yield opened

    def _channel(self, transport: paramiko.Transport, beyond: Hop) -> paramiko.Channel:
        to, of = (beyond.host, beyond.port), ("127.0.0.1", 0)
        return transport.open_channel("direct-tcpip", to, of, timeout=self.settings.connect)

    @contextmanager
    def _connected(self, hop: Hop, peer: Peer, wire: Wire) -> Iterator[paramiko.Transport]:
        limit = self.settings.connect
        with paramiko.SSHClient() as client:
            client.set_missing_host_key_policy(_Checked(self.keys, peer))
            client.connect(
                hop.host,
                hop.port,
                hop.user,
                key_filename=[str(path) for path in hop.identities],  # type: ignore[arg-type] # the stubs forget lists
                look_for_keys=not hop.identities,
                allow_agent=not hop.identities_only,
                timeout=limit,
                banner_timeout=limit,
                auth_timeout=limit,
                channel_timeout=limit,
                sock=wire,
                transport_factory=_asking_for(self.keys.kinds(peer)),
            )
            transport = client.get_transport()
            assert transport, "a client that connected has a transport"
            yield transport


class _Checked(paramiko.MissingHostKeyPolicy):
    """paramiko is told of no host keys, so it asks this of every one."""

    def __init__(self, keys: HostKeys, peer: Peer) -> None:
        self._keys, self._peer = keys, peer

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        self._keys.check(self._peer, key)


def _asking_for(kinds: frozenset[str]) -> Callable[..., paramiko.Transport]:
    """What makes transports that ask for the known kinds of host key first: a sound host shows any of its keys."""

    def transport(wire: Wire, **_unset: object) -> paramiko.Transport:
        made = paramiko.Transport(wire)
        security = made.get_security_options()
        security.key_types = sorted(security.key_types, key=lambda kind: _family(kind) not in kinds)
        return made

    return transport


def _family(kind: str) -> str:
    """rsa-sha2-512 is a way to sign with a key of kind ssh-rsa."""
    return "ssh-rsa" if kind.startswith("rsa-sha2-") else kind


def _who(instance: Instance) -> str:
    return f"{instance.private_ip} ({instance.id})"

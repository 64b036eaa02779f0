"""The way to a node: what the configuration says, then what ssh_config says, and the bastions in between."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from dcosmaint.adapters.ssh_config import Hop, SshConfig, split
from dcosmaint.adapters.ssh_proxy import expanded, hosts
from dcosmaint.errors import Usage

FARTHEST = 8


@dataclass(frozen=True)
class SshSettings:
    """What the configuration says; "", None and () leave it to ssh_config. Times are seconds."""

    user: str = ""
    key: Path | None = None
    port: int | None = None
    config_file: Path | None = None
    bastions: tuple[str, ...] = ()  # [user@]host[:port] each, first hop first
    connect: float = 30.0  # for each of: the connection, the banner, the login, a channel


@dataclass(frozen=True)
class Routes:
    settings: SshSettings

    def to(self, address: str) -> tuple[Hop, ...]:
        """Every connection to make, the node's own last. Of the first alone a ProxyCommand counts, as in OpenSSH."""
        first, *others = self._hops(address)
        return (replace(first, proxy_command=expanded(first)), *others)

    def bastions(self, address: str) -> tuple[str, ...]:
        """The hosts on the way, first hop first. Any word of a ProxyCommand may be one."""
        hops = self._hops(address)
        named = (self._config.hop(host).host for host in hosts(hops[0].proxy_command))
        return (*named, *(hop.host for hop in hops[:-1]))

    def _hops(self, address: str) -> tuple[Hop, ...]:
        mine = self.settings
        hop = self._config.hop(address)
        target = replace(
            self._keyed(hop),
            user=mine.user or hop.user,
            port=mine.port or hop.port,
            jumps=mine.bastions or hop.jumps,
        )
        return (*self._before(target), target)

    def _before(self, target: Hop) -> tuple[Hop, ...]:
        """The bastions on the way. The first of them may have bastions of its own."""
        hops: tuple[Hop, ...] = ()
        first = target
        while first.jumps:
            hops = (*map(self._bastion, first.jumps), *hops)
            first = hops[0]
            if len(hops) > FARTHEST:
                raise Usage(
                    f"more than {FARTHEST} bastions before {target.host}: does one of them jump through itself?"
                )
        return hops

    def _bastion(self, jump: str) -> Hop:
        """A bastion's user may differ from the nodes': only where nobody names it, it is theirs."""
        hop = self._config.hop(jump)
        user, host, _ = split(jump)
        named = user or self._config.names_user(host)
        return replace(self._keyed(hop), user=hop.user if named else self.settings.user or hop.user)

    def _keyed(self, hop: Hop) -> Hop:
        key = self.settings.key
        if key is None:
            return hop
        if not key.is_file():
            raise Usage(f"the SSH key {key} is not there: correct nodes.ssh.key")
        return replace(hop, identities=(key, *(path for path in hop.identities if path != key)))

    @cached_property
    def _config(self) -> SshConfig:
        return SshConfig(self.settings.config_file)

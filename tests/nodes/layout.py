"""What DC/OS and docker leave on an agent node for systemd: their units, as they are in each release.

Facts, by the sources of DC/OS (`packages/mesos/extra`, `pkgpanda`): the units lie in a package and are linked into
/etc/systemd/system as well as into dcos.target.wants. The agent's has Restart=always, RestartSec=5, no limit of
starts, KillMode=control-group and Delegate=true in every release. In 1.9 its main process is a shell, `tee_stderr`,
that pipes what the agent says into a file; later `start_mesos.sh` becomes the agent. Since 1.13 it waits for the
socket of telegraf, and 2.1 brought a socket unit that the service names in `Sockets=`. Docker's are those of its own
packages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

SYSTEM = "/etc/systemd/system"
PACKAGE = "/opt/mesosphere/packages/mesos--1"
READY = "/run/ready.spartan"
"""Stands for the name that answers once the node's own DNS is there: a start condition of the agent."""

TELEGRAF = "/run/telegraf.sock"

DOCKER = """\
[Unit]
Description=Docker Application Container Engine
Requires=docker.socket
After=docker.socket

[Service]
Type=notify
ExecStart=/opt/stubs/dockerd -H fd://
Delegate=yes
KillMode=process
Restart=always
RestartSec=2
TimeoutSec=0
"""

DOCKER_SOCKET = """\
[Unit]
Description=Docker Socket for the API

[Socket]
ListenStream=/run/docker.sock
SocketMode=0660
"""

AGENT = """\
[Unit]
Description=Mesos Agent

[Service]
Restart=always
StartLimitInterval=0
RestartSec=5
KillMode=control-group
Delegate=true
SyslogIdentifier=mesos-agent
{before}
ExecStart={start}
"""

AGENT_SOCKET = """\
[Unit]
Description=DC/OS Executors Socket

[Socket]
ListenStream=/run/mesos/mesos-executors.sock
Accept=no
"""


@dataclass(frozen=True)
class Layout:
    """One release of DC/OS on one kind of agent."""

    release: str
    public: bool = False

    def __str__(self) -> str:
        return f"{self.release}-{'public' if self.public else 'private'}"

    @property
    def agent(self) -> str:
        """The name of the agent's units, without its kind."""
        return "dcos-mesos-slave-public" if self.public else "dcos-mesos-slave"

    @property
    def role(self) -> str:
        return "slave_public" if self.public else "slave"

    @property
    def socket(self) -> bool:
        return self._since(2, 1)

    @property
    def wrapped(self) -> bool:
        """Whether the main process of the unit is another than the agent."""
        return not self._since(1, 10)

    def _since(self, *release: int) -> bool:
        return tuple(int(part) for part in self.release.split(".")) >= release

    def units(self) -> Iterator[tuple[str, str]]:
        """The units of the agent, each by its name."""
        waits = [READY, *([TELEGRAF] if self._since(1, 13) else [])]
        before = "\n".join(f"ExecStartPre=/usr/bin/test -e {path}" for path in waits)
        program = f"{PACKAGE}/bin/mesos-agent"
        if self.wrapped:
            start = f"{PACKAGE}/bin/tee_stderr {program} /var/log/mesos-agent.log"
        else:
            start = f"{PACKAGE}/bin/start_mesos.sh {program}"
        service = AGENT.format(before=before, start=start)
        yield f"{self.agent}.service", service + (f"Sockets={self.agent}.socket\n" if self.socket else "")
        if self.socket:
            yield f"{self.agent}.socket", AGENT_SOCKET


LAYOUTS = tuple(
    Layout(release, public)
    for release, public in (
        ("1.9", False),
        ("1.11", False),
        ("1.11", True),
        ("1.13", False),
        ("2.0", False),
        ("2.1", False),
        ("2.1", True),
    )
)

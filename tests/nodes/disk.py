"""What is on the disk of a node, beyond the programs of this machine."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.adapters.ssh.sshd import new_key
from tests.nodes.layout import DOCKER, DOCKER_SOCKET, PACKAGE, READY, SYSTEM, TELEGRAF, Layout

USER = "centos"
"""Who logs in to a node: with a key, and to any rights by sudo without a password."""

EMPTIED = (
    "/etc/init.d", "/etc/mesosphere", "/etc/ssh", "/etc/sudoers.d", "/etc/systemd", "/opt/mesosphere",
    "/usr/lib/systemd/system",
)  # fmt: skip
OWN_UNITS = (  # of systemd's own, those that a node in a namespace can have
    "basic", "emergency", "final", "local-fs", "multi-user", "paths", "poweroff", "reboot", "rescue", "shutdown",
    "slices", "sockets", "swap", "sysinit", "timers", "umount",
)  # fmt: skip
OWN_SERVICES = (
    "systemd-journald.service", "systemd-journald.socket", "systemd-journald-dev-log.socket",
    "systemd-poweroff.service", "systemd-reboot.service",
)  # fmt: skip

SUDOERS = f"""\
Defaults env_reset, use_pty, secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
root ALL=(ALL) ALL
{USER} ALL=(ALL) NOPASSWD: ALL
"""

SSHD = """\
[Service]
ExecStart=/usr/sbin/sshd -D -e -f /etc/ssh/sshd_config
RuntimeDirectory=sshd
KillMode=process
"""

SSHD_CONFIG = """\
Port {port}
ListenAddress {address}
HostKey /etc/ssh/host
PidFile none
AuthorizedKeysFile /etc/ssh/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
MaxStartups 100
"""

DCOS_NET = f"""\
[Unit]
Before=dcos-mesos-slave.service dcos-mesos-slave-public.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/touch {READY} {TELEGRAF}
"""

TEE_STDERR = """\
#!/bin/bash
"$1" 2>&1 | tee -a "$2"
"""

START_MESOS = """\
#!/bin/bash
exec "$@"
"""


class Disk:
    """Is written into the folder `files`, as it lies on the node."""

    def __init__(self, folder: Path) -> None:
        self.files = folder / "files"
        self.emptied = folder / "emptied"

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        file = self.files / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def link(self, path: str, to: str) -> None:
        link = self.files / path.lstrip("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(to)

    def lay_out(self, layout: Layout, address: str, port: int, authorized: str) -> None:
        self.emptied.write_text("".join(f"{path}\n" for path in EMPTIED))
        self._systemd()
        self._people()
        self._ssh(address, port, authorized)
        self._docker()
        self._dcos(layout)

    def _systemd(self) -> None:
        units = Path("/usr/lib/systemd/system")
        kept = self.files / "usr/lib/systemd/system"
        kept.mkdir(parents=True)
        for name in (*(f"{target}.target" for target in OWN_UNITS), *OWN_SERVICES):
            shutil.copy(units / name, kept / name)
        for name in OWN_SERVICES:
            if name.endswith(".socket"):
                self.link(f"{SYSTEM}/sockets.target.wants/{name}", f"/usr/lib/systemd/system/{name}")
        self.link(f"{SYSTEM}/default.target", "/usr/lib/systemd/system/multi-user.target")
        self.write("/etc/systemd/journald.conf", "[Journal]\nStorage=volatile\n")
        self.write("/etc/machine-id", f"{'d' * 32}\n")  # without one, systemd would enable what presets name
        self.write("/etc/hostname", "node\n")
        self.write("/etc/fstab", "")

    def _people(self) -> None:
        people = ("root:x:0:0::/root:/bin/sh", f"{USER}:x:1000:1000::/:/bin/bash", "sshd:x:105:65534::/:/bin/false")
        self.write("/etc/passwd", "".join(f"{line}\n" for line in people))
        self.write("/etc/group", f"root:x:0:\ntty:x:5:\nsystemd-journal:x:101:\n{USER}:x:1000:\nnogroup:x:65534:\n")
        self.write("/etc/shadow", "".join(f"{line.partition(':')[0]}:*:19000:0:99999:7:::\n" for line in people), 0o600)
        self.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files\n")
        self.write("/etc/hosts", "127.0.0.1 localhost node\n")
        self.write("/etc/sudoers", SUDOERS, 0o440)
        kinds = ("auth", "account", "session")
        self.write("/etc/pam.d/sudo", "".join(f"{kind} required pam_permit.so\n" for kind in kinds))

    def _ssh(self, address: str, port: int, authorized: str) -> None:
        self.write("/etc/ssh/sshd_config", SSHD_CONFIG.format(address=address, port=port))
        self.write("/etc/ssh/authorized_keys", authorized)
        new_key(self.files / "etc/ssh/host")
        self._unit("sshd.service", SSHD, "multi-user.target")

    def _docker(self) -> None:
        self._unit("docker.service", DOCKER, "multi-user.target")
        self._unit("docker.socket", DOCKER_SOCKET, "sockets.target")
        self._daemon("/opt/stubs", "dockerd")
        self._daemon("/opt/stubs", "client")
        self.link("/usr/bin/containerd-shim-runc-v2", "/usr/bin/sleep")

    def _dcos(self, layout: Layout) -> None:
        self.write(f"/etc/mesosphere/roles/{layout.role}", "")
        self._daemon(f"{PACKAGE}/bin", "mesos-agent")
        self.write("/etc/grace", "0.3")
        self.write(f"{PACKAGE}/bin/start_mesos.sh", START_MESOS, 0o755)
        self.write(f"{PACKAGE}/bin/tee_stderr", TEE_STDERR, 0o755)
        self._unit("dcos.target", "[Unit]\nDescription=DC/OS\n", "multi-user.target")
        self._unit("dcos-net.service", DCOS_NET, "dcos.target")
        for name, text in layout.units():
            package = f"{PACKAGE}/dcos.target.wants_{layout.role}/{name}"
            self.write(package, text)
            for folder in (SYSTEM, f"{SYSTEM}/dcos.target.wants"):
                self.link(f"{folder}/{name}", package)

    def _unit(self, name: str, text: str, wanted_by: str) -> None:
        self.write(f"{SYSTEM}/{name}", text)
        self.link(f"{SYSTEM}/{wanted_by}.wants/{name}", f"{SYSTEM}/{name}")

    def _daemon(self, folder: str, name: str) -> None:
        """A program of `daemons`, run by this Python, and what it imports beside it."""
        source = Path(__file__).parent / "daemons"
        python = f"#!{Path(sys.executable).resolve()} -sSE\n"
        self.write(f"{folder}/{name}", python + (source / f"{name.replace('-', '_')}.py").read_text(), 0o755)
        self.write(f"{folder}/tests/nodes/daemons/diary.py", (source / "diary.py").read_text())

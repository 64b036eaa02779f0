"""A node's systemd units and process table, through a shell on the node.

Every program that needs rights, or reads what only root may see, is called as `sudo -n PROGRAM …`; around them stands
plain POSIX shell. UNIT is dcos-mesos-slave, or dcos-mesos-slave-public where the role marker says so. BASE is /run
(gone after a reboot) or /etc (for a lasting hold). KIND is service or socket. These are all the commands there are:

    sudo -n test -e /                                                       (every script begins so: does sudo work?)
    sudo -n test -e /etc/mesosphere/roles/slave_public
    sudo -n test -e BASE/dcosmaint.hold
    sudo -n systemctl show -p Id,LoadState,ActiveState,SubState,MainPID,DropInPaths
                           docker.service docker.socket UNIT.service UNIT.socket
    sudo -n pgrep -c -f '^[^ ]*containerd-shim'                        (prints 0 and ends with 1 when there is none)
    sudo -n systemctl is-active docker.service
    sudo -n systemctl kill -s SIGUSR1 docker.service
    sudo -n systemctl show -p MainPID UNIT.service
    sudo -n pkill -USR1 -o -x -P 1,MAINPID mesos-agent                      (1: there is no such process)
    sudo -n systemctl stop UNIT.socket                                      (5: there is no such unit)
    sudo -n systemctl stop --no-block docker.socket | docker.service | UNIT.socket | UNIT.service
    sudo -n systemctl start --no-block docker.service | UNIT.socket | UNIT.service
    sudo -n systemctl reset-failed UNIT.service
    sudo -n systemctl daemon-reload
    sudo -n mkdir -p BASE/systemd/system/UNIT.KIND.d
    … | sudo -n tee BASE/systemd/system/UNIT.KIND.d/50-dcosmaint.conf | BASE/dcosmaint.hold >/dev/null
    sudo -n rm -f BASE/systemd/system/UNIT.KIND.d/50-dcosmaint.conf … BASE/dcosmaint.hold …
    sudo -n stat -L -c %d / /var/lib/mesos/slave
    sudo -n find /var/lib/mesos/slave -mindepth 1 -maxdepth 1 -print -quit
    sudo -n systemctl is-active UNIT.service
    sudo -n rm -rf --one-file-system /var/lib/mesos/slave/meta
    sudo -n find /var/lib/mesos/slave -xdev -mindepth 1 -delete

The hold is a drop-in (`Restart=no`, and a start condition that fails while the marker file exists): `systemctl mask`
can't be used on units that live in /etc/systemd/system, as those of DC/OS do. Held means: the marker exists *and*
systemd has loaded the drop-in (`DropInPaths`), so a connection lost before `daemon-reload` is no hold. Where both bases
have one, systemd shows that of /etc alone.

Stops and starts are queued (`--no-block`), since a stop may take as long as the slowest container: the caller looks
again. A unit whose drop-in is loaded ends where it would have been started: inactive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dcosmaint.adapters import work_dirs
from dcosmaint.adapters.shell import Answer, Shell
from dcosmaint.errors import NodeFailed, Retryable
from dcosmaint.model import Instance, Units, WorkDir

RUNTIME, LASTING = BASES = ("/run", "/etc")
KINDS = ("service", "socket")
MARKER = "dcosmaint.hold"
DROP_IN = "50-dcosmaint.conf"
IDLE = ("inactive", "failed")
REFUSALS = (  # of sudo
    "a password is required",
    "must have a tty",
    "no tty present",
    "not in the sudoers",
    "is not allowed to execute",
)
NO_SUCH_UNIT = 5  # how systemctl ends when a unit is not loaded

BEGIN = """\
set -e
export LC_ALL=C
sudo -n test -e /
unit=dcos-mesos-slave
if sudo -n test -e /etc/mesosphere/roles/slave_public; then unit=dcos-mesos-slave-public; fi
"""
# Without the probe of `sudo` above, an `if sudo …` would take a refused sudo for "there is no such file".

LOOK = f"""\
echo "Unit=$unit"
shims=$(sudo -n pgrep -c -f '^[^ ]*containerd-shim') || [ $? -eq 1 ]
echo "Shims=$shims"
for base in {" ".join(BASES)}; do
  if sudo -n test -e $base/{MARKER}; then echo "Marker=$base"; fi
done
echo
sudo -n systemctl show -p Id,LoadState,ActiveState,SubState,MainPID,DropInPaths \\
  docker.service docker.socket $unit.service $unit.socket
"""

STOP_DOCKER = f"""\
if sudo -n systemctl is-active docker.service >/dev/null; then
  sudo -n systemctl kill -s SIGUSR1 docker.service || :
fi
sudo -n systemctl stop --no-block docker.socket || [ $? -eq {NO_SUCH_UNIT} ]
sudo -n systemctl stop --no-block docker.service || [ $? -eq {NO_SUCH_UNIT} ]
"""

START_DOCKER = "sudo -n systemctl start --no-block docker.service\n"

SIGNAL_AGENT = """\
main=$(sudo -n systemctl show -p MainPID $unit.service)
sudo -n pkill -USR1 -o -x -P "1,${main#MainPID=}" mesos-agent ||
  { echo "no process of $unit.service is a mesos-agent" >&2; exit 1; }
"""
# In DC/OS 1.9 the main process is a shell, `tee_stderr`, with the agent below it: to the shell a signal is its end, and
# systemd ends the rest of the unit by SIGTERM. A child that the agent is making bears its name for a moment, hence the
# oldest.

STOP_AGENT = f"""\
sudo -n systemctl stop --no-block $unit.socket || [ $? -eq {NO_SUCH_UNIT} ]
sudo -n systemctl stop --no-block $unit.service
"""


def hold(base: str) -> str:
    """The script that holds the agent stopped, once it stops. Its socket goes first: it would start the agent again."""
    folder = f"{base}/systemd/system/$unit"
    return f"""\
sudo -n mkdir -p {folder}.service.d {folder}.socket.d
printf '[Unit]\\nConditionPathExists=!{base}/{MARKER}\\n[Service]\\nRestart=no\\n' \\
  | sudo -n tee {folder}.service.d/{DROP_IN} >/dev/null
printf '[Unit]\\nConditionPathExists=!{base}/{MARKER}\\n' | sudo -n tee {folder}.socket.d/{DROP_IN} >/dev/null
echo 'dcosmaint holds the DC/OS agent of this node stopped' | sudo -n tee {base}/{MARKER} >/dev/null
sudo -n systemctl daemon-reload
sudo -n systemctl stop $unit.socket || [ $? -eq {NO_SUCH_UNIT} ]
"""


def release() -> str:
    """The script that takes back every hold, whoever left it, and starts the agent."""
    files = [f"{base}/systemd/system/$unit.{kind}.d/{DROP_IN}" for base in BASES for kind in KINDS]
    markers = [f"{base}/{MARKER}" for base in BASES]
    return f"""\
sudo -n rm -f {" ".join([*files, *markers])}
sudo -n systemctl daemon-reload
sudo -n systemctl reset-failed $unit.service || :
sudo -n systemctl start --no-block $unit.socket || [ $? -eq {NO_SUCH_UNIT} ]
sudo -n systemctl start --no-block $unit.service
"""


@dataclass(frozen=True)
class NodeUnits:
    """`UnitReads` and `UnitActs`. `deadline` is the time that one script may take, in seconds."""

    shell: Shell
    deadline: float = 60.0

    def look(self, instance: Instance) -> Units:
        said = self._run(instance, "look at the units", LOOK)
        try:
            return read(said.stdout)
        except (KeyError, ValueError) as error:
            raise Retryable(
                f"{_name(instance)}: systemd's answer proves nothing: {error} {said.stderr.strip()}"
            ) from error
        except NodeFailed as error:
            raise NodeFailed(f"{_name(instance)}: {error}") from error

    def stop_docker(self, instance: Instance) -> None:
        self._run(instance, "stop docker", STOP_DOCKER)

    def start_docker(self, instance: Instance) -> None:
        self._run(instance, "start docker", START_DOCKER)

    def hold_agent(self, instance: Instance, *, lasting: bool) -> None:
        self._run(instance, "hold the agent", hold(LASTING if lasting else RUNTIME))

    def signal_agent(self, instance: Instance) -> None:
        self._run(instance, "signal the agent", SIGNAL_AGENT)

    def stop_agent(self, instance: Instance) -> None:
        self._run(instance, "stop the agent", STOP_AGENT)

    def release_agent(self, instance: Instance) -> None:
        self._run(instance, "release the agent", release())

    def work_dir(self, instance: Instance) -> WorkDir:
        said = self._run(instance, "look at the agent's work dir", work_dirs.LOOK)
        try:
            return work_dirs.read(said.stdout)
        except (KeyError, ValueError) as error:
            raise Retryable(f"{_name(instance)}: nobody knows what {work_dirs.PLACE} lies on: {error}") from error

    def empty_work_dir(self, instance: Instance) -> None:
        self._run(instance, "empty the agent's work dir", work_dirs.EMPTY)

    def _run(self, instance: Instance, what: str, script: str) -> Answer:
        answer = self.shell.run(instance, BEGIN + script, self.deadline)
        if answer.code == 0:
            return answer
        said = answer.stderr.strip() or "(it said nothing)"
        if any(refusal in said for refusal in REFUSALS):
            raise NodeFailed(
                f"{_name(instance)}: sudo refuses to {what} without a password or a terminal: {said}. Give the SSH user"
                " `NOPASSWD: ALL` in a file under /etc/sudoers.d of the AMI, without `requiretty`"
            )
        raise Retryable(f"{_name(instance)}: could not {what}: it ended with {answer.code}: {said}")


def read(text: str) -> Units:
    """What `LOOK` printed. Raises `ValueError` or `KeyError` for what is no whole answer."""
    head, *blocks = text.strip().split("\n\n")
    facts = _pairs(head)
    units = {unit["Id"]: unit for unit in map(_pairs, blocks)}
    name = facts["Unit"]
    marked = set(_markers(head))
    agent, socket = units[f"{name}.service"], units[f"{name}.socket"]
    if agent["LoadState"] != "loaded":
        raise NodeFailed(
            f"{name}.service is {agent['LoadState']} here: no DC/OS agent (a master?), or DC/OS is not installed"
        )
    return Units(
        docker=_busy(units["docker.service"]) or _busy(units["docker.socket"]),
        shims=int(facts["Shims"]),
        unit=name,
        agent=_busy(agent) or _busy(socket),
        process=agent["MainPID"] != "0",
        held=bool(marked & _bases(agent)),
        lasting=LASTING in marked & _bases(agent),
    )


def _busy(unit: Mapping[str, str]) -> bool:
    """Active, on its way in or out, or about to be started again (which systemd calls activating, auto-restart)."""
    return unit["ActiveState"] not in IDLE


def _bases(unit: Mapping[str, str]) -> set[str]:
    """Where the drop-ins of ours lie that systemd has loaded. Old systemd leaves an empty list out."""
    ours = (path for path in unit.get("DropInPaths", "").split() if path.endswith(f"/{DROP_IN}"))
    return {path.partition("/systemd/")[0] for path in ours}


def _markers(head: str) -> Iterator[str]:
    return (line.removeprefix("Marker=") for line in head.splitlines() if line.startswith("Marker="))


def _pairs(block: str) -> dict[str, str]:
    return {key: value for key, _, value in (line.partition("=") for line in block.splitlines())}


def _name(instance: Instance) -> str:
    return f"{instance.private_ip} ({instance.id})"

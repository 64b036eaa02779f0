"""What is said to a node's systemd: scripts for a shell on the node.

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
    … | sudo -n tee BASE/systemd/system/UNIT.KIND.d/DROP-IN | BASE/dcosmaint.hold >/dev/null
    sudo -n rm -f BASE/systemd/system/UNIT.KIND.d/DROP-IN … BASE/dcosmaint.hold …
    sudo -n stat -L -c %d / /var/lib/mesos/slave
    sudo -n find /var/lib/mesos/slave/ -mindepth 1 -maxdepth 1 -print -quit
    sudo -n systemctl is-active UNIT.service
    sudo -n rm -rf --one-file-system /var/lib/mesos/slave/meta
    sudo -n find /var/lib/mesos/slave/ -xdev -mindepth 1 -delete

The hold is a drop-in (`Restart=no`, and a start condition that fails while the marker file exists): `systemctl mask`
can't be used on units that live in /etc/systemd/system, as those of DC/OS do. Held means: the marker exists *and*
systemd has loaded the drop-in (`DropInPaths`), so a connection lost before `daemon-reload` is no hold. systemd reads
drop-ins in the order of their names, and the last word counts: ours come behind the `override.conf` of `systemctl
edit`. Of two with one name it reads that in /etc alone, even one that a full disk left empty: so each base has its own.

Stops and starts are queued (`--no-block`), since a stop may take as long as the slowest container: the caller looks
again. A unit whose drop-in is loaded ends where it would have been started: inactive.
"""

from __future__ import annotations

RUNTIME, LASTING = BASES = ("/run", "/etc")
KINDS = ("service", "socket")
MARKER = "dcosmaint.hold"
DROP_INS = {RUNTIME: "zz-dcosmaint-until-reboot.conf", LASTING: "zz-dcosmaint.conf"}
FORMER = "50-dcosmaint.conf"
"""What earlier versions called either."""

NO_SUCH_UNIT = 5  # how systemctl ends when a unit is not loaded

BEGUN = "-- dcosmaint --"
"""What a login shell says before this is none of ours."""

BEGIN = f"""\
echo '{BEGUN}'
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
    folder, drop_in = f"{base}/systemd/system/$unit", DROP_INS[base]
    return f"""\
sudo -n mkdir -p {folder}.service.d {folder}.socket.d
printf '[Unit]\\nConditionPathExists=!{base}/{MARKER}\\n[Service]\\nRestart=no\\n' \\
  | sudo -n tee {folder}.service.d/{drop_in} >/dev/null
printf '[Unit]\\nConditionPathExists=!{base}/{MARKER}\\n' | sudo -n tee {folder}.socket.d/{drop_in} >/dev/null
echo 'dcosmaint holds the DC/OS agent of this node stopped' | sudo -n tee {base}/{MARKER} >/dev/null
sudo -n systemctl daemon-reload
sudo -n systemctl stop $unit.socket || [ $? -eq {NO_SUCH_UNIT} ]
"""


def release() -> str:
    """The script that takes back every hold, whoever left it, and starts the agent."""
    folders = [(base, f"{base}/systemd/system/$unit.{kind}.d") for base in BASES for kind in KINDS]
    files = [f"{folder}/{name}" for base, folder in folders for name in (DROP_INS[base], FORMER)]
    markers = [f"{base}/{MARKER}" for base in BASES]
    return f"""\
sudo -n rm -f {" ".join([*files, *markers])}
sudo -n systemctl daemon-reload
sudo -n systemctl reset-failed $unit.service || :
sudo -n systemctl start --no-block $unit.socket || [ $? -eq {NO_SUCH_UNIT} ]
sudo -n systemctl start --no-block $unit.service
"""

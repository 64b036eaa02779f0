"""The work dir of a node's agent, as a shell on the node sees it: two more scripts of `units.py`.

Where it lies is told by its device. A mount point of its own would prove nothing: Mesos may mount its work dir onto
itself, to share what is mounted below it (`filesystem/linux`).
"""

from __future__ import annotations

from dcosmaint.model import WorkDir

PLACE = "/var/lib/mesos/slave"
"""MESOS_WORK_DIR of every DC/OS. It is never taken from an answer of others: it is emptied."""

LOOK = f"""\
devices=$(sudo -n stat -L -c %d / {PLACE})
first=$(sudo -n find {PLACE}/ -mindepth 1 -maxdepth 1 -print -quit)
echo Devices=$devices
echo "First=$first"
"""

EMPTY = f"""\
if sudo -n systemctl is-active $unit.service >/dev/null; then echo "$unit.service is active" >&2; exit 1; fi
sudo -n rm -rf --one-file-system {PLACE}/meta
sudo -n find {PLACE}/ -xdev -mindepth 1 -delete
"""
# The slash: where the work dir is a link to a volume, `find` would look at the link alone, and find nothing in it.
# `meta` first: an agent is known by it, and half of it would keep one from starting at all.


def read(text: str) -> WorkDir:
    """What `LOOK` printed. Raises `ValueError` or `KeyError` for what is no whole answer."""
    facts = dict(line.split("=", 1) for line in text.strip().splitlines())
    root, its = map(int, facts["Devices"].split())
    return WorkDir(apart=root != its, empty=not facts["First"])

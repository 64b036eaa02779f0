"""Faults that the real process meets: HTTP, SSH, AWS, certificates, locks and disks as they are."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from dcosmaint.adapters.holder import Holder
from dcosmaint.adapters.lock import LocalLock
from dcosmaint.sandbox.served.colleagues import Colleagues
from dcosmaint.sandbox.world import World
from tests.adapters.dcos.canned import serving
from tests.adapters.dcos.certificates import a_certificate
from tests.faults.fault import Circumstance, OnWires
from tests.served.desk import Desk

NODES, DRAIN, UNDRAIN = ("nodes",), ("drain", "{node}", "--yes"), ("undrain", "{node}", "--yes")
TOUCHED = "Nothing was touched."
CUT = "the connection broke off, or the answer was cut off."


def wire(where: str, *names: str) -> Circumstance:
    """What befalls the next calls of a port or route."""

    @contextmanager
    def brings(desk: Desk) -> Iterator[Desk]:
        desk.order(wire={where: list(names)})
        yield desk
        desk.order(wire={where: []})

    return brings


def struck(name: str) -> Circumstance:
    @contextmanager
    def brings(desk: Desk) -> Iterator[Desk]:
        assert desk.order(strike=[name])["strike"][name]
        yield desk
        desk.order(mend=[name])

    return brings


def configured(desk: Desk, **changes: Mapping[str, Any]) -> Desk:
    """The same cluster under another name, by a configuration that differs in some keys of some sections."""
    folder = desk.sandbox.folder.root
    config = yaml.safe_load(desk.sandbox.config.read_text())["clusters"]["sandbox"]
    for section, values in changes.items():
        config[section] = config[section] | dict(values)
    path = folder / "team.yaml"
    path.write_text(yaml.safe_dump({"clusters": {"team": config}}))
    return replace(desk, cluster=("--config", str(path), "--cluster", "team"))


@contextmanager
def untrusted(desk: Desk) -> Iterator[Desk]:
    """An Admin Router whose certificate nobody has signed that we know."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(a_certificate(desk.home, "stranger"))
    with serving(context) as canned:
        yield configured(desk, dcos={"url": canned.url})


@contextmanager
def nobody(desk: Desk) -> Iterator[Desk]:
    yield configured(desk, dcos={"url": "http://127.0.0.1:9"})


@contextmanager
def unwritable(desk: Desk) -> Iterator[Desk]:
    """Where not even root may make a folder."""
    yield configured(desk, state={"journal": "/proc/journals"})


def full(blocks: int) -> Circumstance:
    """No file of the process may grow beyond so many times 512 bytes: a full disk, by the kernel's own word."""

    @contextmanager
    def brings(desk: Desk) -> Iterator[Desk]:
        yield replace(desk, prefix=("sh", "-c", f'ulimit -f {blocks}; exec "$0" "$@"'))

    return brings


@contextmanager
def locked(desk: Desk) -> Iterator[Desk]:
    folder = desk.sandbox.folder.root / "state" / "sandbox"
    lock = LocalLock.take(folder, "sandbox", Holder("ann@laptop", os.getpid(), "20260101T000000000Z-0000", time.time()))
    with lock:
        yield desk


@contextmanager
def state_locked(desk: Desk) -> Iterator[Desk]:
    """Until we say so, however long terraform waits for it."""
    colleagues, world = Colleagues(desk.sandbox.folder.infra), World()
    world.faults.locked = "colleague@laptop"
    colleagues.follow(world)
    yield desk
    colleagues.close()


@contextmanager
def broken_template(desk: Desk) -> Iterator[Desk]:
    template = desk.sandbox.folder.root / "packer" / "broken.pkr.hcl"
    template.write_text('source "null" "none" {\n')
    yield configured(desk, packer={"template": str(Path("packer") / template.name)})


@contextmanager
def misspelt(desk: Desk) -> Iterator[Desk]:
    yield configured(desk, policy={"batchsize": 4})


def _asked(name: str, says: str, brings: Circumstance, code: int = 3, does: str = "") -> OnWires:
    told = (says, TOUCHED) if code == 3 else (says,)
    return OnWires(name=name, brings=brings, code=code, says=told, command=NODES, does=does)


HTTP = (
    _asked("http-500", "GET mesos/master/slaves answers 500: not reachable, or restarting.", wire("mesos", "http-500")),
    _asked("http-502", "GET mesos/master/slaves answers 502: not reachable, or restarting.", wire("mesos", "http-502")),
    _asked("http-503", "GET mesos/master/slaves answers 503: not reachable, or restarting.", wire("mesos", "http-503")),
    _asked("reset", CUT, wire("mesos", "reset")),
    _asked("truncated", CUT, wire("mesos", "truncated")),
    _asked("not-json", "GET mesos/master/slaves: the answer (200) is an HTML page.", wire("mesos", "not-json")),
    _asked(
        "unauthorized", "token expired or refused: GET mesos/master/slaves answers 401", wire("mesos", "unauthorized")
    ),
    _asked("slow", "aws_instance.dcos_agent_node[0]", wire("mesos", "slow"), code=0),
    _asked("throttled", "AWS did not do ec2:DescribeInstances now", wire("ec2", *["throttled"] * 4)),
    _asked("login-expired", "token expired or refused: GET ", struck("login-expired")),
    _asked(
        "route-503",
        "GET service/kafka-events/v1/pod answers 503",
        wire("/service/kafka-events/", "http-503"),
        does="one scheduler's route answers 503",
    ),
    _asked("nobody", "connection refused", nobody, does="nobody listens at `dcos.url`"),
    _asked(
        "untrusted",
        "name the cluster's CA as tls.ca_cert, or correct dcos.url",
        untrusted,
        code=2,
        does="the cluster shows a certificate of a CA that we don't know",
    ),
    _asked("misspelt", "batchsize", misspelt, code=2, does="a key of the configuration is misspelt"),
)

SSH = (
    OnWires(
        name="ssh-refused",
        command=UNDRAIN,
        code=3,
        brings=wire("units", "ssh-refused"),
        says=("no SSH connection: ", TOUCHED),
    ),
    OnWires(
        name="ssh-dropped",
        command=UNDRAIN,
        code=3,
        brings=wire("units", "ssh-dropped"),
        says=("the connection was lost in mid command: whether it did its work is not known.", TOUCHED),
    ),
    OnWires(name="host-key", command=UNDRAIN, code=3, brings=struck("host-key"), says=("SSH host key", TOUCHED)),
)

MACHINE = (
    OnWires(
        name="lock-taken",
        command=DRAIN,
        code=5,
        brings=locked,
        says=("ann@laptop", "20260101T000000000Z-0000"),
        does="another roll holds the lock of the cluster",
    ),
    OnWires(
        name="journal-unwritable",
        command=DRAIN,
        code=2,
        brings=unwritable,
        says=("/proc/journals", "Correct state.journal"),
        does="the folder of journals can't be made or written",
    ),
    OnWires(
        name="disk-full-at-first",
        command=DRAIN,
        code=3,
        brings=full(4),
        says=("can't be written: the disk took half a line", TOUCHED),
        does="the disk is full before the journal's first line is written",
    ),
    OnWires(
        name="disk-full",
        command=DRAIN,
        code=4,
        brings=full(11),
        says=("can't be written: the disk took half a line",),
    ),
    OnWires(
        name="packer-fails",
        command=("bake",),
        code=4,
        brings=broken_template,
        says=("packer",),
        does="packer refuses the template",
    ),
)

TERRAFORM = (
    OnWires(
        name="state-locked",
        command=("replace", "{other}", "--yes"),
        code=4,
        brings=state_locked,
        says=("terraform plan failed: ", "the state is locked by colleague@laptop", "Nothing was applied."),
    ),
    OnWires(
        name="foreign-destroy",
        command=("resume", "--yes"),
        code=4,
        brings=struck("foreign-destroy"),
        says=("The saved plan is refused: terraform_data.ledger is none of our business", "Nothing was applied."),
    ),
    OnWires(
        name="apply-dies",
        command=("resume", "--yes"),
        code=4,
        brings=struck("apply-dies"),
        says=("terraform apply failed: ", "InsufficientInstanceCapacity", "A resume plans anew."),
    ),
)
"""Met one after the other by the same node."""

ROWS = (*HTTP, *SSH, *MACHINE, *TERRAFORM)

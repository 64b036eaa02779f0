"""An operator's command tells who is in sync, by its exit code, in a process of its own and under a deadline."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dcosmaint.adapters.in_sync import Asked
from dcosmaint.model import Member, Service
from dcosmaint.ports import ServiceReads
from tests.builders import a_service, a_store


class Cluster(ServiceReads):
    def __init__(self, *services: Service) -> None:
        self.services = services

    def all(self) -> tuple[Service, ...]:
        return self.services

    def one(self, name: str) -> Service:
        return next(service for service in self.services if service.name == name)

    def rejected(self, member: Member) -> tuple[str, ...]:
        return (f"no room for {member}",)


def a_program(folder: Path, body: str) -> str:
    path = folder / "check.sh"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def asked(command: Sequence[str], service: Service | None = None, deadline: float = 30.0) -> Service:
    service = service or a_store()
    reads = Asked(Cluster(service), {service.name: tuple(command)}, os.environ, deadline)
    assert reads.all() == (reads.one(service.name),)
    return reads.one(service.name)


def said(service: Service) -> list[str]:
    return [pod.out_of_sync for pod in service.pods]


def test_exit_code_0_is_in_sync_and_any_other_is_not(tmp_path: Path) -> None:
    program = a_program(tmp_path, '[ "$DCOSMAINT_MEMBER" != node-1 ] || exit 3')
    assert said(asked([program])) == ["", "its command ended with 3", ""]
    assert asked([program]).asked


def test_a_command_is_told_of_whom_it_is_asked_and_given_its_own_arguments(tmp_path: Path) -> None:
    program = a_program(tmp_path, 'echo "$DCOSMAINT_SERVICE/$DCOSMAINT_MEMBER $1 $#" >&2; exit 1')
    assert said(asked([program, "a b; $(exit 0)"])) == [f"cassandra/node-{n} a b; $(exit 0) 1" for n in range(3)]


def test_what_it_says_last_on_its_standard_error_is_shown_without_secrets(tmp_path: Path) -> None:
    program = a_program(
        tmp_path, "echo so; echo first >&2; echo token=eyJhbGciOiJI.eyJzdWIiOiJ1.c2lnbmF0dXJl 4 of 9 >&2; exit 1"
    )
    (first, *_) = said(asked([program]))
    assert first.endswith("4 of 9")
    assert "eyJ" not in first


def test_a_command_that_does_not_end_proves_nothing_and_is_killed(tmp_path: Path) -> None:
    program = a_program(tmp_path, f"echo $$ >> {tmp_path}/pids; exec sleep 60")
    began = time.monotonic()
    assert said(asked([program], deadline=0.05)) == ["its command did not end within 0.05 s"] * 3
    assert time.monotonic() - began < 5.0
    for pid in (tmp_path / "pids").read_text().split() if (tmp_path / "pids").exists() else ():
        assert not Path(f"/proc/{pid}").exists()


def test_r2_a_command_that_cant_be_run_proves_nothing(tmp_path: Path) -> None:
    """Somebody edits it while a roll asks it: nodes are held, and the roll does not end with them in flight."""
    odd = tmp_path / "check"
    odd.write_text("no program\n")
    odd.chmod(0o755)
    (first, *_) = said(asked([str(tmp_path / "nothing")]))
    assert first == f"its command can't be run: {tmp_path}/nothing is not on PATH, or is not executable"
    (first, *_) = said(asked([str(odd)]))
    assert first == f"its command can't be run: {odd} can't be started: Exec format error"


def test_a_command_gives_no_orders_to_a_terminal(tmp_path: Path) -> None:
    program = a_program(tmp_path, r"printf '\033]0;owned\007\033[2Jgone\n' >&2; exit 1")
    assert said(asked([program]))[0] == "?]0;owned??[2Jgone"


def test_a_member_that_does_not_run_or_is_being_replaced_is_not_asked_about(tmp_path: Path) -> None:
    store = a_store()
    down, marked, well = store.pods
    pods = (replace(down, running=False), replace(marked, marked=True), well)
    program = a_program(tmp_path, "exit 1")
    assert said(asked([program], replace(store, pods=pods))) == ["", "", "its command ended with 1"]


def test_services_without_a_command_are_as_their_schedulers_show_them() -> None:
    kafka = a_service()
    reads = Asked(Cluster(kafka), {"cassandra": ("false",)}, os.environ)
    assert reads.one("kafka-events") is kafka
    assert reads.rejected(Member("kafka-events", "kafka-0")) == ("no room for kafka-events/kafka-0",)

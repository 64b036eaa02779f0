"""The one Terraform writer of a roll. Whoever finds it free leads an apply for all addresses wanted, the others look.

What terraform does is asked of it in every round: a plan or an apply that outlived us is waited for, and its outcome is
read from the state, never from memory. A plan is applied only if this process made it, for what is wanted now (R5).

A new instance in the state says nothing of its companions: an apply that ended between the two left them out. So where
companions are configured, an instance is whole once an apply of ours that had both has ended well, or once a plan for
both has found none of them to create.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from dcosmaint.errors import NO_LOGIN, Fatal, LoginLost
from dcosmaint.guard import judge, makes_companions
from dcosmaint.model import Child, Node, Policy, Waiting
from dcosmaint.ports import TerraformActs, TerraformReads


@dataclass(frozen=True)
class Planned:
    """What a plan of ours was made for: new instances, or what goes with some that are there."""

    creates: Mapping[str, str]  # address → AMI
    present: Mapping[str, str]  # address → instance id
    companions: tuple[str, ...]

    @property
    def addresses(self) -> list[str]:
        return sorted({**self.creates, **self.present})


@dataclass
class Writer:
    terraform: TerraformReads
    acts: TerraformActs
    policy: Policy
    alone: AbstractContextManager[Any]  # the writer's own: reading a state takes as long as its backend likes
    images: dict[str, str] = field(default_factory=dict)  # group → AMI, as the variables should say
    wanted: dict[str, str] = field(default_factory=dict)  # address → AMI
    seen: dict[str, str] = field(default_factory=dict)  # address → the instance that the state had there, of no use
    partial: dict[str, str] = field(default_factory=dict)  # address → a new instance, perhaps without its companions
    whole: set[str] = field(default_factory=set)  # instances that have theirs
    planned: Planned | None = None  # what our own plan was made for
    applying: Planned | None = None  # our own apply: its failure is news, where that of an earlier process is not

    def want(self, node: Node, ami: str, seen: str) -> None:
        """`seen`: the instance that the state has at the node's address, "" for none, and that is not the new one."""
        with self.alone:
            self.wanted[node.address] = ami
            self.seen[node.address] = seen
            self.images[node.group] = ami

    def complete(self, node: Node, ami: str, instance: str) -> bool:
        """Whether the new instance at the node's address has its companions. Until then they are wanted."""
        with self.alone:
            if not self.policy.companions or instance in self.whole:
                return True
            self.wanted.pop(node.address, None)
            self.partial[node.address] = instance
            self.images[node.group] = ami
            return False

    def drop(self, address: str) -> None:
        with self.alone:
            self.wanted.pop(address, None)
            self.partial.pop(address, None)

    def turn(self) -> Waiting:
        """One look at terraform, and the next act if it is free."""
        with self.alone:
            child = self.terraform.child()
            if child and child.running:
                return self._waiting(child)
            self._after(child)
            child = self.terraform.child()
            return self._waiting(child) if child else Waiting("terraform", "", self.policy.waits.apply)

    def _after(self, child: Child | None) -> None:
        """Terraform is idle: what comes after what it did last."""
        planned, self.planned = self.planned, None
        applied, self.applying = self.applying, None
        if child and child.what == "plan" and planned is not None:
            self._judged(child, planned)
            return
        placed = {p.address: p.instance_id for p in self.terraform.placed()}
        if child and child.what == "apply" and applied is not None:
            self._applied(child, applied, placed)
        self._plan(placed)

    def _applied(self, child: Child, applied: Planned, placed: Mapping[str, str]) -> None:
        if child.code != 0:
            raise _failed(child, "A resume plans anew.")
        self.whole.update(placed[address] for address in applied.addresses if address in placed)

    def _plan(self, placed: Mapping[str, str]) -> None:
        """New instances first. What is wanted may have been created since those that want it last looked."""
        creates = {a: ami for a, ami in self.wanted.items() if placed.get(a, "") == self.seen[a]}
        partial = {a: i for a, i in self.partial.items() if placed.get(a) == i and i not in self.whole}
        if creates or partial:
            self._begin(creates, {} if creates else partial)

    def _begin(self, creates: Mapping[str, str], present: Mapping[str, str]) -> None:
        addresses = sorted({**creates, **present})
        companions = self._companions(addresses)
        self.acts.plan(addresses, companions, self.images)
        self.planned = Planned(creates, present, companions)

    def _judged(self, child: Child, planned: Planned) -> None:
        """The plan tells of the code too: companions of which the state had no word are planned with the rest."""
        if child.code != 0:
            raise _failed(child, "Nothing was applied.")
        companions = self._companions(planned.addresses)
        if not set(companions) <= set(planned.companions):
            self._begin(planned.creates, planned.present)
            return
        changes = self.terraform.changes()
        if planned.present and not makes_companions(changes, companions):
            self.whole.update(planned.present.values())
            return
        if reasons := judge(changes, planned.creates, companions, planned.present):
            raise Fatal(f"The saved plan is refused: {'; '.join(reasons)}. Nothing was applied.")
        self.acts.apply()
        self.applying = planned

    def _companions(self, addresses: list[str]) -> tuple[str, ...]:
        """As they are known now: terraform applies no plan that was made on another state."""
        return self.terraform.companions(addresses, self.policy.companions)

    def _waiting(self, child: Child) -> Waiting:
        return Waiting(f"terraform {child.what} of {' '.join(child.subject)}", child.says, self.policy.waits.apply)


def _failed(child: Child, rest: str) -> Fatal:
    if child.login_lost:
        return LoginLost(f"terraform {child.what}: {NO_LOGIN} {rest} It said: {child.error}")
    return Fatal(f"terraform {child.what} failed: {child.error or 'no exit code is known'}. {rest}")

"""The one Terraform writer of a roll. Whoever finds it free leads an apply for all addresses wanted, the others look.

What terraform does is asked of it in every round: a plan or an apply that outlived us is waited for, and its outcome is
read from the state, never from memory. A plan is applied only if this process made it, for what is wanted now (R5).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from dcosmaint.errors import NO_LOGIN, Fatal, LoginLost
from dcosmaint.guard import judge
from dcosmaint.model import Child, Node, Policy, Waiting
from dcosmaint.ports import TerraformActs, TerraformReads


@dataclass
class Writer:
    terraform: TerraformReads
    acts: TerraformActs
    policy: Policy
    alone: AbstractContextManager[Any]  # the writer's own: reading a state takes as long as its backend likes
    images: dict[str, str] = field(default_factory=dict)  # group → AMI, as the variables should say
    wanted: dict[str, str] = field(default_factory=dict)  # address → AMI
    seen: dict[str, str] = field(default_factory=dict)  # address → the instance that the state had there, of no use
    planned: dict[str, str] | None = None  # what our own plan was made for
    applying: bool = False  # we began an apply: its failure is news. Of an earlier process's the state tells enough

    def want(self, node: Node, ami: str, seen: str) -> None:
        """`seen`: the instance that the state has at the node's address, "" for none, and that is not the new one."""
        with self.alone:
            self.wanted[node.address] = ami
            self.seen[node.address] = seen
            self.images[node.group] = ami

    def drop(self, address: str) -> None:
        with self.alone:
            self.wanted.pop(address, None)

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
        applied, self.applying = self.applying, False
        if child and applied and child.code != 0:
            raise _failed(child, "A resume plans anew.")
        if child and child.what == "plan" and planned is not None:
            self._apply(child, planned)
        elif missing := self._missing():
            self.acts.plan(sorted(missing), self._companions(missing), self.images)
            self.planned = missing

    def _missing(self) -> dict[str, str]:
        """What is wanted and not created: an apply may have ended since those that want something last looked."""
        placed = {p.address: p.instance_id for p in self.terraform.placed()}
        return {a: ami for a, ami in self.wanted.items() if placed.get(a, "") == self.seen[a]}

    def _apply(self, child: Child, planned: dict[str, str]) -> None:
        if child.code != 0:
            raise _failed(child, "Nothing was applied.")
        reasons = judge(self.terraform.changes(), planned, self._companions(planned))
        if reasons:
            raise Fatal(f"The saved plan is refused: {'; '.join(reasons)}. Nothing was applied.")
        self.acts.apply()
        self.applying = True

    def _companions(self, planned: Mapping[str, str]) -> tuple[str, ...]:
        """As the state has them now: terraform applies no plan that was made on another one."""
        return self.terraform.companions(sorted(planned), self.policy.companions)

    def _waiting(self, child: Child) -> Waiting:
        return Waiting(f"terraform {child.what} of {' '.join(child.subject)}", child.says, self.policy.waits.apply)


def _failed(child: Child, rest: str) -> Fatal:
    if child.login_lost:
        return LoginLost(f"terraform {child.what}: {NO_LOGIN} {rest} It said: {child.error}")
    return Fatal(f"terraform {child.what} failed: {child.error or 'no exit code is known'}. {rest}")

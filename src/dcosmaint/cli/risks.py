"""The risks that an operator may take, as they are written on the command line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import click

from dcosmaint.model import BY_NAME, Finding
from dcosmaint.planner.line import RULES, TASKS_LOST

BLOCKERS = (
    "app-down",
    "broker-idle",
    "data-loss",
    "differs",
    "foreign-window",
    "no-proof",
    "service-unsupported",
    "terraform-exposed",
    "under-replicated",
)
RISKS = (*BLOCKERS, *RULES)
"""Every rule whose refusal an operator may accept."""

WAYS = {
    "data-loss": "data-loss=SERVICE or data-loss=SERVICE/TOPIC",
    "differs": "differs=attribute:NAME, differs=flag:NAME, differs=resources, differs=zone, differs=volumes or"
    " differs=agent-id",
    "no-proof": "no-proof=SERVICE",
    "service-unsupported": "service-unsupported=SERVICE",
}
"""How a risk is written that is taken by name only."""

MEANING = {
    "app-down": "all running instances of an app may be away at once",
    "broker-idle": "a broker that was in sync nowhere counts as whole, whatever it lost",
    "data-loss": "data of a topic may be lost for good",
    "differs": "a new node may differ from its old one in this",
    "foreign-window": "a machine is taken in hand that somebody else has planned to take down",
    "no-proof": "its scheduler's word is enough that a replaced member is whole",
    "service-unsupported": "its members are moved although nobody here knows its kind",
    "terraform-exposed": "any plain `terraform apply`, of anybody, may replace nodes while this goes on",
    "under-replicated": "a broker that was behind at the start counts as whole",
    "agent-left": "nodes start although an agent is away that nobody here took away",
    "tasks-lost": "nodes start although tasks elsewhere are lost",
    "service-degraded": "nodes start although members are lost that no node in flight carried",
}
"""What a risk is, for its operator."""

SUBJECTS = {"differs": r"(attribute|flag):.+|resources|zone|volumes|agent-id"}
"""What may stand behind `=`, where not anything may."""


class Risk(click.ParamType[str]):
    """RULE or RULE=SUBJECT, of the rules whose risk may be taken."""

    name = "rule[=subject]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        rule, _, subject = str(value).partition("=")
        if rule not in RISKS:
            self.fail(f"{value}: only these may be accepted: {', '.join(RISKS)}", param, ctx)
        if rule in BY_NAME and not re.fullmatch(SUBJECTS.get(rule, r".+"), subject):
            self.fail(f"name what is given up: {WAYS[rule]}", param, ctx)
        if rule == TASKS_LOST and subject:
            self.fail(f"{value}: tasks are counted over all apps: write {TASKS_LOST}", param, ctx)
        return str(value)


def told(accepted: Sequence[str], found: Sequence[Finding], unseen: Collection[str] = ()) -> Iterator[str]:
    """Each accepted risk by itself, with what it takes; one that takes nothing now may come true later.

    `unseen` are rules of which `found` would not tell.
    """
    for risk in accepted:
        rule, _, subject = risk.partition("=")
        takes = [f for f in found if f.rule == rule and subject in ("", f.subject, f.subject.rpartition("/")[0])]
        yield from (f"{rule}: {finding.subject} {finding.message}" for finding in takes)
        if not takes:
            yield f"{risk}: {MEANING[rule]}{'' if rule in unseen else '; nothing that is known now needs it'}"

"""The risks that an operator may take, as they are written on the command line."""

from __future__ import annotations

import re
from typing import Any

import click

from dcosmaint.model import BY_NAME
from dcosmaint.planner.line import RULES, TASKS_LOST

BLOCKERS = (
    "app-down",
    "broker-idle",
    "data-loss",
    "differs",
    "no-proof",
    "service-unsupported",
    "terraform-exposed",
    "under-replicated",
)
RISKS = (*BLOCKERS, *RULES)
"""Every rule whose refusal an operator may accept."""

WAYS = {
    "data-loss": "data-loss=SERVICE or data-loss=SERVICE/TOPIC",
    "differs": "differs=attribute:NAME, differs=flag:NAME, differs=resources or differs=zone",
    "no-proof": "no-proof=SERVICE",
    "service-unsupported": "service-unsupported=SERVICE",
}
"""How a risk is written that is taken by name only."""

SUBJECTS = {"differs": r"(attribute|flag):.+|resources|zone"}
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

"""Why a scheduler took no offer: `v2/debug/offers` (SDK 0.55 and later), its last hundred evaluations.

An explanation is nothing to fail for: a scheduler that has none, or does not answer, explains nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.bodies import Body
from dcosmaint.adapters.sdk_discovery import Scheduler
from dcosmaint.errors import Retryable
from dcosmaint.redaction import redacted

MOST, LONGEST = 2, 120
"""Reasons that are told, and characters of each."""

FAILED = re.compile(r"FAIL\([^)]*\): *(.+)", re.DOTALL)
"""One stage of an evaluation: `FAIL(PlacementRuleEvaluationStage):reason`."""


def rejected(router: AdminRouter, scheduler: Scheduler, pod: str) -> tuple[str, ...]:
    """The most frequent reasons, without the offers that they are about."""
    try:
        answer = router.get(scheduler.path("v2/debug/offers"), 200, 404)
        reasons = Counter(_reasons(answer.json(), pod)) if answer.status == 200 else Counter()
    except Retryable:
        return ()
    return tuple(redacted(reason)[:LONGEST] for reason, _ in reasons.most_common(MOST))


def _reasons(body: Body, pod: str) -> Iterator[str]:
    """A step is named by its pod and its tasks: `kafka-0:[broker]`."""
    for offer in body.list_or_none("offers"):
        if offer.text("pod-instance-name").partition(":")[0] == pod and offer.text("outcome") == "fail":
            stages = (FAILED.match(line.text()) for line in offer.list("explanation"))
            yield from (stage.group(1).strip() for stage in stages if stage)

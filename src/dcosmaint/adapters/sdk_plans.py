"""The status of a scheduler's plan."""

from __future__ import annotations

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.answers import Answer


def status(router: AdminRouter, path: str) -> str:
    """In the SDK's words; COMPLETE only where the HTTP status, the body and an empty list of errors all say so.

    200 means complete, 202 that it is under way, 417 that it has errors: all three bring the plan.
    """
    answer = router.get(path, 200, 202, 404, 417)
    return "MISSING" if answer.status == 404 else _status(answer)


def _status(answer: Answer) -> str:
    body = answer.json()
    word = body.text("status").upper()
    if answer.status == 417 or body.list_or_none("errors"):
        return "ERROR"
    if answer.status == 202 and word == "COMPLETE":  # its status is read before its phases, so the two can disagree
        return "IN_PROGRESS"
    return word

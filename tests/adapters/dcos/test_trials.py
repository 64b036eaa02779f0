"""What is tried on what nobody has proves something only in the words of who has looked for it."""

from __future__ import annotations

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.trials import NOBODY, State, cordon, move_apps
from dcosmaint.errors import LoginLost
from tests.adapters.dcos.canned import Canned, Reply, page, text

APPS, TASK = "GET marathon/v2/apps", f"DELETE marathon/v2/apps/web/tasks/{NOBODY}"


def test_both_calls_of_a_cordon_have_to_be_let_through(canned: Canned, router: AdminRouter) -> None:
    canned.on("DEACTIVATE_AGENT", text("Unknown agent", 400))
    canned.on("REACTIVATE_AGENT", text("Agent is not deactivated", 400))
    assert cordon(router).state is State.ALLOWED
    canned.on("REACTIVATE_AGENT", text("", 403))
    trial = cordon(router)
    assert (trial.state, trial.needs) == (State.REFUSED, "dcos:mesos:master:agent update")


@pytest.mark.parametrize(
    "reply",
    [
        text("Failed to convert JSON into Call protobuf", 400),
        text("", 501),
        page(502),
        text("", 200),
    ],
)
def test_any_other_answer_of_mesos_proves_nothing(canned: Canned, router: AdminRouter, reply: Reply) -> None:
    canned.on("DEACTIVATE_AGENT", reply)
    trial = cordon(router)
    assert trial.state is State.OPEN
    assert "DEACTIVATE_AGENT" in trial.why or "mesos/api/v1" in trial.why


def test_marathon_is_asked_for_an_instance_of_an_app_that_is_there(canned: Canned, router: AdminRouter) -> None:
    canned.on(APPS, {"apps": [{"id": "/web"}]})
    canned.on(TASK, Reply({"message": f"Task '{NOBODY}' does not exist"}, 404))
    assert move_apps(router).state is State.ALLOWED
    canned.on(TASK, Reply({"message": f"App '/web/tasks/{NOBODY}' does not exist"}, 404))
    assert move_apps(router).state is State.OPEN
    canned.on(TASK, page(403))
    assert move_apps(router).needs == "dcos:adminrouter:service:marathon full"
    canned.on(APPS, {"apps": []})
    assert move_apps(router).why == "there is no app that it could be tried on"


def test_a_login_that_is_lost_is_no_matter_of_permissions(canned: Canned, router: AdminRouter) -> None:
    canned.on("DEACTIVATE_AGENT", page(401))
    with pytest.raises(LoginLost):
        cordon(router)

"""The lock as an app of Marathon's that never runs: `lock: marathon`. Everybody sees it in the DC/OS UI.

POST creates it only where there is none (409 otherwise), so of two that take it at once one loses. It is removed by
DELETE and never changed by PUT. Neither has a condition: between reading whose lock it is and removing it, it may have
become somebody else's. So this lock is advisory; whoever took it reads it back after a moment, and again before each
act. To take it over is to remove it and to take it as anybody does, who may be quicker. Source: Marathon's
`AppsResource` (`create`, `delete`), and `GroupManager`, which makes one change at a time.
"""

from __future__ import annotations

import time
from contextlib import suppress

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.answers import Call
from dcosmaint.adapters.holder import WHAT_NOW, Holder, refusal
from dcosmaint.adapters.marathon import LOCK
from dcosmaint.adapters.shared_lock import FRESH, Keeper, SharedLease, or_given_back
from dcosmaint.errors import DcosmaintError, Locked, Retryable

APPS = "marathon/v2/apps"
LABEL = "DCOSMAINT_"
DEADLINE = 10.0
"""Seconds for an answer: an act waits for it."""

TRIES = 10
"""Times that a change is asked for while a deployment of Marathon's is in the way. Our own last for milliseconds."""

WAY_OUT = (
    "should that process be dead, a resume of its roll takes the lock over, and `dcosmaint unlock` takes it away"
    " where that roll had not begun"
)


class MarathonLock:
    """`SharedLock` of one cluster."""

    watched = False

    def __init__(self, router: AdminRouter, cluster: str, pause: float = 2.0, fresh: float = FRESH) -> None:
        """`pause`: seconds until what we have created is read back, and between two tries."""
        self._router, self._cluster, self._pause, self._fresh = router, cluster, pause, fresh

    def holder(self) -> Holder | None:
        answer = self._router.ask(Call(f"{APPS}{LOCK}", accepts=(200, 404), deadline=DEADLINE))
        if answer.status == 404:
            answer.json().text("message")  # Marathon's own words, not those of somebody before it
            return None
        labels = answer.json().at("app").map_or_none("labels")
        words = {key.removeprefix(LABEL).lower(): value.text() for key, value in labels.items()}
        return Holder.read(words)

    def take(self, us: Holder) -> SharedLease:
        with or_given_back(lambda: self._free(us)):
            self._acquire(us)
        return SharedLease(Keeper(lambda: self._lost(us), lambda: self._free(us)), fresh=self._fresh)

    def _acquire(self, us: Holder) -> None:
        for _ in range(TRIES):
            created = self._create(us)
            if created:  # somebody who takes it over at this moment removes ours: the later one keeps it
                time.sleep(self._pause)
            found = self.holder()
            if us.is_same(found):
                return
            if found or created:
                raise Locked(refusal(self._cluster, found, WAY_OUT))
            time.sleep(self._pause)
        raise Retryable(f"Marathon did not create the lock {LOCK}: its deployments are in the way")

    def take_over(self, found: Holder, us: Holder) -> SharedLease:
        """In between nobody has it, and whoever takes it then keeps it."""
        try:
            self.remove(found)
            return self.take(us)
        except BaseException:  # broken off in between
            with suppress(DcosmaintError):
                self.take(us).keep()
            raise

    def remove(self, found: Holder) -> None:
        for _ in range(TRIES):
            now = self.holder()
            if now is None:
                return
            if not found.is_same(now):
                raise Locked(f"The lock is held by {now} by now, so it was not taken away")
            if self._deleted():
                return
            time.sleep(self._pause)
        raise Retryable(f"Marathon did not remove the lock {LOCK}: its deployments are in the way")

    def _create(self, us: Holder) -> bool:
        """Whether it was created; what was not answered is read back."""
        labels = {f"{LABEL}{key.upper()}": value for key, value in us.labels.items()}
        app = {"id": LOCK, "cmd": "exit 1", "cpus": 0.01, "mem": 32, "instances": 0, "labels": labels}
        call = Call(APPS, method="POST", body=app, accepts=(201, 409), deadline=DEADLINE)
        try:
            return self._router.ask(call).status == 201
        except Retryable:
            if us.is_same(self.holder()):
                return True
            raise

    def _deleted(self) -> bool:
        call = Call(f"{APPS}{LOCK}?force=false", method="DELETE", accepts=(200, 404, 409), deadline=DEADLINE)
        return self._router.ask(call).status != 409

    def _lost(self, us: Holder) -> str:
        found = self.holder()
        if us.is_same(found):
            return ""
        if found:
            return f"The lock {LOCK} was taken over by {found}: {WHAT_NOW}"
        return f"The lock {LOCK} was taken away in Marathon, so another roll may have begun: {WHAT_NOW}"

    def _free(self, us: Holder) -> None:
        if us.is_same(self.holder()):
            self.remove(us)

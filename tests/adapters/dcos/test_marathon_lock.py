"""R9 over real HTTP: the lock as an app of the served Marathon, and of one that says what a busy one says."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Barrier, Timer

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.auth import NoLogin
from dcosmaint.adapters.holder import Holder
from dcosmaint.adapters.marathon import LOCK, Marathon
from dcosmaint.adapters.marathon_lock import MarathonLock
from dcosmaint.adapters.shared_lock import SharedLease
from dcosmaint.adapters.tls import Tls
from dcosmaint.errors import Fatal, LeaseLost, Locked, Retryable
from tests.adapters.dcos.canned import Canned, Reply, page
from tests.sandbox.cluster import Cluster, served

ANN = Holder("ann@laptop", 4711, "20240102-ab12", 1704193445.25)
BOB = Holder("bob@desk", 4712, "20240102-cd34", 1704193450.0)
APP = f"marathon/v2/apps{LOCK}"
NOBODY = Reply({"message": f"App '{LOCK}' does not exist"}, 404)
BUSY = {"message": "App is locked by one or more deployments.", "deployments": [{"id": "d-1"}]}


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with served() as cluster:
        yield cluster


@contextmanager
def opened(url: str) -> Iterator[MarathonLock]:
    with AdminRouter(url, NoLogin(), Tls()) as router:
        yield MarathonLock(router, "prod", pause=0.0, fresh=0.0)


@pytest.fixture
def lock(cluster: Cluster) -> Iterator[MarathonLock]:
    with opened(cluster.router.url) as lock:
        yield lock


@pytest.fixture
def scripted(canned: Canned) -> Iterator[MarathonLock]:
    with opened(canned.url) as lock:
        yield lock


def held_by(holder: Holder) -> Reply:
    return Reply({"app": {"id": LOCK, "labels": {f"DCOSMAINT_{k.upper()}": v for k, v in holder.words.items()}}})


def test_an_app_that_never_runs_tells_everybody_who_holds_the_lock(cluster: Cluster, lock: MarathonLock) -> None:
    assert lock.holder() is None
    lock.take(ANN).confirm()
    app = cluster.get(APP)["app"]
    assert (app["instances"], app["tasks"]) == (0, [])
    assert app["labels"] == {
        "DCOSMAINT_OWNER": "ann",
        "DCOSMAINT_HOST": "laptop",
        "DCOSMAINT_PID": "4711",
        "DCOSMAINT_ROLL": "20240102-ab12",
        "DCOSMAINT_SINCE": "2024-01-02T11:04:05.250000+00:00",
    }
    assert lock.holder() == ANN


def test_why_it_is_held_stands_in_a_label_and_is_told_to_others(cluster: Cluster, lock: MarathonLock) -> None:
    lease = lock.take(replace(ANN, reason="new kernel"))
    assert cluster.get(APP)["app"]["labels"]["DCOSMAINT_REASON"] == "new kernel"
    with pytest.raises(Locked, match="since 2024-01-02 11:04:05 UTC: new kernel"):
        lock.take(BOB)
    lease.release()
    assert lock.holder() is None


def test_a_second_roll_is_told_who_holds_it_and_what_now(lock: MarathonLock) -> None:
    lock.take(ANN)
    with pytest.raises(Locked, match=r"prod is being maintained by ann@laptop \(process 4711.*dcosmaint unlock"):
        lock.take(BOB)
    assert lock.holder() == ANN


def test_a_released_lock_is_nobodys_and_can_be_taken(lock: MarathonLock) -> None:
    lease = lock.take(ANN)
    lease.release()
    assert lock.holder() is None
    with pytest.raises(LeaseLost):
        lease.confirm()
    lock.take(BOB).confirm()
    lease.release()
    assert lock.holder() == BOB


def test_a_lock_that_was_left_stays_and_its_lease_is_over(lock: MarathonLock) -> None:
    lease = lock.take(ANN)
    lease.keep()
    lease.release()
    assert lock.holder() == ANN
    with pytest.raises(LeaseLost, match="left to a resume"):
        lease.check()


def test_of_two_that_take_it_at_once_one_has_it(cluster: Cluster) -> None:
    both = Barrier(2)

    def takes(us: Holder) -> SharedLease | None:
        with opened(cluster.router.url) as lock:
            both.wait()
            try:
                return lock.take(us)
            except Locked:
                return None

    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(takes, (ANN, BOB)))
    assert sum(lease is not None for lease in taken) == 1
    with opened(cluster.router.url) as lock:
        assert lock.holder() == (ANN if taken[0] else BOB)


def test_a_take_over_is_learnt_at_the_next_act_and_never_forgotten(lock: MarathonLock) -> None:
    lease = lock.take(ANN)
    lock.remove(ANN)
    lock.take(BOB)
    lease.check()  # nobody was asked yet
    with pytest.raises(LeaseLost, match="taken over by bob@desk"):
        lease.confirm()
    with pytest.raises(LeaseLost):
        lease.check()
    lease.release()
    assert lock.holder() == BOB


def test_a_resume_of_the_same_roll_is_another_holder(lock: MarathonLock) -> None:
    lease = lock.take(ANN)
    lock.remove(ANN)
    lock.take(Holder("ann@laptop", 4713, ANN.roll, ANN.since + 60.0))
    with pytest.raises(LeaseLost, match="process 4713"):
        lease.confirm()


class Beaten(MarathonLock):
    """Somebody else is quicker, once the lock of the dead owner is gone."""

    def remove(self, found: Holder) -> None:
        super().remove(found)
        super().take(BOB)


def test_who_comes_in_while_a_lock_is_taken_over_keeps_it(cluster: Cluster, lock: MarathonLock) -> None:
    """Marathon has no condition to send: the one who loses is told."""
    lock.take(ANN)
    with AdminRouter(cluster.router.url, NoLogin(), Tls()) as router, pytest.raises(Locked, match="bob@desk"):
        Beaten(router, "prod", pause=0.0, fresh=0.0).take_over(ANN, replace(ANN, pid=4713))
    assert lock.holder() == BOB
    lock.take_over(BOB, ANN).confirm()
    assert lock.holder() == ANN


def test_a_lock_that_was_taken_away_is_lost(lock: MarathonLock) -> None:
    lease = lock.take(ANN)
    lock.remove(ANN)
    with pytest.raises(LeaseLost, match="taken away in Marathon"):
        lease.confirm()


def test_the_lock_of_somebody_else_is_not_taken_away(lock: MarathonLock) -> None:
    lock.take(BOB)
    with pytest.raises(Locked, match=r"held by bob@desk .* by now"):
        lock.remove(ANN)
    assert lock.holder() == BOB


def test_the_lock_is_no_work_of_the_cluster(cluster: Cluster, lock: MarathonLock) -> None:
    with AdminRouter(cluster.router.url, NoLogin(), Tls()) as router:
        before = Marathon(router).apps()
        lock.take(ANN)
        assert Marathon(router).apps() == before


def test_who_cant_read_the_lock_waits_and_has_not_lost_it(cluster: Cluster, lock: MarathonLock) -> None:
    lease = lock.take(ANN)
    cluster.world.faults.api["marathon"] = 1
    with pytest.raises(Retryable):
        lease.confirm()
    lease.check()
    lease.confirm()


@pytest.mark.parametrize("absent", [page(404), Reply("404 Not Found: service not found.", 404, "text/plain")])
def test_a_router_without_a_way_to_marathon_proves_nothing(
    canned: Canned, scripted: MarathonLock, absent: Reply
) -> None:
    canned.on("POST marathon/v2/apps", Reply({}, 201))
    canned.on(f"GET {APP}", held_by(ANN), absent)
    lease = scripted.take(ANN)
    with pytest.raises(Retryable):
        lease.confirm()


def test_an_answer_that_was_lost_is_read_back(canned: Canned, scripted: MarathonLock) -> None:
    canned.on("POST marathon/v2/apps", page(502))
    canned.on(f"GET {APP}", held_by(ANN))
    scripted.take(ANN).confirm()
    canned.on(f"GET {APP}", NOBODY)
    with pytest.raises(Retryable, match="502"):
        scripted.take(BOB)


def test_a_lock_that_was_created_and_cant_be_read_back_is_given_back(canned: Canned, scripted: MarathonLock) -> None:
    canned.on("POST marathon/v2/apps", Reply({}, 201))
    canned.on(f"GET {APP}", page(502), held_by(ANN))
    canned.on(f"DELETE {APP}", Reply({"deploymentId": "d-1"}))
    with pytest.raises(Retryable, match="502"):
        scripted.take(ANN)
    assert len(canned.calls(f"DELETE {APP}")) == 1


def test_who_leaves_while_the_lock_is_taken_gives_it_back(canned: Canned) -> None:
    canned.on("POST marathon/v2/apps", Reply({}, 201))
    canned.on(f"GET {APP}", held_by(ANN))
    canned.on(f"DELETE {APP}", Reply({"deploymentId": "d-1"}))
    leaves = Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    with AdminRouter(canned.url, NoLogin(), Tls()) as router:
        lock = MarathonLock(router, "prod", pause=60.0)
        leaves.start()
        with pytest.raises(KeyboardInterrupt):
            lock.take(ANN)
    leaves.join()
    assert len(canned.calls(f"DELETE {APP}")) == 1


def test_a_lock_that_may_stay_is_said_with_what_takes_it_away(canned: Canned, scripted: MarathonLock) -> None:
    canned.on("POST marathon/v2/apps", Reply({}, 201))
    canned.on(f"GET {APP}", page(502))
    with pytest.raises(Retryable, match="could not be given back: `dcosmaint unlock` takes it away"):
        scripted.take(ANN)


def test_who_reads_back_somebody_else_has_lost_the_race(canned: Canned, scripted: MarathonLock) -> None:
    canned.on("POST marathon/v2/apps", Reply({}, 201))
    canned.on(f"GET {APP}", held_by(BOB))
    with pytest.raises(Locked, match="bob@desk"):
        scripted.take(ANN)


def test_a_deployment_in_the_way_is_waited_for_and_never_forced(canned: Canned, scripted: MarathonLock) -> None:
    busy = Reply(BUSY, 409)
    canned.on("POST marathon/v2/apps", busy, busy, Reply({}, 201))
    canned.on(f"GET {APP}", NOBODY, NOBODY, held_by(ANN))
    lease = scripted.take(ANN)
    canned.on(f"DELETE {APP}", busy, Reply({"deploymentId": "d-2"}))
    lease.release()
    sent = canned.calls(f"DELETE {APP}")
    assert [request.path.partition("?")[2] for request in sent] == ["force=false", "force=false"]
    canned.on("POST marathon/v2/apps", busy)
    canned.on(f"GET {APP}", NOBODY)
    with pytest.raises(Retryable, match="deployments are in the way"):
        scripted.take(BOB)


def test_a_missing_permission_is_named(canned: Canned, scripted: MarathonLock) -> None:
    canned.on("POST marathon/v2/apps", Reply({"message": "Not Authorized to perform this action!"}, 403))
    with pytest.raises(Fatal, match="Not Authorized"):
        scripted.take(ANN)


def test_an_app_that_says_nothing_of_itself_holds_the_lock_as_well(canned: Canned, scripted: MarathonLock) -> None:
    canned.on(f"GET {APP}", Reply({"app": {"id": LOCK, "labels": {"DCOSMAINT_PID": "x"}}}))
    assert str(scripted.holder()).startswith("somebody@unknown")


def test_readings_of_a_moment_are_shared(canned: Canned) -> None:
    canned.on("POST marathon/v2/apps", Reply({}, 201))
    canned.on(f"GET {APP}", held_by(ANN))
    with AdminRouter(canned.url, NoLogin(), Tls()) as router:
        lease = MarathonLock(router, "prod", pause=0.0, fresh=60.0).take(ANN)
        for _ in range(5):
            lease.confirm()
    assert len(canned.calls(f"GET {APP}")) == 1

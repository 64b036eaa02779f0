"""R9 by a row of a table that moto serves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from threading import Barrier
from threading import enumerate as threads
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from dcosmaint.adapters.aws import Account, translated
from dcosmaint.adapters.dynamodb_lock import DynamoDbLock, Pace, Table
from dcosmaint.adapters.holder import Holder
from dcosmaint.adapters.shared_lock import SharedLease
from dcosmaint.errors import Fatal, LeaseLost, Locked, Retryable, Usage

ANN = Holder("ann@laptop", 4711, "20240102-ab12", 1704193445.25)
BOB = Holder("bob@desk", 4712, "20240102-cd34", 1704193450.0)
EVE = Holder("eve@tower", 4713, "20240102-ab12", 1704193451.0)
ROW = Table("locks", "dcos.prod.example.com")
STILL = Pace(beat=0.0, expiry=0.05, fresh=0.0)
"""Without a heartbeat, as somebody who is dead."""

ALIVE = Pace(beat=0.02, expiry=0.3, fresh=0.0)


@pytest.fixture(scope="module")
def database(moto_server: str) -> Iterator[Any]:
    """A client of the AWS with the table in it."""
    made: Any = boto3.client
    client = made("dynamodb", endpoint_url=moto_server, region_name="us-east-1")
    client.create_table(
        TableName=ROW.name,
        AttributeDefinitions=[{"AttributeName": "cluster", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "cluster", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield client
    client.close()


@pytest.fixture
def table(database: Any) -> Any:
    """That client, and no row yet."""
    database.delete_item(TableName=ROW.name, Key={"cluster": {"S": ROW.key}})
    return database


@pytest.fixture(scope="module")
def opened(moto_server: str) -> Iterator[Callable[..., DynamoDbLock]]:
    """A lock by its pace, row and number: a client takes long to make."""
    made: dict[tuple[Pace, Table, int], DynamoDbLock] = {}

    def opens(pace: Pace = STILL, row: Table = ROW, number: int = 0) -> DynamoDbLock:
        which = pace, row, number
        if which not in made:
            made[which] = DynamoDbLock(Account("us-east-1", endpoint_url=moto_server), row, "prod", pace)
        return made[which]

    yield opens
    for lock in made.values():
        lock.close()


@pytest.fixture
def lock(table: Any, opened: Callable[..., DynamoDbLock]) -> DynamoDbLock:
    return opened()


def row(table: Any) -> dict[str, Any]:
    found: dict[str, Any] = table.get_item(TableName=ROW.name, Key={"cluster": {"S": ROW.key}})["Item"]
    return {name: next(iter(value.values())) for name, value in found.items()}


def test_a_row_tells_who_holds_the_lock(table: Any, lock: DynamoDbLock) -> None:
    assert lock.holder() is None
    lock.take(ANN).confirm()
    assert lock.holder() == ANN
    known = {"owner": "ann", "host": "laptop", "roll": ANN.roll, "pid": "4711", "token": "1", "beat": "1"}
    assert row(table).items() >= known.items()


def test_why_it_is_held_stands_in_the_row_and_goes_with_the_lock(table: Any, lock: DynamoDbLock) -> None:
    lease = lock.take(replace(ANN, reason="new kernel"))
    assert row(table)["reason"] == "new kernel"
    with pytest.raises(Locked, match="UTC: new kernel"):
        lock.take(BOB)
    lease.release()
    assert "reason" not in row(table)


@dataclass(frozen=True)
class Deaf(Account):
    """Its clients get no answer to what they read."""

    def client(self, service: str) -> Any:
        made = super().client(service)
        made.meta.events.register("before-call.dynamodb.GetItem", _unheard)
        return made


def _unheard(**_: object) -> None:
    raise EndpointConnectionError(endpoint_url="https://dynamodb")


def test_a_row_that_was_written_and_cant_be_read_back_is_given_back(
    table: Any, lock: DynamoDbLock, moto_server: str
) -> None:
    deaf = DynamoDbLock(Deaf("us-east-1", endpoint_url=moto_server), ROW, "prod", STILL)
    with pytest.raises(Retryable, match="did not answer dynamodb:GetItem"):
        deaf.take(ANN)
    assert lock.holder() is None
    assert row(table)["token"] == "2"
    lock.take(BOB)
    with pytest.raises(Retryable):
        deaf.take(ANN)
    deaf.close()
    assert lock.holder() == BOB


def test_a_second_roll_is_told_who_holds_it_and_another_cluster_has_its_own_row(
    lock: DynamoDbLock, opened: Callable[..., DynamoDbLock]
) -> None:
    lease = lock.take(ANN)
    with pytest.raises(Locked, match=r"prod is being maintained by ann@laptop \(process 4711.*dcosmaint unlock"):
        lock.take(BOB)
    opened(row=Table(ROW.name, "dcos.stage.example.com")).take(BOB).confirm()
    lease.confirm()


def test_of_two_that_take_it_at_once_one_has_it(table: Any, opened: Callable[..., DynamoDbLock]) -> None:
    both = Barrier(2)

    def takes(lock: DynamoDbLock, us: Holder) -> SharedLease | None:
        both.wait()
        try:
            return lock.take(us)
        except Locked:
            return None

    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(takes, (opened(), opened(number=1)), (ANN, BOB)))
    assert sum(lease is not None for lease in taken) == 1


def test_the_token_grows_with_every_hand_and_a_released_lock_can_be_taken(table: Any, lock: DynamoDbLock) -> None:
    tokens = []
    for us in (ANN, BOB):
        lease = lock.take(us)
        tokens.append(int(row(table)["token"]))
        lease.release()
        assert lock.holder() is None
        with pytest.raises(LeaseLost):
            lease.confirm()
    assert tokens == sorted(set(tokens))


def test_a_take_over_is_learnt_at_the_next_beat_and_never_forgotten(lock: DynamoDbLock) -> None:
    lease = lock.take(ANN)
    lock.remove(ANN)
    with pytest.raises(LeaseLost, match="taken away"):
        lease.confirm()
    lock.take(BOB)
    with pytest.raises(LeaseLost):
        lease.check()
    lease.release()
    assert lock.holder() == BOB


def test_who_slept_through_a_take_over_is_told_by_whom(lock: DynamoDbLock) -> None:
    lease = lock.take(ANN)
    lock.remove(ANN)
    lock.take(BOB)
    with pytest.raises(LeaseLost, match="taken over by bob@desk"):
        lease.confirm()


@dataclass(frozen=True)
class Interrupted(Account):
    """Something happens right before, or right after, each of its clients' writes."""

    when: str = "before-call"
    what: Callable[[], None] = lambda: None

    def client(self, service: str) -> Any:
        made = super().client(service)
        made.meta.events.register(f"{self.when}.dynamodb.UpdateItem", lambda **_: self.what())
        return made


@contextmanager
def slow(moto_server: str, when: str, what: Callable[[], None]) -> Iterator[DynamoDbLock]:
    account = Interrupted("us-east-1", endpoint_url=moto_server, when=when, what=what)
    with closing(DynamoDbLock(account, ROW, "prod", STILL)) as lock:
        yield lock


def test_r9_of_two_that_take_it_over_at_once_one_has_it(table: Any, lock: DynamoDbLock, moto_server: str) -> None:
    """Both have seen that the heartbeat stands still, and write at the same moment."""
    dead = lock.take(ANN)
    leases: list[SharedLease] = []

    def quicker() -> None:
        if not leases:
            leases.append(lock.take_over(ANN, BOB))

    with (
        slow(moto_server, "before-call", quicker) as slower,
        pytest.raises(Locked, match=r"not taken away: bob@desk .* was quicker"),
    ):
        slower.take_over(ANN, EVE)
    leases[0].confirm()
    assert lock.holder() == BOB
    with pytest.raises(LeaseLost, match="taken over by bob@desk"):
        dead.confirm()


def test_r9_nobody_comes_in_while_a_lock_is_taken_over(table: Any, lock: DynamoDbLock, moto_server: str) -> None:
    lock.take(ANN)
    refused: list[str] = []

    def somebody_else() -> None:
        with pytest.raises(Locked) as told:
            lock.take(EVE)
        refused.append(str(told.value))

    with slow(moto_server, "after-call", somebody_else) as slower:
        slower.take_over(ANN, BOB).confirm()
    assert refused
    assert all("maintained by bob@desk" in each for each in refused)


def test_a_lock_that_was_taken_over_is_the_new_owners_alone(table: Any, lock: DynamoDbLock) -> None:
    lock.take(replace(ANN, reason="new kernel", born="boot-1:7"))
    before = int(row(table)["token"])
    lease = lock.take_over(ANN, BOB)
    assert int(row(table)["token"]) == before + 1
    assert not {"reason", "born"} & {*row(table)}
    assert lock.holder() == BOB
    lease.release()
    assert lock.holder() is None


def test_what_was_given_back_meanwhile_is_taken_as_anybody_does(
    table: Any, lock: DynamoDbLock, moto_server: str
) -> None:
    lock.take_over(ANN, BOB).release()
    last = lock.take(ANN)
    with slow(moto_server, "before-call", last.release) as slower:
        slower.take_over(ANN, BOB).confirm()
    assert lock.holder() == BOB


def test_who_is_alive_is_not_taken_over_from(table: Any, opened: Callable[..., DynamoDbLock]) -> None:
    lease = opened(ALIVE).take(ANN)
    with pytest.raises(Locked, match=r"sign of life within 0\.3 s, so it is at work"):
        opened().take_over(ANN, BOB)
    lease.confirm()
    lease.release()


def test_the_lock_of_somebody_else_is_not_taken_away(lock: DynamoDbLock) -> None:
    lock.take(BOB)
    with pytest.raises(Locked, match=r"held by bob@desk .* by now"):
        lock.remove(ANN)
    with pytest.raises(Locked, match=r"held by bob@desk .* by now"):
        lock.take_over(ANN, EVE)
    assert lock.holder() == BOB


def test_nothing_is_taken_away_from_somebody_who_is_alive(table: Any, opened: Callable[..., DynamoDbLock]) -> None:
    lock = opened(ALIVE)
    lease = lock.take(ANN)
    with pytest.raises(Locked, match=r"sign of life within 0\.3 s, so it is at work"):
        opened(STILL).remove(ANN)
    lease.confirm()
    lease.release()


def test_the_heartbeat_ends_with_its_lease(table: Any, opened: Callable[..., DynamoDbLock]) -> None:
    leases = [opened(ALIVE).take(ANN)]
    assert "lock" in [thread.name for thread in threads()]
    leases[0].release()
    leases.append(opened(ALIVE).take(BOB))
    leases[1].keep()
    assert "lock" not in [thread.name for thread in threads()]
    assert row(table)["owner"] == "bob"


def test_a_heartbeat_that_finds_the_lock_gone_says_so_without_being_asked(
    table: Any, opened: Callable[..., DynamoDbLock]
) -> None:
    lease = opened(ALIVE).take(ANN)
    key = {"cluster": {"S": ROW.key}}
    table.delete_item(TableName=ROW.name, Key=key)
    until = time.monotonic() + 5.0
    while time.monotonic() < until:
        try:
            lease.check()
        except LeaseLost:
            break
        time.sleep(0.01)
    with pytest.raises(LeaseLost, match="taken away"):
        lease.check()
    lease.release()


def test_a_table_that_is_missing_is_the_configurations_fault(opened: Callable[..., DynamoDbLock], table: Any) -> None:
    lock = opened(row=Table("nowhere", ROW.key))
    for asks in (lock.holder, lambda: lock.take(ANN)):
        with pytest.raises(Usage, match=r"no table nowhere .*partition key `cluster`.*state\.lock"):
            asks()


@pytest.mark.parametrize(
    ("code", "error", "says"),
    [
        ("AccessDeniedException", Usage, "does not allow dynamodb:GetItem"),
        ("ProvisionedThroughputExceededException", Retryable, "did not do dynamodb:GetItem now"),
        ("ThrottlingException", Retryable, "did not do dynamodb:GetItem now"),
        ("ValidationException", Fatal, "refused dynamodb:GetItem"),
    ],
)
def test_what_dynamodb_refuses_is_said_in_our_words(code: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says), translated("dynamodb:GetItem"):
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "GetItem")

"""The lock as a row of a DynamoDB table: `lock: dynamodb://TABLE`.

Each write has a condition, so of two that take it one loses. Who holds it adds to its `beat` every few seconds; it may
be taken over or away from somebody only after its beat has stood still for as long as the row says, watched on one
clock: no two machines' clocks are ever compared. `token` grows by one whenever the lock has another owner, or none any
more, and every beat names the token that it belongs to: who slept through a take-over learns it at its next one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from dcosmaint.adapters.aws import Account, code_of, translated
from dcosmaint.adapters.holder import WHAT_NOW, Holder, refusal
from dcosmaint.adapters.shared_lock import FRESH, Keeper, SharedLease, or_given_back
from dcosmaint.errors import Fatal, Locked, Usage

HELD = ("owner", "host", "pid", "roll", "since")
SAID = (*HELD, "reason", "born")
FIELDS = (*SAID, "beat", "expiry", "token")
NAMES = {f"#{name}": name for name in FIELDS}
"""Each behind a sign: `owner`, `roll` and `token` are words of DynamoDB's own."""

OURS = " AND ".join(f"#{word} = :{word}" for word in HELD)
"""Before the token is known: no two processes ever have the same words."""

NOBODYS = "attribute_not_exists(#roll)"
UNTOUCHED = "attribute_exists(#roll) AND #token = :token AND #beat = :beat"

CONDITION_FAILED = "ConditionalCheckFailedException"
NO_TABLE = "ResourceNotFoundException"
WAY_OUT = (
    "should that process be dead, a resume of its roll takes the lock over, and `dcosmaint unlock` takes it away"
    " where that roll had not begun, once they have seen no heartbeat of it"
)


@dataclass(frozen=True)
class Table:
    """Where the locks are, and which row is ours."""

    name: str
    key: str  # the cluster, by the name that all its operators know it by: the host of its URL


@dataclass(frozen=True)
class Pace:
    """Seconds. The expiry stands in the row, so those who watch need not have the same."""

    beat: float = 10.0
    expiry: float = 40.0
    fresh: float = FRESH


PACE = Pace()


@dataclass(frozen=True)
class Row:
    """What was read at one moment."""

    holder: Holder | None
    token: str
    beat: str
    expiry: float

    @property
    def version(self) -> dict[str, str]:
        return {"token": self.token, "beat": self.beat}


class DynamoDbLock:
    """`SharedLock` of one cluster."""

    watched = True

    def __init__(self, account: Account, table: Table, cluster: str, pace: Pace = PACE) -> None:
        self._table, self._cluster, self._pace = table, cluster, pace
        self._db: Any = account.client("dynamodb")
        self._row_key = {"cluster": {"S": table.key}}

    def close(self) -> None:
        self._db.close()

    def try_write(self) -> None:
        """Ask for a write on a condition that never holds. Raises `Usage` where no write is allowed."""
        self._change("ADD #beat :one", "attribute_exists(#roll) AND attribute_not_exists(#roll)", {":one": {"N": "1"}})

    def holder(self) -> Holder | None:
        return self._row().holder

    def take(self, us: Holder) -> SharedLease:
        with or_given_back(lambda: self._free(f"attribute_exists(#roll) AND {OURS}", us.words)):
            row = self._written(us, NOBODYS, {})
            if not us.is_same(row.holder):
                raise Locked(refusal(self._cluster, row.holder, WAY_OUT))
            return self._lease(row)

    def take_over(self, found: Holder, us: Holder) -> SharedLease:
        """In one write, so that nobody comes in between. As long as `remove`."""
        before = self._watched(found)
        row = self._written(us, UNTOUCHED, before.version) if before.holder else before
        if row.holder is None:  # given back meanwhile, or taken away
            return self.take(us)
        if not us.is_same(row.holder):
            raise _not_taken(found, before, row)
        return self._lease(row)

    def remove(self, found: Holder) -> None:
        """Takes as long as the expiry in the row, in which nobody may give a sign of life."""
        before = self._watched(found)
        if before.holder and not self._free(UNTOUCHED, before.version) and (row := self._row()).holder:
            raise _not_taken(found, before, row)

    def _watched(self, found: Holder) -> Row:
        """The row as it was before its expiry has passed. Raises `Locked` where it is another's."""
        before = self._row()
        if before.holder:
            if not found.is_same(before.holder):
                raise Locked(f"The lock is held by {before.holder} by now, so it was not taken away")
            time.sleep(before.expiry)
        return before

    def _written(self, us: Holder, condition: str, known: Mapping[str, str]) -> Row:
        """The row afterwards: ours also where an attempt had its effect and the answer to it was lost."""
        values = {f":{word}": {"S": text} for word, text in us.labels.items()}
        numbers = {":zero": {"N": "0"}, ":one": {"N": "1"}, ":expiry": {"N": f"{self._pace.expiry:g}"}}
        held = ", ".join(f"#{word} = :{word}" for word in us.labels)
        unsaid = ", ".join(f"#{word}" for word in SAID if word not in us.labels)
        remove = f" REMOVE {unsaid}" if unsaid else ""
        expression = f"SET {held}, #beat = :zero, #expiry = :expiry{remove} ADD #token :one"
        self._change(expression, condition, {**values, **numbers, **_typed(condition, known)})
        return self._row()

    def _lease(self, row: Row) -> SharedLease:
        free = partial(self._free, "attribute_exists(#roll) AND #token = :token", row.version)
        return SharedLease(Keeper(lambda: self._lost(row.token), free), self._pace.beat, self._pace.fresh)

    def _free(self, condition: str, known: Mapping[str, str]) -> bool:
        """False where the condition does not hold. The row stays, so that its token goes on growing."""
        expression = f"REMOVE {', '.join(f'#{word}' for word in SAID)} ADD #token :one"
        return self._change(expression, condition, {**_typed(condition, known), ":one": {"N": "1"}})

    def _lost(self, token: str) -> str:
        """A beat. "" when the row has taken it, else what became of the lock."""
        values = {":token": {"N": token}, ":one": {"N": "1"}}
        if self._change("ADD #beat :one", "#token = :token AND attribute_exists(#roll)", values):
            return ""
        found = self._row().holder
        now = f"was taken over by {found}" if found else "was taken away, so another roll may have begun"
        return f"The lock in {self._table.name} {now}: {WHAT_NOW}"

    def _row(self) -> Row:
        with self._asked("dynamodb:GetItem"):
            raw = self._db.get_item(TableName=self._table.name, Key=self._row_key, ConsistentRead=True).get("Item", {})
        words = {word: text for word in SAID if isinstance(text := raw.get(word, {}).get("S"), str)}
        token, beat, expiry = (str(raw.get(name, {}).get("N", "0")) for name in ("token", "beat", "expiry"))
        return Row(Holder.read(words) if "roll" in words else None, token, beat, float(expiry))

    def _change(self, expression: str, condition: str, values: dict[str, Any]) -> bool:
        """One write with a condition: False when it does not hold."""
        used = {sign: name for sign, name in NAMES.items() if sign in f"{expression} {condition}"}
        try:
            with self._asked("dynamodb:UpdateItem"):
                self._db.update_item(
                    TableName=self._table.name,
                    Key=self._row_key,
                    UpdateExpression=expression,
                    ConditionExpression=condition,
                    ExpressionAttributeNames=used,
                    ExpressionAttributeValues=values,
                )
        except Fatal as error:
            if code_of(error.__cause__) == CONDITION_FAILED:
                return False
            raise
        return True

    @contextmanager
    def _asked(self, action: str) -> Iterator[None]:
        try:
            with translated(action):
                yield
        except Fatal as error:
            if code_of(error.__cause__) != NO_TABLE:
                raise
            raise Usage(
                f"There is no table {self._table.name} in that account and region: create it with a partition key"
                " `cluster` of type S, or correct state.lock"
            ) from error


def _typed(condition: str, known: Mapping[str, str]) -> dict[str, Any]:
    """The values that a condition names."""
    typed = {f":{word}": {"S" if word in HELD else "N": text} for word, text in known.items()}
    return {name: value for name, value in typed.items() if name in condition}


def _not_taken(found: Holder, before: Row, now: Row) -> Locked:
    if found.is_same(now.holder):
        says = f"{found} gave a sign of life within {before.expiry:g} s, so it is at work: interrupt it there"
        return Locked(f"The lock was not taken away: {says}")
    return Locked(f"The lock was not taken away: {now.holder} was quicker")

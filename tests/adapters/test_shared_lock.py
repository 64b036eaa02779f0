"""R9: what every lease of a shared lock keeps to, wherever the lock is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from dcosmaint.adapters.shared_lock import Keeper, SharedLease
from dcosmaint.errors import DcosmaintError, Fatal, LeaseLost, LeaseUnread, Retryable, Usage


def test_a_reading_that_hangs_makes_no_lease_of_one_that_is_over() -> None:
    asked, answers = Event(), Event()

    def lost() -> str:
        asked.set()
        answers.wait(10.0)
        return ""

    lease = SharedLease(Keeper(lost, lambda: None), fresh=0.0)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(lease.confirm)
        asked.wait(10.0)
        lease.keep()
        answers.set()
        with pytest.raises(LeaseLost, match="left to a resume"):
            late.result()
    with pytest.raises(LeaseLost, match="left to a resume"):
        lease.check()


@pytest.mark.parametrize("error", [Usage("log in again"), Fatal("refused"), Retryable("no answer")])
def test_whatever_keeps_a_lock_from_being_read_is_waited_for_and_loses_nothing(error: DcosmaintError) -> None:
    says: list[DcosmaintError | str] = [error, ""]

    def lost() -> str:
        if isinstance(said := says.pop(0), DcosmaintError):
            raise said
        return said

    lease = SharedLease(Keeper(lost, lambda: None), fresh=0.0)
    with pytest.raises(LeaseUnread, match=f"the lock can't be read: {error}"):
        lease.confirm()
    lease.check()
    lease.confirm()
    assert says == []

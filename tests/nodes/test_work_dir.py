"""The work dir of an agent on a real disk: looked at, and emptied once its agent has ended."""

from __future__ import annotations

import pytest

from dcosmaint.adapters.work_dirs import PLACE
from dcosmaint.errors import Retryable
from dcosmaint.model import WorkDir
from tests.nodes.conftest import Boot, units_of
from tests.nodes.layout import Layout

pytestmark = [pytest.mark.real, pytest.mark.slow]


def test_it_is_emptied_under_a_hold_and_its_agent_comes_back_as_another(boot: Boot) -> None:
    node = boot(Layout("2.1"))
    units, instance = units_of(node), node.instance
    assert units.work_dir(instance) == WorkDir(apart=False, empty=False)
    with pytest.raises(Retryable, match="is active"):
        units.empty_work_dir(instance)
    units.hold_agent(instance, lasting=True)
    units.signal_agent(instance)
    node.until(lambda: not units.look(instance).agent, "end of its agent")
    for _ in range(2):
        units.empty_work_dir(instance)
        assert units.work_dir(instance) == WorkDir(apart=False, empty=True)
    units.release_agent(instance)
    node.until(lambda: node.registered() == ["S1"], "agent under a new id")


def test_a_volume_of_its_own_is_seen_and_emptied_and_what_is_mounted_below_it_is_not(boot: Boot) -> None:
    node = boot(Layout("1.11"))
    units, instance = units_of(node), node.instance
    units.hold_agent(instance, lasting=False)
    units.stop_agent(instance)
    node.until(lambda: not units.look(instance).agent, "end of its agent")
    node.sh(
        f"mount -t tmpfs tmpfs {PLACE}; mkdir -p {PLACE}/meta/slaves/S7 {PLACE}/volumes; touch {PLACE}/data;"
        f"mount -t tmpfs tmpfs {PLACE}/volumes; touch {PLACE}/volumes/precious"
    )
    assert units.work_dir(instance) == WorkDir(apart=True, empty=False)
    with pytest.raises(Retryable, match="volumes"):
        units.empty_work_dir(instance)
    assert node.sh(f"find {PLACE} -mindepth 1").stdout.split() == [f"{PLACE}/volumes", f"{PLACE}/volumes/precious"]
    node.sh(f"umount {PLACE}/volumes")
    units.empty_work_dir(instance)
    assert units.work_dir(instance) == WorkDir(apart=True, empty=True)


def test_a_link_to_a_volume_is_looked_at_and_emptied_there(boot: Boot) -> None:
    node = boot(Layout("1.11"))
    units, instance = units_of(node), node.instance
    units.hold_agent(instance, lasting=False)
    units.stop_agent(instance)
    node.until(lambda: not units.look(instance).agent, "end of its agent")
    node.sh(
        f"mkdir -p /run/data; mount -t tmpfs tmpfs /run/data; mkdir -p /run/data/meta/slaves/S7;"
        f"rm -r {PLACE}; ln -s /run/data {PLACE}"
    )
    assert units.work_dir(instance) == WorkDir(apart=True, empty=False)
    units.empty_work_dir(instance)
    assert units.work_dir(instance) == WorkDir(apart=True, empty=True)
    assert node.sh("find /run/data -mindepth 1").stdout == ""
    assert node.sh(f"readlink {PLACE}").stdout == "/run/data\n"

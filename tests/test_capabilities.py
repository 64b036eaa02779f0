"""The table of capabilities, and the docs that tell operators the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dcosmaint.model import CAPABILITIES, Capability, ClusterFacts
from dcosmaint.sandbox.world.profiles import PROFILES

DOCS = (Path(__file__).parents[1] / "docs" / "compatibility.md").read_text()


def rows(first: str) -> Iterator[dict[str, str]]:
    """Of the table with that first column."""
    _, _, below = DOCS.partition(f"| {first} |")
    head, _, *lines = f"| {first} |{below}".partition("\n\n")[0].splitlines()
    for line in lines:
        yield dict(zip(_cells(head), _cells(line), strict=True))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_docs_name_every_capability_with_the_version_that_brought_it() -> None:
    told = {(row["capability"].strip("`"), row["since"]) for row in rows("capability")}
    assert told == {(capability.name, capability.origin) for capability in CAPABILITIES}


def test_the_docs_say_of_each_release_what_its_versions_decide() -> None:
    found = list(rows("DC/OS"))
    assert [row["DC/OS"] for row in found] == [*PROFILES]
    for row in found:
        facts = ClusterFacts(row["DC/OS"], row["Mesos"], marathon_version=row["Marathon"])
        told = {name: cell == "yes" for head, cell in row.items() for name in re.findall(r"`([\w-]+)`", head)}
        assert told == {each.name: facts.can(each) for each in CAPABILITIES}, row


@pytest.mark.parametrize("release", PROFILES)
def test_the_pretend_clusters_can_do_what_their_versions_say(release: str) -> None:
    profile = PROFILES[release]
    facts = ClusterFacts(profile.dcos, profile.mesos, marathon_version=profile.marathon)
    assert {each.name: facts.can(each) for each in CAPABILITIES} == {
        "deactivate-agent": profile.deactivates,
        "mark-agent-gone": profile.marks_gone,
        "keep-identity": not profile.forgets,
        "refine-reservations": profile.refines,
        "heed-windows": profile.mindful,
    }


@pytest.mark.parametrize("capability", CAPABILITIES, ids=lambda each: each.name)
@pytest.mark.parametrize("version", ["", "trunk", "1", "0.9.9"])
def test_a_version_that_is_unknown_is_old(capability: Capability, version: str) -> None:
    assert not ClusterFacts("2.1.0", version, marathon_version=version).can(capability)

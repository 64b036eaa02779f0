"""The table of kinds: whom a package is taken for, who may never be away together, and what the docs say of it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from dcosmaint.model import Member, Service, kinds
from tests.builders import a_pod


def of(kind: str, *pods: str, seeds: int | None = None) -> Service:
    there = tuple(replace(a_pod(), member=Member("s", pod)) for pod in pods)
    return Service("s", kind, "pod", there, "COMPLETE", "COMPLETE", (), seeds=seeds)


def clash(service: Service, *pods: str) -> bool:
    return any(kinds.kind_of(service).clashes(service, [Member("s", pod) for pod in pods]))


@pytest.mark.parametrize(
    ("package", "kind"),
    [
        ("kafka", kinds.KAFKA),
        ("confluent-kafka", kinds.KAFKA),
        ("cassandra", kinds.CASSANDRA),
        ("beta-elastic", kinds.ELASTIC),
        ("hdfs", kinds.HDFS),
        ("datastax-dse", kinds.DSE),
        ("dse", kinds.DSE),
        ("kafka-zookeeper", kinds.UNKNOWN),
        ("confluent-zookeeper", kinds.UNKNOWN),
        ("nifi", kinds.UNKNOWN),
        ("", kinds.UNKNOWN),
    ],
)
def test_a_kind_is_told_by_its_package_and_what_no_table_names_is_unknown(package: str, kind: kinds.Kind) -> None:
    assert kinds.known(kinds.named(package)) is kind


def test_the_first_nodes_of_a_cassandra_are_seeds_and_no_other_node_is_away_beside_one() -> None:
    """Its scheduler restarts all others once a seed is replaced."""
    service = of("cassandra", "node-0", "node-1", "node-2", "node-10", seeds=2)
    assert clash(service, "node-0", "node-1")
    assert clash(service, "node-1", "node-10")
    assert not clash(service, "node-2", "node-10")


def test_where_nobody_says_how_many_seeds_there_are_every_node_is_one() -> None:
    assert clash(of("cassandra", "node-5", "node-6"), "node-5", "node-6")


@pytest.mark.parametrize(
    ("kind", "pods", "may"),
    [
        ("elastic", ("master-0", "master-1"), False),
        ("elastic", ("data-0", "master-1"), False),
        ("elastic", ("data-0", "data-1"), True),
        ("elastic", ("ingest-0", "master-1"), True),
        ("hdfs", ("journal-0", "journal-2"), False),
        ("hdfs", ("name-0", "name-1"), False),
        ("hdfs", ("journal-0", "name-1"), False),
        ("hdfs", ("data-0", "name-1"), True),
        ("hdfs", ("data-0", "data-1"), True),
        ("dse", ("dse-0", "dse-1"), False),
        ("nifi", ("a-0", "b-0"), False),
        ("kafka", ("kafka-0", "kafka-1"), True),
    ],
)
def test_roles_tell_who_may_be_away_together(kind: str, pods: tuple[str, ...], *, may: bool) -> None:
    service = of(kind, *pods)
    assert clash(service, *pods) is not may
    assert clash(service, *reversed(pods)) is not may
    assert not clash(service, pods[0])


def test_a_pod_of_a_type_that_its_kind_does_not_have_goes_alone_and_is_named() -> None:
    service = of("hdfs", "data-0", "router-0")
    assert kinds.HDFS.strange(service) == ("router-0",)
    assert clash(service, "data-0", "router-0")
    assert kinds.HDFS.strange(of("hdfs", "data-0", "journal-0", "name-1")) == ()


def test_members_of_another_service_clash_with_nobody() -> None:
    service = of("hdfs", "journal-0")
    assert not list(kinds.HDFS.clashes(service, [Member("s", "journal-0"), Member("other", "journal-1")]))


ROOT = Path(__file__).parents[1]


def test_the_docs_name_every_kind_and_only_tests_that_are_there() -> None:
    told = (ROOT / "docs" / "compatibility.md").read_text()
    rows = [line for line in told.splitlines() if line.startswith("| ")]
    for kind in kinds.KINDS:
        plain = {package for package in kind.packages if not package.startswith(("beta-", "portworx-"))}
        assert [row for row in rows if all(f"`{package}`" in row for package in plain)], kind.name
    assert [
        name for name in re.findall(r"`(tests/[^`]+)`", told) if not (ROOT / name.partition("::")[0]).exists()
    ] == []

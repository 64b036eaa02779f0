"""What each kind of SDK service means for whoever moves its members: the one table of it.

A kind is told by the package of its scheduler, and each member's role by the type of its pod. What the table does not
know is judged by the careful one: nobody of its service may be away beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from dcosmaint.model.services import Service
from dcosmaint.model.words import Member

SEED, OTHER = "seed", "other"
"""Roles that are no type of a pod: the first nodes of a Cassandra, and a pod of a type that its kind does not name."""


@dataclass(frozen=True)
class Kind:
    name: str
    packages: frozenset[str] = frozenset()
    types: tuple[str, ...] = ()  # of its pods; () where their names tell nothing
    tasks: tuple[str, ...] = ()  # of its pods, those that go on running; () where that is told by nobody
    seeds: str = ""  # the type whose first pods are seeds
    apart: tuple[tuple[str, str], ...] = ()  # roles of which no two members may be away together, whatever the cap
    topics: bool = False  # in-sync replicas prove that a member is whole
    doubt: str = ""  # why its members are moved only where the operator says so
    care: str = ""  # what its scheduler does not see to when a member is replaced

    def type(self, pod: str) -> str:
        """Of the pod, as its name tells it. An agent gets one pod of each type of a service."""
        kind = pod.rpartition("-")[0]
        return OTHER if self.types and kind not in self.types else kind

    def role(self, service: Service, pod: str) -> str:
        """What the member is for its service."""
        kind, number = self.type(pod), pod.rpartition("-")[2]
        if kind == self.seeds and (service.seeds is None or not number.isdigit() or int(number) < service.seeds):
            return SEED
        return kind

    def strange(self, service: Service) -> tuple[str, ...]:
        """Pods of types that the table does not name: it may be another thing than its package says."""
        return tuple(pod.member.pod for pod in service.pods if self.role(service, pod.member.pod) == OTHER)

    def clashes(self, service: Service, gone: Iterable[Member]) -> Iterator[tuple[str, str]]:
        """Pairs of members that may not be away together, sorted."""
        names = sorted({member.pod for member in gone if member.service == service.name})
        for one, other in combinations(names, 2):
            roles = self.role(service, one), self.role(service, other)
            if self.apart and (OTHER in roles or {roles, roles[::-1]} & {*self.apart}):
                yield one, other


KAFKA = Kind(
    "kafka",
    frozenset(
        {
            "kafka",
            "confluent-kafka",
            "beta-kafka",
            "beta-confluent-kafka",
            "portworx-kafka",
            "portworx-confluent-kafka",
        }
    ),
    topics=True,
)
CASSANDRA = Kind(
    "cassandra",
    frozenset({"cassandra", "beta-cassandra"}),
    types=("node",),
    tasks=("server",),
    seeds="node",
    apart=((SEED, SEED), (SEED, "node")),  # a replaced seed has its scheduler restart all other nodes
)
ELASTIC = Kind(
    "elastic",
    frozenset({"elastic", "beta-elastic"}),
    types=("master", "data", "ingest", "coordinator"),
    tasks=("node",),
    apart=(("master", "master"), ("master", "data")),
)
HDFS = Kind(
    "hdfs",
    frozenset({"hdfs", "beta-hdfs"}),
    types=("journal", "name", "data"),
    tasks=("node", "zkfc"),
    apart=(("journal", "journal"), ("journal", "name"), ("name", "name")),  # name nodes write to a majority of journals
    care="a journal node can come up unformatted, and needs the VERSION file of another one then",
)
DSE = Kind(
    "dse",
    frozenset({"datastax-dse", "beta-datastax-dse", "dse", "beta-dse"}),
    types=("dse",),
    apart=(("dse", "dse"),),
    doubt="what a replace does to a DSE node is documented nowhere",
)
UNKNOWN = Kind(
    "unknown",
    types=(OTHER,),
    apart=((OTHER, OTHER),),
    doubt="nobody here knows what a replace does to its members",
)

KINDS = (KAFKA, CASSANDRA, ELASTIC, HDFS, DSE)
NAMES = frozenset(kind.name for kind in KINDS)
_BY_NAME = {kind.name: kind for kind in KINDS}
_BY_PACKAGE = {package: kind.name for kind in KINDS for package in kind.packages}


def kind_of(service: Service) -> Kind:
    return known(service.kind)


def proved(service: Service) -> bool:
    """Whether anything beside its scheduler's word tells that a member is whole."""
    return kind_of(service).topics or service.asked


def known(name: str) -> Kind:
    return _BY_NAME.get(name, UNKNOWN)


def named(package: str) -> str:
    """The kind of a package; its own name, which is no kind's, where it is of none."""
    return _BY_PACKAGE.get(package, package)

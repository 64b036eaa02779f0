"""Who is in sync, as the brokers of a Kafka tell it themselves: for those whose scheduler may not read ZooKeeper."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import quote

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.gather import gather
from dcosmaint.adapters.kafka_client import PATIENCE, ROUND, Access, Silent, Told, ask
from dcosmaint.errors import Retryable, Usage
from dcosmaint.model import Member, Partition, Service, counted
from dcosmaint.model.kinds import kind_of
from dcosmaint.ports import ServiceReads


@dataclass(frozen=True)
class ByBrokers(ServiceReads):
    """Every service as its scheduler shows it; of those with an access, brokers and partitions as the brokers do.

    Every broker that answers is asked, and so is the scheduler where it can tell: in sync is who all of them say is.
    One that was cut off from its controller goes on telling what was true before: where most are silent, it may be the
    one that is left, and nobody knows.
    """

    services: ServiceReads
    access: Mapping[str, Access]  # by service
    endpoints: Callable[[Access], Shown | None]
    patience: float = PATIENCE  # seconds for a first answer

    def all(self) -> tuple[Service, ...]:
        return tuple(self._told(service) for service in self.services.all())

    def one(self, name: str) -> Service:
        return self._told(self.services.one(name))

    def rejected(self, member: Member) -> tuple[str, ...]:
        return self.services.rejected(member)

    def _told(self, service: Service) -> Service:
        access = self.access.get(service.name)
        if access is None or not service.api:  # its scheduler tells nobody who its members are
            return service
        if not kind_of(service).topics:
            raise Usage(f"services.{service.name}.kafka: {service.name} is of kind {service.kind}, and no Kafka")
        try:
            told, silent = self._ask(access)
            return _joined(service, told, silent)
        except Retryable as error:
            return replace(service, partitions=None, unread=str(error))

    def _ask(self, access: Access) -> tuple[tuple[Told, ...], tuple[int, ...]]:
        """What they tell, and those of whom there is no answer."""
        shown = self.endpoints(access)
        first = ask(access, access.bootstrap or _listed(access, shown), self.patience)
        _ours(access.service, first, shown)
        others = {number: address for number, address in sorted(first.brokers.items()) if address != first.by}
        answers = dict(zip(others, gather(partial(self._other, access), [*others.values()]), strict=True))
        silent = tuple(number for number, answer in answers.items() if answer is None)
        return (first, *(answer for answer in answers.values() if answer)), silent

    def _other(self, access: Access, address: str) -> Told | None:
        """None of one that does not answer at once: most of them tell who is in sync without it."""
        try:
            return ask(access, [address], min(ROUND, self.patience), itself=True)
        except Silent:
            return None


@dataclass(frozen=True)
class Shown:
    """Where a scheduler says that its brokers listen, host:port each."""

    addresses: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset(map(_host, (*self.addresses, *self.names)))


def endpoints(router: AdminRouter, access: Access) -> Shown | None:
    """Of the kind that is to be asked; None where the scheduler shows none."""
    answer = router.get(f"service/{quote(access.service, safe='/')}/v1/endpoints/{_endpoint(access)}", 200, 404)
    if answer.status == 404:
        return None
    address, dns = (tuple(one.text() for one in answer.json().list(form)) for form in ("address", "dns"))
    return Shown(address, dns)


def _ours(service: str, told: Told, shown: Shown | None) -> None:
    """Raises `Retryable` for brokers of another Kafka: they have the same numbers."""
    there = sorted(told.brokers.values())
    if shown and there and not shown.hosts.intersection(map(_host, there)):
        way_out = f"services.{service}.kafka.bootstrap may name another Kafka, and may be left out"
        raise Retryable(f"its scheduler shows none of its brokers at {', '.join(there)}: {way_out}")


def _endpoint(access: Access) -> str:
    return "broker-tls" if access.tls else "broker"


def _listed(access: Access, shown: Shown | None) -> tuple[str, ...]:
    """By name where a certificate has to bear it."""
    found = (shown.names if access.tls else shown.addresses) if shown else ()
    if not found:
        raise Retryable(
            f"its scheduler shows no endpoint {_endpoint(access)}:"
            f" name its brokers in services.{access.service}.kafka.bootstrap"
        )
    return found


def _host(address: str) -> str:
    return address.rpartition(":")[0]


def _joined(service: Service, told: Sequence[Told], silent: Sequence[int]) -> Service:
    names = {pod.member.pod.rpartition("-")[2]: pod.member.pod for pod in service.pods}
    alive = {str(number) for number in told[0].brokers if all(number in one.brokers for one in told)}
    if strange := sorted({str(number) for one in told for number in one.brokers} - names.keys()):
        raise Retryable(
            f"broker {strange[0]} is none of its members: services.{service.name}.kafka may name another Kafka"
        )
    _heard(service, len(told[0].brokers) - len(silent), silent)
    shown = {f"broker {one.by}": _named(one, names) for one in told}
    if service.partitions is not None:
        shown["its scheduler"] = service.partitions
    pods = (replace(pod, registered=pod.member.pod.rpartition("-")[2] in alive) for pod in service.pods)
    return replace(service, pods=tuple(pods), partitions=_agreed(shown), unread="")


def _heard(service: Service, heard: int, silent: Sequence[int]) -> None:
    """Raises `Retryable` where a broker that should answer does not, and fewer than most of them do."""
    running = {pod.member.pod.rpartition("-")[2] for pod in service.pods if pod.running}
    mute = [str(number) for number in silent if str(number) in running]
    if mute and 2 * heard <= len(service.pods):
        raise Retryable(
            f"only {heard} of {counted(len(service.pods), 'broker')} can be asked ({', '.join(mute)} not): too few to"
            " know who is in sync"
        )


def _named(told: Told, names: Mapping[str, str]) -> tuple[Partition, ...]:
    """As pods. A broker id that no pod bears any more names nobody who could be asked, and is in sync nowhere."""
    return tuple(
        Partition(
            topic=topic,
            number=number,
            isr=tuple(sorted(names[str(broker)] for broker in copies.isr if str(broker) in names)),
            leader=names.get(str(copies.leader), ""),
        )
        for (topic, number), copies in told.partitions.items()
    )


def _agreed(shown: Mapping[str, Sequence[Partition]]) -> tuple[Partition, ...]:
    """Raises `Retryable` where they don't show the same partitions: some are just made, or hidden from our user."""
    by = {who: {(part.topic, part.number): part for part in parts} for who, parts in shown.items()}
    known = sorted({key for parts in by.values() for key in parts})
    if not known:
        raise Retryable("its brokers show no topic at all: our user may see none, or there is none to see")
    for who, parts in by.items():
        if missing := [key for key in known if key not in parts]:
            topic, number = missing[0]
            raise Retryable(f"{who} does not show {topic}-{number}, as others do: our user may not, or not yet")
    return tuple(_least([parts[key] for parts in by.values()]) for key in known)


def _least(views: Sequence[Partition]) -> Partition:
    """What is certain of one partition: nobody is in sync whom one of them misses."""
    first, *others = views
    isr = tuple(pod for pod in first.isr if all(pod in other.isr for other in others))
    return replace(first, isr=isr, leader=first.leader if all(view.leader for view in views) else "")

"""One random case: a fleet, an order to the tool, faults and kills. All of it from one seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from dcosmaint.model import Policy, Work
from dcosmaint.sandbox.world import AppShape, KafkaShape, Shape, StoreShape, TopicShape
from dcosmaint.sandbox.world.faults.table import FAULTS
from dcosmaint.sandbox.world.followers import EVERY
from dcosmaint.sandbox.world.profiles import PROFILES

WORKS: dict[Work, float] = {
    Work.ROLL: 0.78,
    Work.REPLACE: 0.07,
    Work.DRAIN: 0.07,
    Work.UNDRAIN: 0.04,
    Work.ROLLBACK: 0.04,
}
"""What is ordered, and how often."""

WorkDir = Literal["", "fresh", "keep"]
NAMES = ("kafka-events", "prod/kafka-orders", "kafka-logs")
OLD = tuple(name for name, release in PROFILES.items() if not release.deactivates)
NEW = tuple(name for name in PROFILES if name not in OLD)
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")


LARGER_SELDOM = 5
"""Fleets have 5 to 40 nodes, 11 on average. One of 40 costs what twenty of 5 cost, and meets not much that those don't:
one roll in fourteen has 30 nodes or more."""


GAPS = (0.0, 7.0, 90.0, 400.0, 5000.0)
TURNING_POINTS = (("services", "replace"), ("ec2", "terminate"), ("terraform", "apply"))
"""Acts after which the cluster is another one, by port and name. A moment that is drawn meets them too seldom."""


@dataclass(frozen=True)
class Kill:
    """The process ends with the `moment`th thing that it does outside of itself, before its effect or after it."""

    moment: int
    acts: bool  # whether only acts and lines of the journal are counted
    after: bool
    gap: float  # seconds until somebody resumes
    act: tuple[str, str] | None = None  # the process ends when this act has arrived, whatever its moment is


@dataclass(frozen=True)
class Abort:
    """Somebody aborts the roll instead of going on with it."""

    stopped: bool  # where it has stopped; else where it was killed
    hold: bool
    revert: bool
    kill: Kill | None  # of the abort itself


@dataclass(frozen=True)
class Case:
    seed: int
    shape: Shape
    policy: Policy
    work: Work
    bake: bool
    named: int  # how many nodes are named, where not the whole fleet is meant
    loose: tuple[tuple[str, float], ...]  # names of faults, and seconds after which each strikes
    kills: tuple[Kill, ...]
    stopped: bool  # of a rollback: the roll before it was stopped when its first nodes were done
    abort: Abort | None
    follows: float = EVERY  # seconds until what becomes free of an agent is set apart, where that is ordered


def draw(seed: int) -> Case:
    random = Random(f"case {seed}")
    shape = _shape(random, seed)
    work = random.choices(list(WORKS), list(WORKS.values()))[0]
    named = 1 if work is Work.UNDRAIN else random.choice((1, 1, 2, 3))
    nodes = shape.nodes if work is Work.ROLL else named
    case = Case(
        seed=seed,
        shape=shape,
        policy=_policy(random, shape),
        work=work,
        bake=work is Work.ROLL and random.random() < 0.08,
        named=named,
        loose=tuple(_loose(random, horizon=200.0 + 150.0 * nodes)),
        kills=tuple(_kill(random, nodes) for _ in range(random.choice((0, 0, 1, 1, 2, 3)))),
        stopped=random.random() < 0.5,
        abort=_abort(random) if random.random() < 0.12 else None,
    )
    kept = _with_volumes(_of_its_time(random, _beside_a_store(case) if seed % 5 == 4 else case))
    return _with_wills(_with_learners(_cordoned(kept)))


def _of_its_time(random: Random, case: Case) -> Case:
    """Half of the clusters are of a release without airtight cordons, where members are replaced last."""
    profile = random.choice((*OLD, *OLD, *NEW) if random.random() < 0.6 else NEW)
    policy = replace(case.policy, move_apps=random.random() < 0.7)
    return replace(case, shape=replace(case.shape, profile=profile), policy=policy)


def _cordoned(case: Case) -> Case:
    """Two of three clusters that can't deactivate agents keep work off their nodes in another way, as was ordered.

    Where it is set apart as it becomes free, in one of four whoever does so is slower than Mesos offers it.
    """
    random = Random(f"cordon {case.seed}")
    cordon: Literal["reserve", "maintenance", "auto"] = random.choice(("reserve", "maintenance", "auto"))
    if case.shape.profile not in OLD:
        return case
    ordered = replace(case, policy=replace(case.policy, cordon=cordon))
    return replace(ordered, follows=4.0) if random.random() < 0.25 else ordered


def _with_learners(case: Case) -> Case:
    """A third of the schedulers are of an SDK that waits to be told what to replace, whatever becomes of a task."""
    random = Random(f"learns {case.seed}")
    services = tuple(replace(service, learns=random.random() < 0.67) for service in case.shape.services)
    return replace(case, shape=replace(case.shape, services=services))


def _with_wills(case: Case) -> Case:
    """A third of the schedulers from before the SDK replace what is down for long by themselves."""
    random = Random(f"wills {case.seed}")
    services = tuple(
        replace(service, replaces_after=random.choice((300.0, 600.0, 1200.0)))
        if isinstance(service, KafkaShape) and service.api == "brokers" and random.random() < 0.33
        else service
        for service in case.shape.services
    )
    return replace(case, shape=replace(case.shape, services=services))


def _with_volumes(case: Case) -> Case:
    """A third of the clusters keep volumes when an instance is terminated, most of them with work dirs of agents.

    What is kept comes to the same address, as it has to.
    """
    random = Random(f"volumes {case.seed}")
    if random.random() > 0.35:
        return case
    volumes = random.choice(("work-dir", "work-dir", "mixed", "data"))
    able: tuple[WorkDir, ...] = ("fresh",) if case.shape.release.forgets else ("fresh", "keep")
    work_dir: WorkDir = random.choice(("", "fresh", "keep") if volumes == "data" else able)
    same_ip = 1.0 if work_dir == "keep" else case.shape.same_ip
    shape = replace(case.shape, volumes=volumes, same_ip=same_ip)
    return replace(case, shape=shape, policy=replace(case.policy, work_dir=work_dir))


def _shape(random: Random, seed: int) -> Shape:
    nodes = 5 + int(36 * random.random() ** LARGER_SELDOM)
    public = random.choice((0, 2, 2, 3)) if nodes > 7 else 0
    private = nodes - public
    count = random.choice((1, 1, 2, 3)) if private > 6 else 1
    quick = random.random() < 0.5
    return Shape(
        nodes=nodes,
        public=public,
        zones=ZONES[: random.randint(1, 3)],
        services=tuple(_service(random, name, private) for name in NAMES[:count]),
        apps=tuple(_apps(random, private, public)),
        seed=seed,
        resync=(20.0, 60.0) if quick else (60.0, 900.0),
        register=(20.0, 60.0) if quick else (60.0, 180.0),
        same_ip=random.choice((0.0, 0.7, 1.0)),
    )


def _service(random: Random, name: str, private: int) -> KafkaShape:
    brokers = random.randint(3, min(7, private - 2))
    topics = (
        TopicShape("t0", brokers, random.choice((2, 3, 3))),  # no broker is idle
        *(TopicShape(f"t{n}", random.randint(1, 4), random.choice((2, 3, 3))) for n in range(1, random.randint(1, 3))),
    )
    return KafkaShape(name, brokers, topics, api="brokers" if random.random() < 0.2 else "pod")


def _apps(random: Random, private: int, public: int) -> list[AppShape]:
    apps = [
        AppShape(f"/app-{n}", random.randint(1, min(4, private - 1)), docker=random.random() < 0.5)
        for n in range(random.randint(1, 5))
    ]
    if public:
        apps.append(AppShape("/edge", 2, docker=True, unique=True, public=True))
    return apps


def _policy(random: Random, shape: Shape) -> Policy:
    wide = {service.name: 2 for service in shape.services if random.random() < 0.3}
    return Policy(
        strategy="window" if random.random() < 0.5 else "batch",
        batch_size=random.randint(1, 6),
        max_in_flight=random.randint(1, 6),
        caps=wide,
        min_isr=dict.fromkeys(wide, 1),
        canary=random.choice((0, 1, 1, 2)),
        soak=random.choice((0.0, 20.0, 120.0)),
        max_failures=random.choice((0, 0, 1, 2)),
        stop_order="agent-first" if random.random() < 0.2 else "auto",
    )


def _loose(random: Random, horizon: float) -> list[tuple[str, float]]:
    """Some rolls are left in peace, so that it is known that they end well by themselves."""
    if random.random() < 0.06:
        return []
    return [(fault.name, random.uniform(10.0, horizon)) for fault in FAULTS.values() if random.random() < fault.rate]


def _kill(random: Random, nodes: int) -> Kill:
    """Small moments as often as great ones: a roll of one node has few."""
    if random.random() < 0.1:
        return Kill(0, acts=True, after=True, gap=random.choice(GAPS), act=random.choice(TURNING_POINTS))
    acts = random.random() < 0.5
    most = (30.0 if acts else 320.0) * nodes
    moment = int(random.uniform(1.0, most) * random.random()) + 1
    return Kill(moment, acts, random.random() < 0.5, random.choice(GAPS))


def _abort(random: Random) -> Abort:
    """It is short, so a moment at which it dies is a small one."""
    kill = Kill(random.randint(1, 40), acts=False, after=random.random() < 0.5, gap=60.0)
    stopped, hold, revert = (random.random() < 0.5 for _ in range(3))
    return Abort(stopped, hold, revert, kill if random.random() < 0.4 else None)


def _beside_a_store(case: Case) -> Case:
    """The same case with a service that is no Kafka beside its own: a Cassandra, or what nobody knows."""
    random = Random(f"store {case.seed}")
    private = case.shape.nodes - case.shape.public
    size, seeds = random.randint(2, min(5, private - 2)), random.choice((0, 1, 2))
    if random.random() < 0.7:
        apart = tuple((f"node-{n}", "node-") for n in range(seeds))
        pods = tuple(f"node-{n}" for n in range(size))
        store = StoreShape("cassandra", "cassandra", pods, "server", seeds, apart=apart)
    else:
        pods = tuple(f"thing-{n}" for n in range(size))
        store = StoreShape("things", "things", pods, apart=(("thing-", "thing-"),))
    shape = replace(case.shape, services=(*case.shape.services, replace(store, proof=random.random() < 0.6)))
    caps = {**case.policy.caps, store.name: random.choice((1, 2, 3))}
    policy = replace(case.policy, caps=caps, moves={"things": "auto"}, accepted=(f"no-proof={store.name}",))
    return replace(case, shape=shape, policy=policy)

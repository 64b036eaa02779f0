"""Faults that the whole command line meets on a World in process, on virtual time."""

from __future__ import annotations

from tests.faults.fault import ROLL, InProcess, after, on_wire

SURVEY = "warning: nobody starts while cluster sandbox can't be surveyed: "
ASKS = "waits for an answer ("
WHOLE = "roll done"


def _wire(name: str, says: str, where: str = "mesos", seconds: float = 20.0) -> InProcess:
    return InProcess(name=name, brings=on_wire(seconds, where, name, name), code=0, says=(says,))


WIRES = (
    _wire("http-500", f"{SURVEY}mesos answers 500: internal error"),
    _wire("http-502", f"{SURVEY}mesos answers 502: bad gateway"),
    _wire("http-503", f"{SURVEY}mesos answers 503: no leader"),
    _wire("time-out", f"{SURVEY}mesos did not answer in time"),
    _wire("reset", f"{SURVEY}mesos closed the connection"),
    _wire("truncated", f"{SURVEY}mesos sent half an answer"),
    _wire("not-json", f"{SURVEY}mesos sent a page instead of JSON"),
    _wire("unauthorized", f"{SURVEY}mesos answers 401"),
    _wire("slow", WHOLE),
    _wire("act-lost", f"replace-brokers: {ASKS}services did not answer in time)", "services acts"),
    _wire("act-unheard", f"replace-brokers: {ASKS}services did not answer in time)", "services acts"),
    _wire("throttled", f"terminate-instance: {ASKS}ec2 answers RequestLimitExceeded)", "ec2", 120.0),
    _wire("ssh-dropped", f"stop-docker: {ASKS}units was cut off in mid command)", "units"),
    _wire("ssh-refused", f"stop-docker: {ASKS}units refuses connections)", "units"),
)


def _row(name: str, seconds: float, code: int, *says: str, command: tuple[str, ...] = ROLL) -> InProcess:
    return InProcess(name=name, brings=after(seconds, name), code=code, says=says, command=command)


CLUSTER = (
    _row("failover", 110.0, 0, "agents have not re-registered since the master's failover"),
    _row("masterless", 110.0, 0, f"{ASKS}mesos answers 503: no agent at all: the master has just started)"),
    _row("login-expired", 110.0, 4, "dcosmaint: token expired or refused: mesos answers 401; log in anew"),
    _row(
        "foreign-cordon",
        25.0,
        4,
        "somebody else deactivated or drains its agent: `dcos node reactivate",
        command=("roll", "--yes"),
    ),
    _row("cordon-lifted", 60.0, 0, "at 10.0.1.21 takes work again"),
    _row("lifted-unplaced", 25.0, 0, "is not cordoned any more"),
    _row("scheduler-restart", 25.0, 0, f"{ASKS}services answers 502: the scheduler of kafka-events does not answer)"),
    _row("foreign-replace", 215.0, 0, "verify-agent: waits for members to be in sync (kafka-events/kafka-0)"),
    _row("diverted", 30.0, 0, "is not cordoned any more"),
    _row("recovery-stuck", 25.0, 4, "HELD: no progress in 7200 s: kafka-events/kafka-0 to stay in sync"),
    _row(
        "topics-unread",
        215.0,
        0,
        "verify-agent: waits for members to be in sync (kafka-events/kafka-0: topics of kafka-events can't be read: its"
        " scheduler can't list them",
    ),
    _row("broker-crash", 215.0, 0, "verify-agent: waits for members to be in sync (kafka-events/kafka-0)"),
    _row("broker-crash-cordoned", 25.0, 0, WHOLE),
)

NODES = (
    _row("unit-restart", 60.0, 0, WHOLE),
    _row("agent-freed", 105.0, 0, "at 10.0.1.21 takes work again"),
    _row("reboot", 60.0, 0, "at 10.0.1.21 does not answer on port 22)"),
    _row(
        "agent-lost",
        25.0,
        4,
        "roll STOPPED: aws_instance.dcos_agent_node[2] served when the roll began",
        "`--accept agent-left=NODE`",
    ),
    _row("never-registers", 25.0, 4, "await-agent: HELD: no progress in 900 s: an agent on i-"),
    _row(
        "other-attributes", 25.0, 4, "differs: attribute tier: gpu instead of worker. Mend it, or, if it is meant so,"
    ),
    _row("fewer-resources", 25.0, 4, "differs: fewer resources: 4 cpus"),
    _row("host-key", 25.0, 4, "stop-docker: FAILED: the SSH host key of i-"),
    _row("ssh-hangs", 60.0, 0, "at 10.0.1.21 took a command and did not answer in 30 s)"),
)

CLOUDS = (
    _row(
        "terminated",
        25.0,
        4,
        "roll STOPPED: aws_instance.dcos_agent_node[2] served when the roll began",
        "`--accept agent-left=NODE`",
    ),
    _row("terminated-in-flight", 25.0, 0, "was terminated by somebody else"),
    _row(
        "old-ami",
        25.0,
        4,
        "apply-terraform: FAILED: aws_instance.dcos_agent_node[0] has i-",
        "was wanted: somebody else applied? Terminate it, and a resume makes the node anew.",
    ),
    _row(
        "state-locked",
        25.0,
        4,
        "plan failed: Error acquiring the state lock: it is held by colleague@laptop",
        "Nothing was applied.",
    ),
    _row(
        "foreign-destroy",
        25.0,
        4,
        "The saved plan is refused: aws_db_instance.ledger is none of our business",
        "Nothing was applied.",
    ),
    _row("apply-dies", 25.0, 4, "terraform apply failed: Error: InsufficientInstanceCapacity. A resume plans anew."),
    _row("asleep", 25.0, 0, f"{ASKS}services closed the connection)"),
)

ROWS = (*WIRES, *CLUSTER, *NODES, *CLOUDS)

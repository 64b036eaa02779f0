"""Rules for nodes: cordons, what stops when, and what may be terminated."""

from __future__ import annotations

from dcosmaint.sandbox.monitor.brokers import Brokers, by_service
from dcosmaint.sandbox.monitor.desk import NOTICE, TOOL, Desk, Line

SILENT = "health check timed out"
"""Why a task is lost whose agent does not answer the master any more."""


class Nodes:
    def __init__(self, desk: Desk, brokers: Brokers) -> None:
        self._desk, self._brokers = desk, brokers
        self.cordons: dict[str, str] = {}  # agent → address
        self._foreign: dict[str, float] = {}  # agents that others deactivated → when
        self._apart: dict[str, set[str]] = {}  # agent → rolls of ours that have set something apart there
        self._told: set[str] = set()  # instances whose agent was told to leave
        self._held: set[str] = set()  # instances whose agent we hold stopped
        self._drained: set[str] = set()  # instances whose agent left after it was told to
        self._opened: dict[str, float] = {}  # agent → when it began to take work, by nobody of us
        self._back: dict[str, float] = {}  # instance → when its agent came back
        self._public: dict[str, None] = {}  # addresses of public nodes that are down by our hand
        self._taken: dict[str, float] = {}  # app → when we stopped a node that it ran on
        self._silent: float = 0.0  # since when the agent was silent that the master has given up last

    # ---- cordons

    def deactivate(self, line: Line) -> None:
        if line["by"] in TOOL:
            self.cordons[line["agent"]] = line["address"]
        else:
            self._foreign[line["agent"]] = line["at"]

    def cordon_again(self, line: Line) -> None:
        """Who cordons an agent right after somebody else did can't tell the two apart: Mesos keeps no name with it."""
        if line["by"] in TOOL and self._desk.recent(self._foreign.get(line["agent"]), line):
            del self._foreign[line["agent"]]
            self.cordons[line["agent"]] = line["address"]

    def reactivate(self, line: Line) -> None:
        self.cordons.pop(line["agent"], None)
        if line["by"] not in TOOL:
            self._opened[line["agent"]] = line["at"]
        elif line["agent"] in self._foreign:
            self._desk.bark(line, f"somebody else's cordon of {line['address']} was lifted")
        self._foreign.pop(line["agent"], None)

    def set_apart(self, line: Line) -> None:
        if line["by"] in TOOL:
            self._apart.setdefault(line["agent"], set()).update(line["rolls"])

    # ---- stopping

    def stop_docker(self, line: Line) -> None:
        if self._takes_work(line):
            self._desk.bark(line, f"docker of {line['address']} was stopped under an agent that takes offers")
        self.stop(line)

    def signal(self, line: Line) -> None:
        if line["by"] in TOOL:
            self._told.add(line["instance"])
            if self._apart.get(line["agent"], set()).intersection(line.get("apart", ())):
                self._desk.bark(line, f"the agent of {line['address']} was told to leave with what was set apart there")
        if self._desk.yardstick.airtight and self._takes_work(line):
            self._desk.bark(line, f"the agent of {line['address']} was told to leave while it took offers")
        self.stop(line)

    def _takes_work(self, line: Line) -> bool:
        return line["by"] in TOOL and line["offers"] and not self._desk.recent(self._opened.get(line["agent"]), line)

    def stop(self, line: Line) -> None:
        """Docker or the agent of a node is stopped: from here on its work is away."""
        if line["by"] not in TOOL:
            return
        self._with_brokers(line, line["address"], f"stopped ({line['what']})")
        self._brokers.within_cap(line, by_service(self._brokers.settled(line)))
        self._one_public(line)
        self._taken.update(dict.fromkeys(line.get("apps", ()), line["at"]))

    def _with_brokers(self, line: Line, where: str, how: str) -> None:
        """Where brokers are replaced after, data has to be whole without them."""
        pods, fallen = self._brokers.undrained(line), self._brokers.fallen(line)
        if how.startswith("stopped") and self._desk.yardstick.leaky and pods and set(pods) <= fallen:
            self._brokers.whole_without(line, f"{where} was {how}")
        elif pods and not self._desk.yardstick.last:
            self._desk.bark(line, f"{where} was {how} with {', '.join(pods)} on it")
        elif pods:
            self._brokers.whole_without(line, f"{where} was {how}")

    def _one_public(self, line: Line) -> None:
        if not line["public"]:
            return
        others = [address for address in self._public if address != line["address"]]
        if others:
            self._desk.bark(line, f"public node {line['address']} went down while {', '.join(others)} was down")
        self._public[line["address"]] = None

    def hold(self, line: Line) -> None:
        if line["by"] in TOOL:
            self._held.add(line["instance"])

    def release(self, line: Line) -> None:
        """Somebody else may lift our hold at any moment: what counts then is that the agent comes back."""
        self._held.discard(line["instance"])
        if line["by"] in TOOL:
            self._told.discard(line["instance"])
            self._drained.discard(line["instance"])

    # ---- going and coming

    def gone(self, line: Line) -> None:
        self.cordons.pop(line["agent"], None)
        self._foreign.pop(line["agent"], None)
        if line["how"] == "marked gone" and line["by"] in TOOL:
            self._given_up(line)
        self._silent = line["silent"] if "silent" in line else line["at"]
        if line["instance"] in self._told and line["how"] == "unregistered":
            self._drained.add(line["instance"])
            self._back.pop(line["instance"], None)

    def _given_up(self, line: Line) -> None:
        """Schedulers replace what is there by themselves, at once."""
        where = f"{line['instance']} ({line['address']})"
        if line["state"] != "terminated":
            self._desk.bark(line, f"the agent of {where} was marked gone, and its instance is {line['state']}")
        if self._desk.targets and line["instance"] not in self._desk.targets:
            self._desk.bark(line, f"the agent of {where} was marked gone and is no target")
        leaving = by_service(line["pods"])
        for service, pods in leaving.items():
            if len(pods) > 1:
                self._desk.bark(line, f"{service} was made replace {', '.join(pods)} at once")
        self._brokers.within_cap(line, leaving)
        self._brokers.whole_without(line, f"the agent of {where} was marked gone")

    def app_zero(self, line: Line) -> None:
        """An agent that falls silent takes what it has with it. What we took before that could not know of it."""
        if line["instances"] < 2:
            return
        theirs = line["why"] == SILENT and self._taken.get(line["app"], 0.0) < self._silent + NOTICE
        self._desk.count["zero"] += 1
        if not theirs:
            self._desk.bark(line, f"{line['app']} had none of its {line['instances']} instances running: {line['why']}")

    def registered(self, line: Line) -> None:
        self._public.pop(line["address"], None)
        self._opened[line["agent"]] = line["at"]
        if line["instance"] in self._told and line["old"]:
            self._desk.count["comeback"] += 1
            self._back[line["instance"]] = line["at"]
        if not line["old"]:
            self._desk.count["replaced"] += 1

    def terminate(self, line: Line) -> None:
        if line["by"] in TOOL:
            self._for_good(line, "terminated")
            self._one_public(line)

    def empty(self, line: Line) -> None:
        """What its work dir holds is thrown away, as it is with an instance."""
        if line["by"] in TOOL:
            self._for_good(line, "emptied")
            if line["process"]:
                self._desk.bark(line, f"the work dir of {line['address']} was emptied under its agent")

    def _for_good(self, line: Line, done: str) -> None:
        instance, where = line["instance"], f"{line['instance']} ({line['address']})"
        new = self._desk.recent(self._back.get(instance), line)
        if self._desk.targets and instance not in self._desk.targets:
            self._desk.bark(line, f"{where} was {done} and is no target")
        if line["listed"] and not new:
            self._desk.bark(line, f"{where} was {done} while Mesos listed its agent")
        self._with_brokers(line, where, done)
        if away := self._brokers.left_behind(line["agent"]):
            self._desk.bark(line, f"{where} was {done} before {', '.join(away)} was in sync elsewhere")
        if line["recovering"] and not self._desk.recent(line["at"] - line["recovering"], line):
            self._desk.bark(line, f"{where} was {done} while agents had not re-registered after a failover")
        if not self._empty(line, new=new):
            self._desk.count["undrained"] += 1
            self._desk.bark(line, f"{where} was {done} before it was drained")

    def _empty(self, line: Line, *, new: bool) -> bool:
        """Its agent left when we told it to, or was lost while we held it: nothing runs there, nothing can start."""
        instance = line["instance"]
        left = instance in self._drained and (new or instance not in self._back)
        return left or (instance in self._held and not line["listed"] and not line["process"])

"""The named faults of a served cluster: each as a real client meets it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from dcosmaint.errors import Usage
from dcosmaint.sandbox.served.front import Settings
from dcosmaint.sandbox.served.orders import ELSEWHERE, NAMED, WITHIN
from dcosmaint.sandbox.served.settings import Settings as Asked
from dcosmaint.sandbox.world.faults.table import FAULTS
from tests.sandbox.cluster import Cluster, served

AGENTS = "mesos/slaves"
PLAN = "service/kafka-events/v1/plans/recovery"
REPLACE = "service/kafka-events/v1/pod/kafka-0/replace"


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with served() as cluster:
        yield cluster


def order(cluster: Cluster, **orders: Any) -> Any:
    answer = cluster.ask("sandbox/fault", "POST", json=orders)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("name", "status"),
    [("http-500", 500), ("http-502", 502), ("http-503", 503), ("unauthorized", 401), ("not-json", 200)],
)
def test_a_status_befalls_the_next_call_of_a_port_and_only_that(cluster: Cluster, name: str, status: int) -> None:
    order(cluster, wire={"mesos": [name]})
    answer = cluster.ask(AGENTS)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html")
    assert cluster.get(AGENTS)["slaves"]
    assert cluster.world.faults.calls == {name: 1}


def test_a_route_is_named_by_the_beginning_of_its_path(cluster: Cluster) -> None:
    order(cluster, wire={"/service/kafka-events/v1/plans": ["http-503"]})
    assert cluster.ask("service/prod/kafka-orders/v1/plans/recovery").status_code == 200
    assert cluster.ask(AGENTS).status_code == 200
    assert [cluster.ask(PLAN).status_code for _ in range(2)] == [503, 200]


@pytest.mark.parametrize(("name", "arrives"), [("http-500", False), ("http-502", True), ("reset", True)])
def test_an_act_has_its_effect_or_not_as_its_name_says(cluster: Cluster, name: str, arrives: bool) -> None:
    order(cluster, wire={"services": [name]})
    try:
        assert cluster.ask(REPLACE, "POST").status_code >= 500
    except requests.exceptions.ConnectionError:
        assert name == "reset"
    assert cluster.world.ground.services["kafka-events"].brokers[0].marked is arrives


@pytest.mark.parametrize(("name", "arrives"), [("act-lost", False), ("act-unheard", True)])
def test_what_befalls_acts_passes_the_reads_by(cluster: Cluster, name: str, arrives: bool) -> None:
    order(cluster, wire={"services acts": [name]})
    assert cluster.ask(PLAN).status_code == 200
    with pytest.raises(requests.exceptions.ConnectionError):
        cluster.ask(REPLACE, "POST")
    assert cluster.world.ground.services["kafka-events"].brokers[0].marked is arrives


def test_half_an_answer_is_less_than_its_head_says(cluster: Cluster) -> None:
    order(cluster, wire={"mesos": ["truncated"]})
    with pytest.raises(requests.exceptions.RequestException, match="IncompleteRead"):
        cluster.ask(AGENTS)


def test_nobody_answers_a_call_that_times_out_and_the_others_are_answered_meanwhile(cluster: Cluster) -> None:
    order(cluster, wire={"mesos": ["time-out"]})
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(f"{cluster.router.url}/{AGENTS}", timeout=0.3)
    assert cluster.ask(AGENTS).status_code == 200


def test_a_master_that_just_leads_lists_no_agent_and_a_login_that_ended_is_refused(cluster: Cluster) -> None:
    order(cluster, strike=["masterless"])
    assert (cluster.get(AGENTS)["slaves"], cluster.get(AGENTS)["recovered_slaves"]) == ([], [])
    order(cluster, mend=["masterless"])
    assert cluster.get(AGENTS)["slaves"]
    order(cluster, strike=["login-expired"])
    assert cluster.ask(AGENTS).status_code == 401
    order(cluster, mend=["login-expired"])
    assert cluster.ask(AGENTS).status_code == 200


def test_a_strike_says_whom_it_struck_and_is_in_the_log(cluster: Cluster) -> None:
    struck = order(cluster, strike=["scheduler-restart", "host-key"])["strike"]
    assert struck["scheduler-restart"]
    assert struck["host-key"] == ""  # nobody is on the way out
    assert '"name":"scheduler-restart"' in cluster.ask("sandbox/log").text


def test_a_sandbox_started_with_a_fault_meets_it_within_the_hour() -> None:
    with served(settings=Settings(faults=("failover", "scheduler-restart"))) as cluster:
        cluster.ask("sandbox/advance", "POST", json={"seconds": WITHIN})
        assert cluster.world.faults.happened == {"failover": 1, "scheduler-restart": 1}


def test_a_sandbox_is_not_started_with_a_fault_that_there_is_not(tmp_path: Path) -> None:
    Asked(tmp_path, faults="failover,reset").check()
    with pytest.raises(Usage, match=r"No fault of a sandbox is called asleep, nope\. There are: none, some, "):
        Asked(tmp_path, faults="failover,asleep,nope").check()


def test_all_faults_but_those_of_the_operators_machine_are_served() -> None:
    assert {*NAMED, *ELSEWHERE} == set(FAULTS)
    assert len(NAMED) >= 30


def test_a_server_that_ends_leaves_nobody_waiting(cluster: Cluster) -> None:
    order(cluster, wire={"mesos": ["time-out"]})
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(f"{cluster.router.url}/{AGENTS}", timeout=0.1)
    began = time.monotonic()
    cluster.router.close()
    assert time.monotonic() - began < 5.0

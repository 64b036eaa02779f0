"""A replace is sent once, to the path of each generation; a lost answer is never an excuse for another."""

from __future__ import annotations

import pytest

from dcosmaint.adapters.sdk import Sdk
from dcosmaint.errors import DcosmaintError, Fatal, NodeFailed, Retryable
from dcosmaint.model import Member
from tests.adapters.dcos.canned import Canned, Reply, page, text
from tests.adapters.dcos.schedulers import GENERATION, an_app, kafka, labelled, nothing

BROKER = Member("prod/kafka", "kafka-1")
REPLACE = "POST service/prod/kafka/v1/pod/kafka-1/replace"


def serve(canned: Canned, api: str = "pod") -> None:
    labelled(canned, an_app("prod/kafka", labels=GENERATION[api]))
    kafka(canned, "prod/kafka", ["S0", "S1"], api=api)


@pytest.mark.parametrize("api", ["pod", "pods"])
def test_a_replace_is_posted_once_and_without_a_body(canned: Canned, sdk: Sdk, api: str) -> None:
    serve(canned, api)
    route = f"POST service/prod/kafka/v1/{api}/kafka-1/replace"
    canned.on(route, {"pod": "kafka-1", "tasks": ["kafka-1-broker"]})
    sdk.replace(BROKER)
    (request,) = canned.calls(route)
    assert (request.body, "Content-Type" in request.headers) == (b"", False)


@pytest.mark.trap("a second replace does the data work twice")
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (page(500), (Retryable, "500")),
        (page(504), (Retryable, "504")),
        (Reply({"pod": "kafka-1"}, cut=10), (Retryable, "cut off")),
        (Reply("accepted"), (Retryable, "no JSON")),
        (Reply({"pod": "kafka-2"}), (Retryable, "confirms another pod")),
        (text("Pod kafka-1 not found", 404), (NodeFailed, "knows no kafka-1")),
        (text("404 Not Found: service not found.", 404), (Retryable, "no route")),
        (text("vetoed", 409), (Retryable, "does not replace kafka-1 now: vetoed")),
        (page(401), (Fatal, "token expired or refused")),
        (page(403), (Fatal, "dcos:adminrouter:service:prod/kafka full")),
    ],
)
def test_a_replace_is_never_sent_again_whatever_comes_back(
    canned: Canned, sdk: Sdk, reply: Reply, error: tuple[type[DcosmaintError], str]
) -> None:
    """A second one kills what the first began, and there is no answer that says busy."""
    serve(canned)
    canned.on(REPLACE, reply)
    with pytest.raises(error[0], match=error[1]):
        sdk.replace(BROKER)
    assert len(canned.calls(REPLACE)) == 1


def test_a_service_that_another_one_hides_gets_no_replace(canned: Canned, sdk: Sdk) -> None:
    labelled(canned, an_app("prod"), an_app("prod/kafka"))
    with pytest.raises(Fatal, match="sends calls for prod/kafka to the service prod"):
        sdk.replace(BROKER)
    assert {request.method for request in canned.asked} == {"GET"}


def test_a_scheduler_that_can_not_be_understood_gets_no_replace(canned: Canned, sdk: Sdk) -> None:
    labelled(canned, an_app("prod/kafka"))
    nothing(canned, "prod/kafka")
    with pytest.raises(Retryable, match="is not replaced"):
        sdk.replace(BROKER)
    assert {request.method for request in canned.asked} == {"GET"}

"""Every way in which Admin Router can answer is told apart, in a sentence; nothing is followed, kept or repeated."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.answers import Call
from dcosmaint.adapters.auth import GivenToken, NoLogin
from dcosmaint.adapters.refusals import needed
from dcosmaint.adapters.tls import Tls
from dcosmaint.errors import DcosmaintError, Fatal, Retryable, Usage
from tests.adapters.dcos.canned import PAGE, Canned, Reply, page, serving, text

GONE = "404 Not Found: service not found."


def test_a_call_carries_the_token_in_the_words_of_dcos(canned: Canned, router: AdminRouter) -> None:
    canned.on("GET metadata", {"CLUSTER_ID": "c"})
    assert router.get("metadata").json().text("CLUSTER_ID") == "c"
    assert canned.asked[0].headers["Authorization"] == "token=secret-token"
    assert canned.asked[0].headers["Accept"] == "application/json"


@pytest.mark.trap("a redirect loses the token, and a netrc replaces it")
def test_netrc_does_not_overwrite_the_token(canned: Canned, router: AdminRouter, home: Path) -> None:
    """Without an `auth=` callable an entry for the host would replace our header."""
    (home / ".netrc").write_text("machine 127.0.0.1 login eve password eve\n")
    (home / ".netrc").chmod(0o600)
    canned.on("GET metadata", {})
    router.get("metadata")
    assert canned.asked[0].token == "secret-token"


def test_netrc_adds_no_header_where_no_login_is_wanted(canned: Canned, home: Path) -> None:
    """On clusters with authentication off."""
    (home / ".netrc").write_text("machine 127.0.0.1 login eve password eve\n")
    (home / ".netrc").chmod(0o600)
    canned.on("GET metadata", {})
    with AdminRouter(canned.url, NoLogin(), Tls()) as router:
        router.get("metadata")
    assert "Authorization" not in canned.asked[0].headers


def test_a_post_without_a_body_names_no_content_type(canned: Canned, router: AdminRouter) -> None:
    canned.on("POST service/kafka/v1/pod/kafka-0/replace", {"pod": "kafka-0"})
    router.ask(Call("service/kafka/v1/pod/kafka-0/replace", method="POST"))
    assert "Content-Type" not in canned.asked[0].headers
    assert canned.asked[0].body == b""


def test_a_post_of_json_has_exactly_the_content_type_that_mesos_takes(canned: Canned, router: AdminRouter) -> None:
    canned.on("POST mesos/api/v1", {})
    router.post("mesos/api/v1", {"type": "GET_AGENTS"})
    assert canned.asked[0].headers["Content-Type"] == "application/json"


@pytest.mark.trap("joining URLs throws away the prefix of a service")
def test_a_path_with_a_leading_slash_keeps_the_prefix_of_its_service(canned: Canned) -> None:
    """`urljoin` would throw the prefix away."""
    canned.on("GET below/metadata", {})
    with AdminRouter(f"{canned.url}/below/", NoLogin(), Tls()) as router:
        router.get("/metadata")
    assert canned.asked[0].path == "/below/metadata"


def test_a_url_from_a_browser_is_cleaned(canned: Canned) -> None:
    with AdminRouter(f"{canned.url}/#/dashboard", NoLogin(), Tls()) as router:
        assert router.url == canned.url


def test_cookies_of_an_answer_are_not_kept(canned: Canned, router: AdminRouter) -> None:
    canned.on("GET metadata", Reply({}, headers={"Set_Cookie": "dcos-acs-auth-cookie=x; Path=/"}))
    router.get("metadata")
    router.get("metadata")
    assert "Cookie" not in canned.asked[1].headers


@pytest.mark.trap("the HTTP status of a plan is no success and no failure")
@pytest.mark.trap("each part of the platform has its own form of errors")
@pytest.mark.parametrize(
    ("path", "reply", "error"),
    [
        ("mesos/master/slaves", Reply(status=307, headers={"Location": "//10.0.0.5:5050/x"}), (Retryable, "leader")),
        ("metadata", Reply(status=301, headers={"Location": "https://u:pw@dcos.example.com/x"}), (Fatal, "dcos.url")),
        ("service/kafka", Reply(status=301, headers={"Location": "/service/kafka/"}), (Retryable, "not followed")),
        ("mesos/master/slaves", page(403), (Fatal, "dcos:adminrouter:ops:mesos full")),
        ("service/prod/kafka/v1/pod", page(403), (Fatal, "dcos:adminrouter:service:prod/kafka full")),
        ("mesos/master/state", text("Forbidden", 403), (Fatal, "behind Admin Router refuses: Forbidden")),
        ("mesos/master/slaves", text("404 Not Found.", 404), (Retryable, "master is starting")),
        ("service/kafka/v1/pod", text(GONE, 404), (Retryable, "no route")),
        ("service/kafka/v1/pod/kafka-9/info", text("Pod kafka-9 not found", 404), (Retryable, "Pod kafka-9 not found")),
        ("metadata", page(404), (Retryable, "is this the Admin Router")),
        ("service/kafka/v1/pod", page(502), (Retryable, "502: not reachable, or restarting")),
        ("service/kafka/v1/pod", page(500), (Retryable, "500")),
        ("mesos/master/slaves", text("No leader elected", 503), (Retryable, "503: No leader elected")),
        ("marathon/v2/apps", Reply({"message": "locked"}, 422), (Fatal, "422: locked")),
        ("metadata", text("slow down", 429), (Retryable, "429: slow down")),
        ("metadata", Reply("", 204), (Retryable, "proves nothing")),
        ("service/kafka/v1/plans/deploy", text("Already reported", 208), (Retryable, "208, which proves nothing")),
    ],
)
def test_a_status_is_told_in_a_sentence(
    canned: Canned, router: AdminRouter, path: str, reply: Reply, error: tuple[type[DcosmaintError], str]
) -> None:
    """Each part of the cluster has its own format of errors, and some errors pass by themselves."""
    canned.on(f"GET {path}", reply)
    with pytest.raises(error[0], match=error[1]) as caught:
        router.get(path)
    assert "pw" not in str(caught.value)
    assert len(canned.asked) == 1


@pytest.mark.trap("a redirect turns a POST into a GET")
def test_a_redirect_is_never_followed_by_a_post(canned: Canned, router: AdminRouter) -> None:
    """It would arrive as a GET."""
    canned.on("POST service/kafka/v1/x", Reply(status=301, headers={"Location": f"{canned.url}/elsewhere"}))
    with pytest.raises(Fatal, match="is redirected to"):
        router.ask(Call("service/kafka/v1/x", method="POST"))
    assert [request.method for request in canned.asked] == ["POST"]


@pytest.mark.trap("a redirect loses the token, and a netrc replaces it")
def test_a_redirect_to_somebody_else_is_not_followed(canned: Canned, router: AdminRouter) -> None:
    """It would go there without the token, or hand it over."""
    with serving() as other:
        other.on("GET mesos/master/slaves", {})
        elsewhere = f"{other.url}/mesos/master/slaves"
        canned.on("GET mesos/master/slaves", Reply(status=307, headers={"Location": elsewhere}))
        with pytest.raises(Fatal, match=f"is redirected to {other.url}"):
            router.get("mesos/master/slaves")
        assert other.asked == []


@pytest.mark.trap("Admin Router's routes lag behind")
def test_an_accepted_status_comes_back_unless_it_is_admin_routers_own(canned: Canned, router: AdminRouter) -> None:
    """`Pod … not found` is the scheduler's word, `service not found` is not."""
    canned.on("GET service/kafka/v1/pod/x/info", text("Pod x not found", 404), text(GONE, 404))
    assert router.get("service/kafka/v1/pod/x/info", 200, 404).status == 404
    with pytest.raises(Retryable, match="no route"):
        router.get("service/kafka/v1/pod/x/info", 200, 404)


@pytest.mark.parametrize("body", [PAGE, "", '{"slaves": [', b"\xff\xfe"])
def test_an_answer_that_is_no_json_proves_nothing(canned: Canned, router: AdminRouter, body: str | bytes) -> None:
    canned.on("GET metadata", Reply(body))
    with pytest.raises(Retryable, match=r"HTML page|no JSON"):
        router.get("metadata").json()


def test_an_answer_that_is_cut_off_proves_nothing(canned: Canned, router: AdminRouter) -> None:
    canned.on("GET metadata", Reply({}, cut=5))
    with pytest.raises(Retryable, match="cut off"):
        router.get("metadata")


def test_an_answer_that_does_not_come_is_given_up_at_the_deadline(canned: Canned, router: AdminRouter) -> None:
    canned.on("GET metadata", Reply({}, late=0.5))
    with pytest.raises(Retryable, match="no answer in time"):
        router.ask(Call("metadata", deadline=0.1))


def test_a_port_where_nobody_listens_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with (
            AdminRouter(url, NoLogin(), Tls()) as router,
            pytest.raises(Retryable, match="connection refused") as caught,
        ):
            router.get("metadata")
    assert url in str(caught.value)


@pytest.mark.parametrize("url", ["dcos.example.com", "ftp://dcos.example.com", "http://"])
def test_a_url_that_can_not_be_asked_is_a_mistake_in_the_configuration(url: str) -> None:
    with AdminRouter(url, NoLogin(), Tls()) as router, pytest.raises(Usage, match=r"dcos\.url"):
        router.get("metadata")


@pytest.mark.parametrize("status", [200, 403, 404])
def test_a_check_passes_when_the_token_was_taken(canned: Canned, router: AdminRouter, status: int) -> None:
    canned.on("HEAD pkgpanda/active.buildinfo.full.json", page(status))
    router.check()
    assert [request.method for request in canned.asked] == ["HEAD"]


@pytest.mark.trap("each part of the platform has its own form of errors")
def test_a_check_says_usage_for_a_refused_token_and_never_shows_it(canned: Canned, router: AdminRouter) -> None:
    canned.on("HEAD pkgpanda/active.buildinfo.full.json", page(401, WWW_Authenticate="oauthjwt"))
    with pytest.raises(Usage, match=r"token expired or refused.*DCOS_TOKEN") as caught:
        router.check()
    assert "secret-token" not in str(caught.value)


def test_a_refused_token_that_can_not_be_renewed_is_not_sent_again(canned: Canned, router: AdminRouter) -> None:
    canned.on("GET metadata", page(401))
    with pytest.raises(Fatal, match="token expired or refused"):
        router.get("metadata")
    assert len(canned.asked) == 1


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("slave/S4/slave%281%29/flags", "dcos:adminrouter:ops:slave"),
        ("marathon/v2/apps?label=x", "dcos:adminrouter:service:marathon"),
        ("system/health/v1/nodes/10.0.0.1/units", "dcos:adminrouter:ops:system-health"),
        ("service/a/b/v1/brokers/0", "dcos:adminrouter:service:a/b"),
    ],
)
def test_the_permission_that_a_path_needs_is_named(path: str, permission: str) -> None:
    assert needed(path) == permission


@pytest.mark.trap("states and infos carry the environment of tasks")
def test_no_secret_is_in_the_words_of_an_object(canned: Canned) -> None:
    """States and infos carry environment values."""
    canned.on("GET metadata", {"env": {"PASSWORD": "hunter2"}})
    with AdminRouter(canned.url, GivenToken("secret-token", "T"), Tls()) as router:
        answer = router.get("metadata")
        assert "hunter2" not in repr(answer) + repr(answer.json())
        assert "secret-token" not in repr(router)

"""Who may ask the served cluster."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from time import time
from typing import Any

import pytest
import requests

from dcosmaint.sandbox.served.front import Settings
from tests.sandbox.cluster import Cluster, served

USERS = {"admin": "secret"}


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with served(settings=Settings(users=USERS)) as cluster:
        yield cluster


def login(cluster: Cluster, **given: Any) -> requests.Response:
    return cluster.ask("acs/api/v1/auth/login", "POST", json=given)


def test_without_a_token_admin_router_answers_in_html(cluster: Cluster) -> None:
    for path in ("mesos/slaves", "marathon/v2/apps", "service/kafka-events/v1/pod", "metadata", "nothing/here"):
        answer = cluster.ask(path)
        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == "text/html"
        assert answer.headers["WWW-Authenticate"] == "oauthjwt"


def test_a_login_gives_a_token_that_every_form_of_header_takes(cluster: Cluster) -> None:
    token = login(cluster, uid="admin", password="secret").json()["token"]
    head, payload, _ = (part + "=" * (-len(part) % 4) for part in token.split("."))
    assert json.loads(base64.urlsafe_b64decode(head))["typ"] == "JWT"
    claims = json.loads(base64.urlsafe_b64decode(payload))
    assert claims["uid"] == "admin"
    assert time() + 172000 < claims["exp"] <= time() + 172800
    for header in (f"token={token}", f"Bearer {token}"):
        assert cluster.ask("mesos/slaves", headers={"Authorization": header}).status_code == 200


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"uid": "admin", "password": "wrong"}, 401),
        ({"uid": "nobody", "password": "secret"}, 401),
        ({"uid": "admin"}, 400),
        ({"uid": "admin", "password": ""}, 400),
        ({"password": "secret"}, 400),
    ],
)
def test_a_bad_login_is_refused_in_json(cluster: Cluster, given: dict[str, str], status: int) -> None:
    answer = login(cluster, **given)
    assert answer.status_code == status
    assert set(answer.json()) == {"title", "description", "code"}
    if status == 401:
        assert answer.json()["code"] == "ERR_INVALID_CREDENTIALS"
        assert answer.headers["WWW-Authenticate"] == "acsjwt"


def test_an_expired_or_forged_token_is_refused() -> None:
    with served(settings=Settings(users=USERS, token_life=-1.0)) as cluster:
        old = login(cluster, uid="admin", password="secret").json()["token"]
        for token in (old, "a.b.c", "", old[:-2] + "xx"):
            assert cluster.ask("mesos/slaves", headers={"Authorization": f"token={token}"}).status_code == 401


def test_the_probe_tells_whether_a_token_is_good_and_needed(cluster: Cluster) -> None:
    probe = "pkgpanda/active.buildinfo.full.json"
    token = cluster.router.front.iam.token("admin")
    assert cluster.ask(probe, "HEAD").status_code == 401
    assert cluster.ask(probe, "HEAD", headers={"Authorization": f"token={token}"}).status_code == 200
    with served() as free:
        assert free.ask(probe, "HEAD").status_code == 200


def test_version_and_providers_are_told_to_everybody(cluster: Cluster) -> None:
    assert cluster.get("dcos-metadata/dcos-version.json")["version"] == "2.1.1"
    provider = cluster.get("acs/api/v1/auth/providers")["dcos-users"]
    assert provider["authentication-type"] == "dcos-uid-password"
    assert provider["config"]["start_flow_url"] == "/acs/api/v1/auth/login"


def test_a_token_outlives_a_server_that_keeps_its_key() -> None:
    settings = Settings(users=USERS)
    with served(settings=settings) as first:
        token = login(first, uid="admin", password="secret").json()["token"]
    with served(settings=settings) as second:
        assert second.ask("metadata", headers={"Authorization": f"token={token}"}).status_code == 200

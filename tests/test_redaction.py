"""Secrets are taken out by their shape or because they are known, and nothing else is (R12)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcosmaint.redaction import GONE, keep_environment, keep_secret, redacted, redacted_json

pytestmark = pytest.mark.usefixtures("nothing_known")

CANARY = "c4n4ryS3cret9"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJ1aWQiOiJhbm4ifQ.c4n4ryS3cret9"
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"

SHAPES = [
    f"Authorization: token={CANARY}",
    f'{{"authorization": "Basic {CANARY}"}}',
    f"sent Bearer {CANARY} and was refused",
    f"GET /x?token={CANARY}&y=1",
    f"password={CANARY}",
    f"password: {CANARY}",
    f"pw={CANARY}",
    f"restart with pwd: {CANARY}",
    f"DB_PASS='{CANARY}'",
    f'the password = "{CANARY} with \\" quotes"',
    f"db_password = '{CANARY}'",
    f'{{"uid": "ann", "password": "{CANARY}"}}',
    json.dumps({"said": f'{{"password": "{CANARY}"}}'}),
    f"AWS_SECRET_ACCESS_KEY={CANARY}",
    f"aws_session_token: {CANARY}",
    f"AKIA{CANARY.upper().ljust(16, 'X')[:16]} is no key",
    f"https://ann:{CANARY}@registry/v1",
    f"it said {JWT} to us",
    PEM,
    PEM.partition("\n-----END")[0],
    f'user_data = "{CANARY}"',
    f"user_data = <<EOT\n#!/bin/sh\necho {CANARY}\nEOT\n",
    f'"env": {{"DB": "{CANARY}", "X": "1"}}',
    f'"environment": {{"DB": "{CANARY}',
    json.dumps({"said": f'{{"env": {{"DB": "{CANARY}", "Y": "{CANARY}"}}, "id": "/web"}}'}),
]


@pytest.mark.trap("states and infos carry the environment of tasks")
@pytest.mark.parametrize("text", SHAPES)
def test_r12_a_secret_is_known_by_its_shape(text: str) -> None:
    assert CANARY.upper() not in redacted(text).upper()
    assert GONE in redacted(text)


@pytest.mark.parametrize("text", SHAPES)
def test_r12_a_line_of_json_loses_its_secret_and_stays_json(text: str) -> None:
    line = redacted_json(json.dumps({"at": 1.0, "why": text, "of": [text], "event": "paused"}))
    assert CANARY.upper() not in line.upper()
    assert json.loads(line)["event"] == "paused"


def test_r12_what_this_process_was_given_is_taken_out_wherever_it_stands() -> None:
    keep_secret('swordfish "9"')
    keep_environment({"TF_VAR_db_password": "hunter2x", "SSH_KEY": "/home/ann/.ssh/id", "AWS_REGION": "us-east-1"})
    assert redacted('he said swordfish "9" twice') == f"he said {GONE} twice"
    assert "swordfish" not in redacted(json.dumps({"said": 'swordfish "9"'}))
    assert redacted("hunter2x in us-east-1 by /home/ann/.ssh/id") == f"{GONE} in us-east-1 by /home/ann/.ssh/id"


def test_a_value_so_short_that_it_is_part_of_other_words_is_not_looked_for() -> None:
    keep_secret("prod")
    assert redacted("cluster prod, kafka-prod") == "cluster prod, kafka-prod"


SENTENCES = [
    "InvalidToken: The security token included in the request is invalid",
    "token expired or refused: GET mesos/master/slaves answers 401; run `dcos auth login` for the cluster prod",
    "put a fresh token into $DCOS_TOKEN (it is good until 2026-01-01 00:00:00Z)",
    "our SSH key was refused (Authentication failed.). Check nodes.ssh.user and nodes.ssh.key",
    "aws_instance.dcos_agent_node[3]: replace-brokers: waits for kafka-events/kafka-1 to be in sync (2 partitions)",
    "sudo refuses to stop docker: sudo: a password is required. Give the SSH user `NOPASSWD: ALL` in a file",
    "agent e3e70682-c209-4cac-a29f-6fbed82c07cd-S1 at 10.0.2.22, ami-0123456789abcdef0, i-0d4713d60c8a70639",
    "https://dcos.example.com:8443/mesos by SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
]


@pytest.mark.parametrize("text", SENTENCES)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert redacted(text) == text
    line = json.dumps({"why": text})
    assert redacted_json(line) is line


PIECES = st.sampled_from(
    [
        "password",
        "token",
        "=",
        ": ",
        '"',
        "'",
        "\\",
        "\n",
        "env",
        "{",
        "}",
        "user_data",
        "<<E",
        "://a:b@",
        JWT,
        "x1",
        " ",
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_twice_is_once(text: str) -> None:
    assert redacted(redacted(text)) == redacted(text)


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS)
def test_json_stays_json_with_the_same_keys(one: str, other: str) -> None:
    whole = {"a": one, "b": {"c": [other, 1]}, "event": "x"}
    for line in (json.dumps(whole), json.dumps(whole, indent=2) + "\n"):
        read = json.loads(redacted_json(line))
        assert (list(read), list(read["b"]), read["event"]) == (["a", "b", "event"], ["c"], "x")


def test_half_a_character_is_replaced() -> None:
    assert redacted("caf\udce9") == "caf?"
    assert json.loads(redacted_json('{"why": "caf\udce9"}')) == {"why": "caf?"}

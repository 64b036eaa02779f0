"""What is refused, and with which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcosmaint.config import load
from dcosmaint.errors import Usage
from tests.config.files import SMALLEST, refusal


def test_three_mistakes_are_named_in_one_go_each_with_its_place_path_and_what_to_write(tmp_path: Path) -> None:
    more = "    policy:\n      batch_sise: 3\n      default_cap: 0\n    state: {journal: 'dynamodb://rolls'}\n"
    assert refusal(tmp_path, more).splitlines() == [
        "The configuration has 3 mistakes. Nothing was touched.",
        "  dcosmaint.yaml:11: clusters.prod.policy.batch_sise: unknown key; did you mean batch_size?",
        "  dcosmaint.yaml:12: clusters.prod.policy.default_cap: 0 is out of range; write a whole number from 1 up",
        "  dcosmaint.yaml:13: clusters.prod.state.journal: dynamodb:// is not built yet; write a folder",
    ]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("    policy: {batch_size: 0}", "policy.batch_size: 0 is no batch size; write a number of nodes from 1 up"),
        ("    policy: {batch_size: 0%}", "policy.batch_size: '0%' is no batch size"),
        ("    policy: {soak: 2 minutes}", "policy.soak: '2 minutes' is no duration; write 90s, 15m"),
        ("    policy: {waits: {stop: 0}}", "policy.waits.stop: 0 would hold every node at its first look"),
        ("    policy: {waits: {register: x}}", "policy.waits.register: 'x' is no duration"),
        ("    policy: {strategy: widnow}", "policy.strategy: 'widnow' is not one of its words; did you mean window?"),
        ("    policy: {canary: -1}", "policy.canary: -1 is out of range; write a whole number from 0 up"),
        ("    policy: {canary: true}", "policy.canary: write a whole number, without quotes"),
        ("    policy: {exclude: 10.0.0.1}", "policy.exclude: write a list"),
        ("    policy:", "policy: is empty: write a mapping of keys"),
        ("    services: {kafka: {cap: 0}}", "services.kafka.cap: 0 is out of range"),
        ("    services: {kafka: {cpa: 1}}", "services.kafka.cpa: unknown key; did you mean cap?"),
        (
            "    services: {es: {replace: ignroe}}",
            "services.es.replace: 'ignroe' is not one of its words; did you mean ignore?",
        ),
        (
            "    services: {es: {in_sync: check.sh}}",
            "services.es.in_sync: write a list in square brackets, such as in_sync: [",
        ),
        ("    services: {es: {in_sync: []}}", "services.es.in_sync: is empty; write it, such as in_sync:"),
        ("    services: {es: {in_sync: [c, '']}}", "services.es.in_sync[1]: is empty"),
        (
            "    services: {k: {kafka: {bootstrap: [broker]}}}",
            "services.k.kafka.bootstrap[0]: write host:port, such as",
        ),
        (
            "    services: {k: {kafka: {tls: {cert: c.crt}}}}",
            "services.k.kafka.tls: a certificate is nothing without its key",
        ),
        (
            "    services: {k: {kafka: {auth: {method: plain, username: me, password_env: P}}}}",
            "services.k.kafka: auth without tls would show the login to everybody on the way",
        ),
        (
            "    services: {k: {kafka: {tls: {}, auth: {method: kerberos, username: me, password_env: P}}}}",
            "services.k.kafka.auth.method: kerberos is not built yet",
        ),
        (
            "    services: {/prod/kafka: {}}",
            "services./prod/kafka: write the service's name without outer slashes: prod/k",
        ),
        (
            "    policy: {frameworks: {metronome: wiat}}",
            "policy.frameworks.metronome: 'wiat' is not one of its words; did you mean wait?",
        ),
        ("    policy: {frameworks: metronome}", "policy.frameworks: write a mapping of keys"),
        ("    nodes: {ssh: {port: 70000}}", "nodes.ssh.port: 70000 is out of range; write a whole number up to 65535"),
        ("    nodes: {ssh: {user: ''}}", "nodes.ssh.user: is empty; write it, such as user: centos"),
        ("    packer: {}", "packer.template: is missing"),
        ("    state: {lock: dynamodb}", "state.lock: name the table as well: dynamodb://TABLE"),
        ("    state: {lock: Marathon}", "state.lock: is not of the right form (where the lock is"),
        ("    colour: red", "colour: unknown key; write one of: dcos, aws, packer"),
    ],
)
def test_a_mistake_says_where_it_is_and_what_to_write(tmp_path: Path, more: str, says: str) -> None:
    assert f"dcosmaint.yaml:10: clusters.prod.{says}" in refusal(tmp_path, more)


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ("    state: {journal: 'dynamodb://rolls'}", "dynamodb://"),
    ],
)
def test_what_is_not_built_yet_is_refused_by_name(tmp_path: Path, more: str, word: str) -> None:
    assert f"{word} is not built yet".strip() in refusal(tmp_path, more)


@pytest.mark.parametrize(
    ("dcos", "says"),
    [
        ("auth: {method: service-account, uid: a}", "dcos.auth.private_key_file: is missing"),
        ("auth: {method: tokne}", "dcos.auth: method is missing or unknown; write {method: …} with one of: dcos-cli"),
        ("auth: {token_env: T}", "dcos.auth: method is missing or unknown"),
        ("auth: {method: token}", "dcos.auth.token_env: is missing"),
        ("auth: none", "dcos.auth: write a mapping of keys"),
        ("tls: {ca_cert: ca.crt, verify: false}", "dcos.tls: ca_cert means nothing beside verify: false"),
        ("tls: {verify: 'no'}", "dcos.tls.verify: write true or false"),
    ],
)
def test_a_mistake_about_the_cluster_itself_is_named(tmp_path: Path, dcos: str, says: str) -> None:
    text = SMALLEST.replace('{url: "https://dcos.example.com"}', f"{{url: 'http://x', {dcos}}}")
    assert f"dcosmaint.yaml:3: clusters.prod.{says}" in refusal(tmp_path, text=text)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("[aws_instance.dcos_agent_node]", "[]", ":8: clusters.prod.terraform.groups[0].resources: is empty"),
        (
            "[aws_instance.dcos_agent_node]",
            "[web]",
            ":8: clusters.prod.terraform.groups[0].resources[0]: is not of the",
        ),
        ("variable: dcos_agent_ami, ", "", ":9: clusters.prod.terraform.groups[0].ami: name the variable"),
        (
            "- resources: [aws",
            "- resources: [aws_instance.a, aws_instance.a, aws",
            "aws_instance.a is named more than once",
        ),
        ("region:", "regoin:", ":4: clusters.prod.aws.regoin: unknown key; did you mean region?"),
        (
            "aws: {region: us-east-1}",
            "nodes: {}",
            ":2: clusters.prod.aws: is missing: where its instances are; write it",
        ),
        ("  prod:", "  sandbox:", ":2: clusters.sandbox: is the name of the built-in sandbox"),
        ("  prod:", "  a b:", ":2: clusters.a b: write the name of a cluster in letters"),
        ("    aws: ", "    aws: {region: x}\n    aws: ", ":5: clusters.prod.aws: stands on line 4 already"),
    ],
)
def test_a_mistake_in_what_every_cluster_has_is_named(tmp_path: Path, before: str, after: str, says: str) -> None:
    assert says in refusal(tmp_path, text=SMALLEST.replace(before, after))


def test_a_misspelt_key_is_one_mistake_and_not_a_missing_one_as_well(tmp_path: Path) -> None:
    assert "has 1 mistake." in refusal(tmp_path, text=SMALLEST.replace("region:", "regoin:"))


def test_wrong_items_do_not_make_their_list_empty(tmp_path: Path) -> None:
    said = refusal(tmp_path, text=SMALLEST.replace("[aws_instance.dcos_agent_node]", "[]"))
    assert "terraform.groups: is empty" not in said


@pytest.mark.parametrize(
    "dcos",
    [
        "url: 'https://admin:hunter2@dcos.example.com'",
        "url: 'http://x', auth: {method: token, token: hunter2}",
        "url: 'http://x', auth: {method: token, token_env: hunter2}",
        "url: 'http://x', auth: {method: password, username: me, password_env: hunter2}",
        "url: 'http://x', auth: {method: password, username: me, password: hunter2}",
        "url: 'http://x', auth: hunter2",
        "url: 'http://x', auth: {method: token, token_env: [hunter2",
        "url: 'http://x', tls: \"hunter2",
    ],
)
def test_a_secret_in_the_wrong_place_is_refused_and_not_repeated(tmp_path: Path, dcos: str) -> None:
    said = refusal(tmp_path, text=SMALLEST.replace('url: "https://dcos.example.com"', dcos))
    assert "hunter2" not in said


def test_a_key_that_is_called_like_a_secret_is_named_all_the_same(tmp_path: Path) -> None:
    dcos = "url: 'http://x', auth: {method: password, username: me, password: hunter2}"
    said = refusal(tmp_path, text=SMALLEST.replace('url: "https://dcos.example.com"', dcos))
    assert "auth.password is wrong: unknown key; did you mean password_env?" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty: write at least one cluster"),
        ("# nothing\n", "is empty: write at least one cluster"),
        ("clusters: {}\n", "dcosmaint.yaml:1: clusters: is empty"),
        ("- prod\n", "dcosmaint.yaml:1: (the whole file): write a mapping of keys"),
        ("clusters:\n  prod: [a\n", "dcosmaint.yaml:3: not YAML"),
        ("clusters:\n\tprod: {}\n", "dcosmaint.yaml:2: not YAML: found character '\\t'"),
        ("clusters: 2026-13-45\n", "dcosmaint.yaml: not YAML: it holds a character or a date"),
        ("clusters: *prod\n", "dcosmaint.yaml:1: not YAML: found undefined alias"),
        ("clusters: {}\n---\nclusters: {}\n", "dcosmaint.yaml:2: not YAML: but found another document"),
        ("? [a]\n: b\n", "dcosmaint.yaml:1: not YAML: found unhashable key"),
        ("clusters: &a {prod: *a}\n", "clusters.prod"),
    ],
)
def test_what_is_no_configuration_at_all_is_refused(tmp_path: Path, text: str, says: str) -> None:
    assert says in refusal(tmp_path, text=text)


def test_a_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "dcosmaint.yaml").mkdir()
    with pytest.raises(Usage, match="can't be read: Is a directory"):
        load(tmp_path / "dcosmaint.yaml")

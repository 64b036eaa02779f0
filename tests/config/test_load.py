"""What a configuration is once it is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from dcosmaint import model
from dcosmaint.config import ClusterConfig, load
from tests.config.files import read, written

EXAMPLE = Path(__file__).parents[2] / "examples" / "dcosmaint.yaml"


def prod(folder: Path, more: str = "") -> ClusterConfig:
    return read(folder, more).clusters["prod"]


def test_the_example_is_read() -> None:
    cluster = load(EXAMPLE).clusters["prod"]
    assert cluster.policy_for(fleet=40).caps == {"kafka-events": 1, "prod/kafka-orders": 1}
    assert cluster.terraform.file(cluster.terraform.groups[0]).is_file()
    assert cluster.packer and cluster.packer.template.is_file()


def test_what_is_left_out_has_the_default_of_the_model(tmp_path: Path) -> None:
    policy = prod(tmp_path).policy_for(fleet=1)
    assert policy == model.Policy()


def test_the_policy_of_a_roll_holds_what_is_written(tmp_path: Path) -> None:
    more = """\
      companions: [aws_volume_attachment]
    nodes: {stop_order: agent-first, work_dir: fresh}
    services: {kafka-events: {cap: 2}, prod/kafka: {min_isr: 1}, es: {replace: ignore}}
    policy:
      {strategy: window, batch_size: 25%, max_in_flight: 4, default_cap: 3, canary: 2, soak: 10m, max_failures: 1,
       waits: {place: 1m, start: 2m, stalled: 3m, stop: 4m, terminate: 5m, apply: 6m, register: 7m,
                   connections: 8m, tasks: 9m}}
"""
    assert prod(tmp_path, more).policy_for(fleet=12) == model.Policy(
        strategy="window",
        batch_size=3,
        max_in_flight=4,
        default_cap=3,
        caps={"kafka-events": 2},
        min_isr={"prod/kafka": 1},
        moves={"es": "ignore"},
        canary=2,
        soak=600,
        max_failures=1,
        stop_order="agent-first",
        work_dir="fresh",
        waits=model.Waits(60, 120, 180, 240, 300, 360, 420, 480, 540),
        companions=("aws_volume_attachment",),
    )


def test_a_command_with_a_folder_hangs_below_the_file_and_any_other_is_found_on_the_path(tmp_path: Path) -> None:
    services = prod(tmp_path, "    services: {a: {in_sync: [checks/a.sh, x/y]}, b: {in_sync: [nodetool]}}\n").services
    assert services["a"].in_sync == (str(tmp_path / "checks" / "a.sh"), "x/y")
    assert services["b"].in_sync == ("nodetool",)


def test_how_brokers_are_asked_is_read_with_its_files_below_the_file(tmp_path: Path) -> None:
    auth = "{method: scram-sha-256, username: me, password_env: KAFKA_PASSWORD}"
    more = f"{{bootstrap: ['b-1:9093'], tls: {{ca_cert: ca.crt, cert: me.crt, key: me.key}}, auth: {auth}}}"
    services = prod(tmp_path, f"    services: {{a: {{kafka: {more}}}, b: {{kafka: {{}}}}}}\n").services
    a, b = services["a"].kafka, services["b"].kafka
    assert a and a.tls and a.auth and b
    assert (a.bootstrap, a.tls.ca_cert, a.tls.key) == (("b-1:9093",), tmp_path / "ca.crt", tmp_path / "me.key")
    assert (a.auth.method, a.auth.password_env) == ("scram-sha-256", "KAFKA_PASSWORD")
    assert (b.bootstrap, b.tls, b.auth) == ((), None, None)


def test_paths_hang_below_the_file_and_a_tilde_is_the_home(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = "    nodes: {ssh: {key: ~/k.pem, config_file: /etc/ssh/ssh_config}}\n    packer: {template: p/a.pkr.hcl}\n"
    path = written(tmp_path, "")
    monkeypatch.chdir("/")
    cluster = prod(path.parent, more)
    assert cluster.nodes.ssh.key == home / "k.pem"
    assert cluster.nodes.ssh.config_file == Path("/etc/ssh/ssh_config")
    assert cluster.nodes.ssh.known_hosts == home / ".ssh" / "known_hosts"
    assert cluster.state.journal == home / ".local" / "state" / "dcosmaint"
    assert cluster.packer and cluster.packer.template == tmp_path / "p" / "a.pkr.hcl"
    assert cluster.terraform.dir == tmp_path / "infra"
    assert cluster.terraform.file(cluster.terraform.groups[0]) == tmp_path / "infra" / "agents.auto.tfvars"


def test_a_relative_name_of_the_file_gives_whole_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert load(Path("dcosmaint.yaml")).clusters["prod"].terraform.dir == tmp_path / "infra"


def test_variables_of_packer_are_text_as_its_command_line_has_them(tmp_path: Path) -> None:
    packer = prod(tmp_path, "    packer: {template: a.json, vars: {size: 20, encrypted: true, kind: gp3}}\n").packer
    assert packer and packer.vars == {"size": "20", "encrypted": "true", "kind": "gp3"}


def test_a_configuration_is_frozen(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        prod(tmp_path).policy.canary = 0


def test_merged_and_shared_parts_are_read(tmp_path: Path) -> None:
    more = """\
    policy: &slow {canary: 2}
  test:
    <<: {dcos: {url: "http://test"}, aws: {region: eu-west-1}}
    terraform: {dir: t, groups: [{resources: [aws_instance.a], ami: {resource: aws_instance.a, file: a.tf}}]}
    policy: *slow
"""
    both = read(tmp_path, more)
    assert both.clusters["test"].dcos.url == "http://test"
    assert both.clusters["test"].policy.canary == 2

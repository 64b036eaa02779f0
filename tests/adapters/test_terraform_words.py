"""Lines as terraform 1.11 prints them with -json."""

from __future__ import annotations

import json

import pytest

from dcosmaint.adapters.terraform_words import TerraformWords

LOCKED = """Error message: resource temporarily unavailable
Lock Info:
  ID:        9096fed6-f93d-3c88-22eb-c637ee603501
  Path:      terraform.tfstate
  Operation: OperationTypeApply
  Who:       ann@laptop
  Version:   1.11.4
  Created:   2026-11-24 16:28:20.214133184 +0000 UTC
  Info:      


Terraform acquires a state lock to protect the state from being written
by multiple users at the same time."""


def a_line(kind: str, message: str = "", **fields: object) -> str:
    return json.dumps({"@level": "info", "@message": message, "type": kind, **fields})


def a_diagnostic(severity: str, summary: str, detail: str = "", address: str = "") -> str:
    diagnostic = {"severity": severity, "summary": summary, "detail": detail}
    return a_line("diagnostic", f"Error: {summary}", diagnostic=diagnostic | ({"address": address} if address else {}))


def error(*lines: str) -> str:
    return TerraformWords("tofu").error(lines)


@pytest.mark.parametrize("kind", ["apply_start", "apply_progress", "apply_complete", "refresh_start", "change_summary"])
def test_progress_is_said_in_terraforms_own_words(kind: str) -> None:
    assert TerraformWords("terraform").says(a_line(kind, "a.b[0]: Still creating... [10s elapsed]")) == (
        "a.b[0]: Still creating... [10s elapsed]"
    )


@pytest.mark.parametrize(
    "line", [a_line("version", "Terraform 1.11.4"), a_line("outputs", "Outputs: 0"), "", "x", "[]"]
)
def test_what_is_no_progress_is_not_said(line: str) -> None:
    assert TerraformWords("terraform").says(line) == ""


def test_a_failure_is_its_diagnostics_with_their_addresses() -> None:
    said = error(
        a_diagnostic("warning", "Resource targeting is in effect"),
        a_diagnostic("error", "creating EC2 Instance", "operation error\n  EC2", "aws_instance.a[0]"),
        a_diagnostic("error", "execution halted"),
        a_diagnostic("error", "execution halted"),
    )
    assert said == "creating EC2 Instance (aws_instance.a[0]): operation error EC2; execution halted"


def test_a_locked_state_names_the_owner_and_the_way_out() -> None:
    said = error(a_diagnostic("error", "Error acquiring the state lock", LOCKED))
    assert said == (
        "the state is locked by ann@laptop since 2026-11-24 16:28:20.214133184 +0000 UTC (OperationTypeApply, lock"
        " 9096fed6-f93d-3c88-22eb-c637ee603501): wait for it, or, where it is proved dead, run"
        " `tofu force-unlock 9096fed6-f93d-3c88-22eb-c637ee603501`"
    )


def test_a_lock_without_an_owner_is_quoted() -> None:
    assert (
        error(a_diagnostic("error", "Error acquiring the state lock", "403")) == "Error acquiring the state lock: 403"
    )


def test_missing_capacity_is_said_by_its_name() -> None:
    detail = "api error InsufficientInstanceCapacity: We currently do not have sufficient m5.xlarge capacity"
    said = error(a_diagnostic("error", "creating EC2 Instance", detail, "aws_instance.a[0]"))
    assert "AWS has no room for such an instance there now (InsufficientInstanceCapacity); a resume tries it" in said


def test_a_failure_outside_its_protocol_is_quoted() -> None:
    assert error(a_line("version"), "panic: oh no", "goroutine 1") == "it said:\n    panic: oh no\n    goroutine 1"
    assert error() == ""

"""What a served sandbox needs."""

from __future__ import annotations

import shutil

import pytest

from tests.adapters.conftest import aws_provider as aws_provider


@pytest.fixture(autouse=True)
def _terraform() -> None:
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on PATH")

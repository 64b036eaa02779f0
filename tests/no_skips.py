"""In CI a skipped test is a failed one: a real part that is missing there would go unseen for ever."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest


def _skipped(config: pytest.Config) -> Iterator[str]:
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    for report in reporter.stats.get("skipped", ()) if reporter else ():
        yield f"{report.nodeid}: {report.longrepr[-1]}"


def _forbidden(config: pytest.Config) -> list[str]:
    return list(_skipped(config)) if os.environ.get("CI") == "true" else []


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if _forbidden(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if forbidden := _forbidden(config):
        terminalreporter.section("skipped, and CI=true forbids it", red=True, bold=True)
        for line in forbidden:
            terminalreporter.line(line, red=True)

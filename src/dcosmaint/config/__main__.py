"""`python -m dcosmaint.config` writes the JSON schema of the configuration to standard output."""

from __future__ import annotations

import sys

from dcosmaint.config.published import published

sys.stdout.write(published())

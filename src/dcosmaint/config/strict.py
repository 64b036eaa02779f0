"""What every part of the configuration is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Frozen, and without a place for keys that nobody reads. Defaults are checked like what is written."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

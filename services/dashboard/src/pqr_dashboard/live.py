"""Whether the inbox is live: then figures move by themselves under whoever looks at the published run."""

from __future__ import annotations

from pydantic import Field

from pqr_common import Settings

__all__ = ["LiveSettings"]


class LiveSettings(Settings):
    """Those of the platform, and how fast the simulated inbox lives."""

    inbox_speed: int | None = Field(
        None, ge=1, le=86_400, description="seconds per simulated day of a live inbox; default: it is not live"
    )

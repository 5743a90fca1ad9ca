"""A day at a desk: who of those that wait is served. Pure, in whole tickets, over any number of desks at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["served"]


def served(waiting: npt.NDArray[np.int64], room: Any) -> npt.NDArray[np.int64]:
    """Of the tickets that wait (the last axis in the order of the queue), the first `room` (one number a queue)."""
    before = np.cumsum(waiting, axis=-1) - waiting
    return np.asarray(np.clip(np.asarray(room)[..., None] - before, 0, waiting))

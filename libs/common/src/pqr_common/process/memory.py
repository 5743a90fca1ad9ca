"""What a process keeps of the memory that it freed, and when it gives it back."""

from __future__ import annotations

import ctypes

import psutil

__all__ = ["give_back"]

KEPT = 1_000_000_000  # bytes, of the 1.5 GB at which a worker is ended
trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc


def give_back() -> None:
    """Give freed memory back to the system where this process holds more than `KEPT`.

    A page that the system hands out costs more than the work done on it, so workers keep what they free. But the
    allocators of Arrow, DuckDB, polars and malloc each keep their own: a stage's peak comes on top of what other stages
    left. What malloc kept is the most, some 0.5 GB after the generator's largest tasks, and can be given back.
    """
    if trim is not None and psutil.Process().memory_info().rss > KEPT:
        trim(0)

"""Content digests added up: the digest of a whole from those of its parts. Pure, and light: no row is looked at."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["total_digest", "worded"]

MODULUS = 1 << 128


def total_digest(added: Iterable[str], removed: Iterable[str] = ()) -> str:
    """The digest of the rows of several tables together, less those of others."""
    rows = value = 0
    for sign, digests in ((1, added), (-1, removed)):
        for digest in digests:
            counted, _, summed = digest.partition("-")
            rows += sign * int(counted)
            value += sign * int(summed, 16)
    return worded(rows, value)


def worded(rows: int, total: int) -> str:
    """`<rows>-<32 hex digits>` of a number of rows and the sum of their hashes."""
    return f"{rows}-{total % MODULUS:032x}"

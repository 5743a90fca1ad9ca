"""What the first lakes did not write down: their stages, and key, origin and mirror of each dataset."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

__all__ = ["remembered"]


def remembered() -> dict[str, Any]:
    """`stage` and `dataset` as lists of tables, in the words of manifests of version 2."""
    return tomllib.loads((files("pqrs") / "data" / "first_graph.toml").read_text(encoding="utf-8"))

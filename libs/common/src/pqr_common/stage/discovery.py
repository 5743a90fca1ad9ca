"""Finds what is installed: stages, warehouse and views announce themselves as entry points; no library imports them."""

from __future__ import annotations

from importlib import resources
from typing import Any

from pqr_common.canonical import sha256_hex
from pqr_common.errors import InvalidSettings
from pqr_common.installed import announced, the_only
from pqr_common.manifest.layout import STAGE_WRITES
from pqr_common.stage.declaration import Stage

__all__ = ["ORDER", "installed_stages", "source_digest", "stage_named", "view_module", "warehouse"]

ORDER = tuple(STAGE_WRITES)


def installed_stages() -> dict[str, Stage]:
    """The stages of this environment by name, in the order of the pipeline."""
    found = announced("pqr.stages")
    return {name: found[name].load() for name in ORDER if name in found}


def stage_named(name: str) -> Stage:
    found = announced("pqr.stages")
    if name not in found:
        raise InvalidSettings(
            f"A stage must be one of {', '.join(ORDER)} and installed here, found {name!r}: correct the name or "
            f"install pqr-{name}."
        )
    stage: Stage = found[name].load()
    return stage


def warehouse() -> Any:
    """The loader's face to the pipeline: migrate, record, show_figures, differences, published, kpis."""
    return the_only("pqr.warehouse")


def view_module(name: str) -> str:
    """The module that `python -m` runs to show a view, such as the dashboard."""
    found = {view: entry.value for view, entry in announced("pqr.views").items()}
    if name not in found:
        raise InvalidSettings(
            f"The view {name} must be installed, found {', '.join(found) or 'none'} here: install pqr-{name}."
        )
    return found[name]


def source_digest(package: str) -> str:
    """A digest of a package's Python and SQL sources: receipts made by other code are not trusted."""
    pending = [resources.files(package)]
    texts: list[tuple[str, bytes]] = []
    while pending:
        for item in pending.pop().iterdir():
            if item.is_dir():
                pending.append(item)
            elif item.name.endswith((".py", ".sql", ".toml", ".csv", ".txt")):
                texts.append((str(item), item.read_bytes()))
    return sha256_hex(b"\0".join(data for _, data in sorted(texts)))

"""The marts: each module here declares one as `MART`, beside its SQL; other packages announce theirs as `pqr.marts`."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from typing import TypeVar

from pqr_common.errors import InvalidSettings
from pqr_common.installed import announced
from pqr_gold.schema import Mart, Partial

__all__ = ["MARTS", "PARTIALS", "SHOWN"]

Named = TypeVar("Named", Mart, Partial)


def _found() -> Iterable[Mart]:
    own = (import_module(f"{__name__}.{module.name}").MART for module in pkgutil.iter_modules(__path__))
    return (*own, *(entry.load() for entry in announced("pqr.marts").values()))


def _by_name(declared: Iterable[Named]) -> dict[str, Named]:
    named: dict[str, Named] = {}
    for each in declared:
        if named.setdefault(each.name, each) != each:
            raise InvalidSettings(
                f"Marts, and partials, must each have a name of their own, found two that are called {each.name!r}: "
                f"rename the one of the package that announces it as pqr.marts."
            )
    return named


MARTS = _by_name(_found())
PARTIALS = _by_name(partial for mart in MARTS.values() for partial in mart.needs)
SHOWN = {mart.needs[0].name: mart for mart in MARTS.values() if mart.sql is None}  # by the partial whose total it is

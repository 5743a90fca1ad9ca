"""Where people live: the municipalities of Colombia, with DANE's codes (DIVIPOLA) and how many inhabitants each has.

Pure: read once from data/divipola.csv. Codes and names are DANE's as two public lists hold them, completed from the
table of the R package `epiCo` (github.com/epiverse-trace/epiCo, of 2025-04-29); inhabitants are DANE's projections for
2024 as that package carries them. Some of the 1,121 are areas that are no municipality yet. Left out are Belén de
Bajirá (27086, in later lists 27493), which two departments claim and whose people the projections count with Riosucio,
and Mapiripana (94663), since 2019 a part of Barrancominas.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files

__all__ = ["CODES", "MUNICIPALITIES", "Municipality"]


@dataclass(frozen=True, slots=True)
class Municipality:
    code: str  # five digits, of which the first two are the department's
    department: str  # as in `pqrs.catalogue.DEPARTMENTS`
    name: str
    population: int

    @property
    def place(self) -> str:
        """How a citizen states it, and unlike the name alone it is no other's."""
        return f"{self.name} ({self.department})"


def _load() -> tuple[Municipality, ...]:
    rows = csv.DictReader((files("pqrs") / "data" / "divipola.csv").read_text(encoding="utf-8").splitlines())
    return tuple(
        Municipality(row["code"], row["department"], row["municipality"], int(row["population"])) for row in rows
    )


MUNICIPALITIES = _load()
CODES = tuple(town.code for town in MUNICIPALITIES)

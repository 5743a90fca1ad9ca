"""What codes are called: types by the policy in force, topics and dependencies by the catalogue. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from pqrs.catalogue import PQRS_TYPES, TOPICS

__all__ = ["EVERY_TYPE", "TOPIC_NAMES", "Types"]

EVERY_TYPE = "Todos los tipos"
TOPIC_NAMES = {topic.code: topic.name for topic in TOPICS}


@dataclass(frozen=True, slots=True)
class Types:
    """The types of PQRS in the order of the catalogue: full names, names for charts, terms in business days."""

    names: dict[str, str]
    short: dict[str, str]
    terms: dict[str, int]

    @classmethod
    def of(cls, policies: pd.DataFrame, received: pd.DataFrame | None = None) -> Types:
        """From rows of sql/types.sql; only the types of which anything was `received`, where rows of kpi_daily tell."""
        rows = {row["pqrs_type"]: row for row in policies.to_dict("records")}
        codes = [code for code in PQRS_TYPES if code in rows]
        if received is not None and len(received):
            there = set(received.loc[received["received"] > 0, "pqrs_type"])
            codes = [code for code in codes if code in there] or codes
        names = {code: str(rows[code]["name"]) for code in codes}
        terms = {code: rows[code]["term_days"] for code in codes}
        return cls(
            names,
            {code: _short(name) for code, name in names.items()},
            {code: int(term) for code, term in terms.items() if term == term and term is not None},  # noqa: PLR0124
        )

    def called(self, code: str | None) -> str:
        return self.names.get(code, code) if code else EVERY_TYPE


def _short(name: str) -> str:
    """Petición de interés general -> Interés general"""
    rest = name.removeprefix("Petición de ").split(" y ")[0]
    return rest[:1].upper() + rest[1:]

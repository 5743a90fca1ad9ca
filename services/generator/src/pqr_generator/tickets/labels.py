"""What citizens take their requests for: the type that each subject states, if it states one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from pqr_generator.draws import Ints, below, low, words
from pqrs.catalogue import PQRS_TYPES
from pqrs.parameters import Parameters

__all__ = ["UNSTATED", "stated_types"]

UNSTATED = -1

# What each type is taken for, as far as the scenario knows that type; else any other that it knows. Assumption.
TAKEN_FOR: Mapping[str, tuple[str, ...]] = {
    "PET_GEN": ("PET_PAR", "QUEJA", "RECLAMO"),
    "PET_PAR": ("PET_GEN", "RECLAMO", "QUEJA", "PET_INF"),
    "PET_INF": ("PET_PAR", "CONSULTA", "PET_DOC"),
    "PET_DOC": ("PET_INF", "PET_PAR"),
    "CONSULTA": ("PET_INF", "PET_PAR"),
    "QUEJA": ("RECLAMO", "DENUNCIA", "PET_PAR"),
    "RECLAMO": ("QUEJA", "PET_PAR"),
    "SUGERENCIA": ("QUEJA", "PET_GEN"),
    "DENUNCIA": ("QUEJA", "RECLAMO"),
    "FELICITACION": ("SUGERENCIA",),
    "PET_AUT": ("PET_INF", "PET_DOC"),
    "HD_CONSULTA": ("PET_INF", "CONSULTA"),
    "HD_RECLAMO": ("RECLAMO", "QUEJA"),
    "SPD": ("QUEJA", "RECLAMO", "SPD_REC", "PET_PAR"),
    "SPD_REC": ("SPD", "RECLAMO"),
    "SALUD_V": ("SALUD_P", "SALUD_S", "QUEJA"),
    "SALUD_P": ("SALUD_S", "SALUD_V", "QUEJA"),
    "SALUD_S": ("QUEJA", "SALUD_P", "PET_PAR"),
}


def stated_types(parameters: Parameters, numbers: range, kind: Ints) -> npt.NDArray[np.int32]:
    """By ticket: the place of the type that its subject states, or UNSTATED."""
    labels = parameters.scenario.labels
    drawn = words(parameters.seed, "ticket.label", numbers)
    place = below(drawn, 1000)
    wrong = np.flatnonzero((place >= labels.unlabelled) & (place < labels.unlabelled + labels.mislabelled))
    stated = np.where(place < labels.unlabelled, UNSTATED, kind).astype(np.int32)
    others, count = _others(tuple(code for code, weight in parameters.scenario.type_mix if weight))
    true = kind[wrong]
    stated[wrong] = others[true, low(drawn[wrong], count[true])]
    return stated


def _others(known: tuple[str, ...]) -> tuple[Ints, Ints]:
    """By type: what it is taken for, and by how many types; by itself where the scenario knows no other."""
    rows = []
    for kind in PQRS_TYPES:
        likely = [other for other in TAKEN_FOR[kind] if other in known]
        rows.append(likely or [other for other in known if other != kind] or [kind])
    table = np.zeros((len(rows), max(map(len, rows))), np.int64)
    for number, row in enumerate(rows):
        table[number, : len(row)] = [PQRS_TYPES.index(other) for other in row]
    return table, np.array([len(row) for row in rows])

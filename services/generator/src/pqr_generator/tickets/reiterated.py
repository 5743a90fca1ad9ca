"""Petitions that were made before: who writes the same again, and which tickets are such."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pqr_generator.draws import Ints, below, chance, field_key, words
from pqr_generator.tickets.people import private_person
from pqrs.parameters import Parameters

__all__ = ["reiterated"]

PERSISTENT = 24  # citizens who write about a topic again and again: assumption


def reiterated(
    parameters: Parameters, numbers: range, *, topic: Ints, citizen: Ints
) -> tuple[npt.NDArray[np.bool_], Ints]:
    """Which tickets the entity has answered before, and the citizen of each: those are of few citizens per topic."""
    rate = parameters.scenario.rates.reiterated
    drawn = words(parameters.seed, "ticket.reiterated", numbers)
    again = chance(drawn, rate, 1000)
    who = below(words(parameters.seed, "ticket.persistent", numbers), PERSISTENT)
    key = field_key(parameters.seed, "citizen.persistent")[0]
    persistent = private_person(topic * PERSISTENT + who, key)
    return again, np.where(again, persistent, citizen)

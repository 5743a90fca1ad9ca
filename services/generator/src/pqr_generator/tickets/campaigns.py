"""Campaigns: now and then most of what comes about a topic within some days is one letter that many people send."""

from __future__ import annotations

import numpy as np

from pqr_generator.draws import Ints, chance, low, words
from pqr_generator.tickets.people import private_person
from pqrs.catalogue import PQRS_TYPES, TOPICS
from pqrs.parameters import Parameters

__all__ = ["NONE", "campaigns", "joined"]

NONE = -1
# Assumptions: so many of a thousand topics have a campaign in a week; it lasts three to five days of that week, and so
# many of a thousand requests about the topic are its letter. It moves no count: others write, and write the same.
PER_MILLE, DAYS, SHARE = 15, (3, 6), 700
OF_MANY = ("PET_GEN", "PET_PAR", "RECLAMO", "QUEJA", "SPD", "SALUD_S", "HD_RECLAMO")


def campaigns(parameters: Parameters, numbers: range, *, day: Ints, topic: Ints, kind: Ints) -> Ints:
    """By ticket: the number of the campaign that it is part of, or NONE."""
    week, weekday = np.divmod(day + 3, 7)  # 1970-01-01 was a Thursday
    place = week * len(TOPICS) + topic
    if not len(place):
        return place
    first = int(place.min())
    drawn = words(parameters.seed, "campaign.is", range(first, int(place.max()) + 1))[place - first]
    last = DAYS[0] + low(drawn, DAYS[1] - DAYS[0])
    runs = chance(drawn, PER_MILLE, 1000) & (weekday < last)
    joins = chance(words(parameters.seed, "ticket.campaign", numbers), SHARE, 1000)
    is_fit = np.isin(PQRS_TYPES, OF_MANY)[kind]
    return np.where(runs & joins & is_fit, place, NONE)


def joined(citizen: Ints, campaign: Ints, *, numbers: range) -> Ints:
    """Who writes: a campaign's letter comes from all sorts of persons."""
    return np.where(campaign == NONE, citizen, private_person(np.arange(numbers.start, numbers.stop), 3))

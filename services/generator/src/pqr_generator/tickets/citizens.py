"""Who writes: a fixed town of citizens with a name, a marked-fake document number, a home and a mailbox."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from pqr_generator.draws import Ints, Words, low, pick, words
from pqrs.parameters import Parameters
from pqrs.scenario import Home, Mix
from pqrs.territory import MUNICIPALITIES

__all__ = ["BANDS", "CITIZENS", "PROVIDERS", "Citizens", "citizens", "names", "writers"]

CITIZENS = 250_000  # who may write; some write again
# How many of them, from the first on, write how many of a thousand requests: a few write dozens of times in a quarter.
# Assumption: the busiest hundredth of the senders writes a tenth of the requests, as in most inboxes.
BANDS = ((40, 70), (400, 60), (CITIZENS - 440, 870))
# Reserved by RFC 2606 and RFC 6761: mail to these goes nowhere.
PROVIDERS = ("example.org", "correo.example", "buzon.test", "mail.example")

TEN_MILLION = 10_000_000
# Odd and not divisible by five, so multiplying modulo ten million keeps distinct citizens distinct.
DOCUMENT_STEP, MAILBOX_STEP = 7_368_787, 3_141_593
SHARE = 1_000_000  # a department's weight is dealt to its municipalities in parts of this
HOMES = 1 << 30  # what the weights of all municipalities are scaled to, so that one draw can pick among them


@dataclass(frozen=True, slots=True, eq=False)
class Citizens:
    """Columns by citizen number; the first four are row numbers of their lists."""

    given: npt.NDArray[np.int32]
    surname: npt.NDArray[np.int32]
    second_surname: npt.NDArray[np.int32]
    municipality: npt.NDArray[np.int32]  # of `pqrs.territory.MUNICIPALITIES`
    provider: npt.NDArray[np.int32]
    document: npt.NDArray[np.int32]  # seven digits after 999
    mailbox: npt.NDArray[np.int32]  # seven digits that make the address unique


@cache
def names() -> dict[str, list[str]]:
    """Given names and surnames, in the order of the file."""
    return tomllib.loads(_packaged("names.toml"))


def citizens(parameters: Parameters) -> Citizens:
    """The town under this seed, mix of departments and home of the entity."""
    return _citizens(parameters.seed, parameters.scenario.department_mix, parameters.scenario.home)


@lru_cache(maxsize=2)
def _citizens(seed: int, department_mix: Mix, home: Home | None) -> Citizens:
    everyone = range(CITIZENS)
    given = words(seed, "citizen.given", everyone)
    number = np.arange(CITIZENS)
    columns: list[Ints] = [
        pick(given, _name_weights("given")),
        pick(words(seed, "citizen.surname", everyone), _name_weights("surname")),
        pick(words(seed, "citizen.second_surname", everyone), _name_weights("surname")),
        pick(words(seed, "citizen.home", everyone), _home_weights(department_mix, home)),
        low(given, len(PROVIDERS)),
        (number * DOCUMENT_STEP + 1_234_567) % TEN_MILLION,
        (number * MAILBOX_STEP + 7_654_321) % TEN_MILLION,
    ]
    return Citizens(*(column.astype(np.int32) for column in columns))


def writers(drawn: Words) -> Ints:
    """The numbers of the citizens who write, one per word: a band by its requests, and anyone in it."""
    sizes, requests = np.array(BANDS).T
    band = pick(drawn, requests)
    return np.asarray((np.cumsum(sizes) - sizes)[band] + low(drawn, sizes[band]))


def _name_weights(kind: str) -> Ints:
    """By name of this kind ("given" or "surname"): how many people bear it."""
    bearers: dict[str, int] = tomllib.loads(_packaged("name_weights.toml"))[kind]
    return np.array([bearers.get(name, bearers["other"]) for name in names()[kind]])


def _home_weights(department_mix: Mix, home: Home | None) -> Ints:
    """By municipality: its inhabitants' part of its department's weight; the home of the entity has its own share."""
    total: dict[str, int] = {}
    for town in MUNICIPALITIES:
        total[town.department] = total.get(town.department, 0) + town.population
    mix = dict(department_mix)
    weights = [mix[town.department] * (town.population * SHARE // total[town.department]) for town in MUNICIPALITIES]
    if home:
        place = [town.code for town in MUNICIPALITIES].index(home.municipality)
        weights[place] = (sum(weights) - weights[place]) * home.per_mille // (1_000 - home.per_mille)
    return np.array([weight * HOMES // sum(weights) for weight in weights])


def _packaged(name: str) -> str:
    return (resources.files("pqr_generator") / "data" / name).read_text(encoding="utf-8")
